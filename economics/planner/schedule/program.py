"""The schedule as a mixed-integer program. Formulation: docs/schedule.md

Of each candidate and hour: `n` replicas (whole), `s` starts and `y`, the share of the
model's whole demand that it serves. Of serverless: `y`, and `w`, whether it is asked.
Starts need not be whole: they are the rise of whole replicas, or more, which never pays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal
from math import ceil, floor

from economics.calc.hours import SECONDS_PER_HOUR
from economics.planner.schedule.linear import INFINITY, Program
from economics.planner.schedule.money import Schedule
from economics.planner.schedule.problem import ZERO, Candidate, ModelDemand, Problem

Terms = list[tuple[int, float]]
SHARE_STEP = Decimal("0.000000001")  # what serverless takes is rounded down to it
TINY = 1e-9

# The names of limits that may be left out, to find which of them conflict.
HOUR_BUDGET, DAY_BUDGET, MOST = "usd_per_hour", "usd_per_day", "most_replicas"
STOCK, ALLOWED = "stock", "allowed"
LEAST, MOST_OF_MODEL, UPTIME = "least", "most", "uptime"  # each with ":" and the model


@dataclass
class Columns:
    """Where the variables of one candidate stand, hour by hour."""

    replicas: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    served: list[int] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)


@dataclass
class ScheduleProgram:
    """A program, and how to read its answer.

    without   names of limits that are left out
    earning   False: only the limits are asked about, so nothing is served
    """

    problem: Problem
    without: frozenset[str] = frozenset()
    earning: bool = True
    program: Program = field(default_factory=Program)
    columns: list[Columns] = field(default_factory=list)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for candidate in self.problem.candidates:
            builder = _workers if candidate.is_serverless else _pods
            self.columns.append(builder(self, candidate))
        for demand in self.problem.demands:
            self._demand(demand)
        self._budgets()
        self._most()

    # --- reading the answer -------------------------------------------------------------

    def schedule(self, values: tuple[float, ...]) -> Schedule:
        """The schedule of an answer; replicas to the whole number that they stand for."""
        hours = range(self.problem.hours)
        replicas, serverless = [], []
        for candidate, at in zip(self.problem.candidates, self.columns, strict=True):
            if candidate.is_serverless:
                replicas.append(tuple(0 for _ in hours))
                serverless.append(tuple(_share(values[at.served[t]]) for t in hours))
            else:
                replicas.append(tuple(round(values[at.replicas[t]]) for t in hours))
                serverless.append(tuple(ZERO for _ in hours))
        return Schedule(tuple(replicas), tuple(serverless))

    def whole_values(self, schedule: Schedule) -> dict[int, float]:
        """The values of the whole columns that stand for a schedule."""
        values: dict[int, float] = {}
        for i, at in enumerate(self.columns):
            for t in range(self.problem.hours):
                if at.replicas:
                    values[at.replicas[t]] = schedule.replicas[i][t]
                else:
                    values[at.asked[t]] = float(schedule.serverless[i][t] > 0)
        return values

    def whole_of(self, values: tuple[float, ...]) -> dict[int, float]:
        """The whole columns of an answer, rounded to what they stand for."""
        whole = self.program.whole
        return {i: round(value) for i, value in enumerate(values) if whole[i]}

    def narrowed(self, values: tuple[float, ...]) -> Program:
        """The program with no more replicas than an answer without whole numbers hints at.

        In each hour the most that it wants of a candidate within an hour of it, rounded up.
        """
        upper = list(self.program.upper)
        hours = self.problem.hours
        for at in self.columns:
            for t, column in enumerate(at.replicas):
                near = range(max(t - 1, 0), min(t + 2, hours))
                most = max(values[at.replicas[k]] for k in near)
                upper[column] = min(upper[column], ceil(most - TINY))
        return replace(self.program, upper=upper)

    # --- rows that join candidates -------------------------------------------------------

    def applies(self, name: str) -> bool:
        return name not in self.without

    def limit(
        self, name: str, terms: Terms, *, lower: float = -INFINITY, upper: float = INFINITY
    ) -> None:
        """A row of a limit that has a name."""
        self.rows.setdefault(name, []).append(
            self.program.row(terms, lower=lower, upper=upper)
        )

    def of_model(self, demand: ModelDemand) -> Iterable[tuple[Candidate, Columns]]:
        for candidate, at in zip(self.problem.candidates, self.columns, strict=True):
            if candidate.model == demand.model:
                yield candidate, at

    def _demand(self, demand: ModelDemand) -> None:
        sure = [at for each, at in self.of_model(demand) if each.counts_for_uptime]
        pods = [at for each, at in self.of_model(demand) if not each.is_serverless]
        least, most = f"{LEAST}:{demand.model}", f"{MOST_OF_MODEL}:{demand.model}"
        for t in range(self.problem.hours):
            if self.earning:
                served: Terms = [(at.served[t], 1) for _, at in self.of_model(demand)]
                self.program.row(served, upper=float(demand.share))
            if demand.least_replicas and self.applies(least):
                rented: Terms = [(at.replicas[t], 1) for at in sure]
                self.limit(least, rented, lower=demand.least_replicas)
            if demand.most_replicas is not None and self.applies(most):
                all_of_it: Terms = [(at.replicas[t], 1) for at in pods]
                self.limit(most, all_of_it, upper=demand.most_replicas)
        name = f"{UPTIME}:{demand.model}"
        if demand.uptime and self.applies(name):
            self._uptime(name, demand)

    def _uptime(self, name: str, demand: ModelDemand) -> None:
        """Hours in which a loaded replica is there, at most one each, are enough."""
        up = [self.program.column(upper=1) for _ in range(self.problem.hours)]
        for t, column in enumerate(up):
            terms: Terms = [(column, -1)]
            for candidate, at in self.of_model(demand):
                if candidate.counts_for_uptime:
                    terms += loaded_hours(candidate, at, t)
            self.program.row(terms, lower=0)
        hours = float(demand.uptime) * self.problem.hours
        self.limit(name, [(column, 1) for column in up], lower=hours)

    def hour_cost(self, hour: int, *, with_loads: bool) -> Terms:
        """What an hour costs [USD], as terms."""
        terms: Terms = []
        for candidate, at in zip(self.problem.candidates, self.columns, strict=True):
            if candidate.is_serverless:
                terms += self.bills(candidate, at, hour)
                continue
            terms.append((at.replicas[hour], float(candidate.usd_per_replica_hour)))
            if with_loads:
                terms.append((at.starts[hour], float(candidate.load_usd)))
        return terms

    def bills(self, candidate: Candidate, at: Columns, hour: int) -> Terms:
        """What serverless costs in an hour [USD], as terms."""
        demand = self.problem.demand_of(candidate)
        usd_per_second = candidate.usd_per_hour / SECONDS_PER_HOUR
        work = candidate.seconds.of(demand.tokens[hour])
        cold = candidate.cold_start_seconds(demand.requests[hour] * demand.share)
        return [
            (at.served[hour], float(work * usd_per_second)),
            (at.asked[hour], float(cold * usd_per_second)),
        ]

    def _budgets(self) -> None:
        limits = self.problem.limits
        if limits.usd_per_hour is not None and self.applies(HOUR_BUDGET):
            for t in range(self.problem.hours):
                terms = self.hour_cost(t, with_loads=False)
                self.limit(HOUR_BUDGET, terms, upper=float(limits.usd_per_hour))
        if limits.usd_per_day is not None and self.applies(DAY_BUDGET):
            for _, hours in self.problem.day_ranges():
                terms = [each for t in hours for each in self.hour_cost(t, with_loads=True)]
                self.limit(DAY_BUDGET, terms, upper=float(limits.usd_per_day))

    def _most(self) -> None:
        most = self.problem.limits.most_replicas
        if most is None or not self.applies(MOST):
            return
        for t in range(self.problem.hours):
            terms: Terms = [(at.replicas[t], 1) for at in self.columns if at.replicas]
            self.limit(MOST, terms, upper=most)


def _share(value: float) -> Decimal:
    """A share [1] as Decimal, rounded down, so that no budget is passed by a rounding."""
    if value < TINY:
        return ZERO
    return Decimal(repr(value)).quantize(SHARE_STEP, rounding=ROUND_DOWN)


def loaded_hours(candidate: Candidate, at: Columns, hour: int) -> Terms:
    """Replica-hours of an hour that are not spent on loading, as terms."""
    terms: Terms = [(at.replicas[hour], 1)]
    for ago in range(min(candidate.kept_hours, hour + 1)):
        lost = candidate.lost_seconds(ago)
        if lost:
            terms.append((at.starts[hour - ago], -float(lost / SECONDS_PER_HOUR)))
    return terms


def most_useful(problem: Problem, candidate: Candidate) -> int:
    """Replicas beyond which more could not serve more, in any hour."""
    demand = problem.demand_of(candidate)
    hour = Decimal(SECONDS_PER_HOUR)
    loading = [hour - candidate.lost_seconds(ago) for ago in range(candidate.kept_hours)]
    least = min([each for each in loading if each], default=hour) * candidate.filled_share
    work = max(problem.work_seconds(candidate)) * demand.share
    return max(ceil(work / least), demand.least_replicas, candidate.running, 1)


def _pods(into: ScheduleProgram, candidate: Candidate) -> Columns:
    problem, program, at = into.problem, into.program, Columns()
    most = most_useful(problem, candidate)
    if into.applies(STOCK):
        most = min(most, candidate.stock)
    net = problem.demand_of(candidate).net_usd
    share = float(problem.demand_of(candidate).share) if into.earning else 0.0
    for t in range(problem.hours):
        here = most if candidate.may_run(t) or not into.applies(ALLOWED) else 0
        rent = float(candidate.usd_per_replica_hour)
        at.replicas.append(program.column(cost=-rent, upper=here, whole=True))
        at.starts.append(program.column(cost=-float(candidate.load_usd), upper=here))
        at.served.append(program.column(cost=float(net[t]), upper=share if here else 0))
    work = problem.work_seconds(candidate)
    for t in range(problem.hours):
        _rise(program, candidate, at, t)
        if into.earning and program.upper[at.served[t]]:
            _capacity(program, candidate, at, t, float(work[t]), share)
    return at


def _rise(program: Program, candidate: Candidate, at: Columns, hour: int) -> None:
    """Starts are at least the rise of replicas; what started stays its minimum."""
    terms: Terms = [(at.starts[hour], 1), (at.replicas[hour], -1)]
    before = candidate.running if hour == 0 else 0
    if hour:
        terms.append((at.replicas[hour - 1], 1))
    program.row(terms, lower=-before)
    if candidate.kept_hours > 1:
        since = range(max(hour - candidate.kept_hours + 1, 0), hour + 1)
        kept: Terms = [(at.replicas[hour], 1), *((at.starts[k], -1.0) for k in since)]
        program.row(kept, lower=0)


def _capacity(
    program: Program,
    candidate: Candidate,
    at: Columns,
    hour: int,
    work: float,
    share: float,
) -> None:
    """What is served fits into the loaded time, in hours of a full replica."""
    filled = float(candidate.filled_share)
    loaded = loaded_hours(candidate, at, hour)
    hours = work / SECONDS_PER_HOUR
    program.row(
        [
            *((column, value * filled) for column, value in loaded),
            (at.served[hour], -hours),
        ],
        lower=0,
    )
    # Tighter than the solver finds by itself: the last replica is filled only in part, so
    # between `whole` replicas and one more the share served rises by less than a full one.
    each = filled / hours if hours else float("inf")
    whole = floor(share / each) if hours else 0
    rest = share - whole * each if hours else share
    if rest < each and rest > TINY * share:
        program.row(
            [(at.served[hour], 1), (at.replicas[hour], -rest)],
            upper=whole * (each - rest) if hours else 0,
        )


def _workers(into: ScheduleProgram, candidate: Candidate) -> Columns:
    problem, program, at = into.problem, into.program, Columns()
    demand = problem.demand_of(candidate)
    work = problem.work_seconds(candidate)
    room = candidate.stock * candidate.filled_share * SECONDS_PER_HOUR
    for t in range(problem.hours):
        asked = into.earning and candidate.may_run(t) and demand.tokens[t].total > 0
        at.served.append(program.column(upper=float(demand.share) if asked else 0))
        at.asked.append(program.column(upper=1 if asked else 0, whole=asked))
        for column, usd in into.bills(candidate, at, t):
            program.cost[column] -= usd
        program.cost[at.served[t]] += float(demand.net_usd[t])
        if asked:
            most = float(min(demand.share, room / work[t]) if work[t] else demand.share)
            program.row([(at.served[t], 1), (at.asked[t], -most)], upper=0)
    return at
