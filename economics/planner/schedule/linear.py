"""A mixed-integer program as it is written down, and HiGHS, which solves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import highspy
import numpy as np

INFINITY = highspy.kHighsInf
SEED = 1  # of HiGHS: the same program has the same answer


class SolverFailed(RuntimeError):
    """HiGHS ended in a way that no program of ours should make it end."""


class _SilentHighs(highspy.Highs):
    """A solver that writes nothing.

    The banner is written while one is made, before its first option can be set, and would
    stand before the JSON of a command; the callbacks are what writes it.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def enableCallbacks(self) -> None:  # noqa: N802 (HiGHS names it)
        self.setOptionValue("output_flag", False)
        super().enableCallbacks()  # type: ignore[no-untyped-call]


@dataclass
class Program:
    """Columns and rows, to be maximized. Indices are handed out in order."""

    cost: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    row_start: list[int] = field(default_factory=lambda: [0])
    index: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)

    def column(
        self,
        *,
        cost: float = 0,
        lower: float = 0,
        upper: float = INFINITY,
        whole: bool = False,
    ) -> int:
        """A new variable in [lower, upper]; `cost` is what one of it adds."""
        self.cost.append(cost)
        self.lower.append(lower)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def row(
        self,
        terms: Sequence[tuple[int, float]],
        *,
        lower: float = -INFINITY,
        upper: float = INFINITY,
    ) -> int:
        """lower <= sum of value × column <= upper; a column may be named once."""
        for column, value in terms:
            if value:
                self.index.append(column)
                self.value.append(value)
        self.row_start.append(len(self.index))
        self.row_lower.append(lower)
        self.row_upper.append(upper)
        return len(self.row_lower) - 1

    def relaxed(self) -> Program:
        """The same without whole numbers: what it reaches, no whole solution passes."""
        return replace(self, whole=[False] * len(self.whole))

    def as_lp(self) -> highspy.HighsLp:
        lp = highspy.HighsLp()
        lp.num_col_, lp.num_row_ = len(self.cost), len(self.row_lower)
        lp.sense_ = highspy.ObjSense.kMaximize
        lp.col_cost_ = np.array(self.cost)
        lp.col_lower_ = np.array(self.lower)
        lp.col_upper_ = np.array(self.upper)
        lp.row_lower_ = np.array(self.row_lower)
        lp.row_upper_ = np.array(self.row_upper)
        lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        lp.a_matrix_.start_ = np.array(self.row_start)
        lp.a_matrix_.index_ = np.array(self.index, dtype=np.int32)
        lp.a_matrix_.value_ = np.array(self.value)
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[whole] for whole in self.whole]
        return lp


@dataclass(frozen=True)
class Answer:
    """What HiGHS found.

    values    of the columns; None where there is none (`infeasible`, or no time)
    bound     what no solution can be better than, proven
    """

    values: tuple[float, ...] | None
    objective: float
    bound: float
    infeasible: bool
    seconds: float


def solve_program(
    program: Program,
    *,
    seconds: float,
    gap: float,
    start: Mapping[int, float] | None = None,
) -> Answer:
    """The best values of the columns, within `gap` [1] or until `seconds` are over.

    start  values of whole columns that keep every row: the answer is never worse
    """
    highs = _SilentHighs()
    options = {
        "time_limit": seconds,
        "mip_rel_gap": gap,
        "threads": 1,
        "random_seed": SEED,
    }
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.passModel(program.as_lp())
    if start:
        index = np.array(list(start), dtype=np.int32)
        highs.setSolution(len(index), index, np.array(list(start.values()), dtype=float))
    highs.run()
    return _answer(highs, program)


def _answer(highs: highspy.Highs, program: Program) -> Answer:
    status, info = highs.getModelStatus(), highs.getInfo()
    found = highspy.HighsModelStatus
    seconds = highs.getRunTime()
    if status == found.kInfeasible:
        return Answer(None, float("-inf"), float("-inf"), True, seconds)
    if status not in (found.kOptimal, found.kTimeLimit):
        raise SolverFailed(f"HiGHS ended with {highs.modelStatusToString(status)}")
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = tuple(highs.getSolution().col_value) if feasible else None
    objective = info.objective_function_value if feasible else float("-inf")
    mixed = any(program.whole)
    bound = info.mip_dual_bound if mixed else objective
    return Answer(values, objective, bound, False, seconds)
