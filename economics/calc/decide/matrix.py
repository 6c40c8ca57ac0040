"""The answer to a goal: which candidate, with which money, and why not the others.
Formulas: docs/formulas/decision.md

"Do nothing" is always a candidate: it earns nothing, costs nothing and is certain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.decide.candidate import (
    Candidate,
    DayMoney,
    Input,
    day_money,
    rent_of_day,
    usd,
)
from economics.calc.decide.goal import (
    LARGE_BILLION,
    TEST_HOURS,
    Criterion,
    Goal,
    GoalKind,
)
from economics.calc.decide.judged import Judged, Verdicts, judge, parted
from economics.calc.decide.refusal import Refusal, refusal_of
from economics.calc.decide.serving import Way
from economics.calc.gates import Policy
from economics.calc.unknown import Unknown

NOTHING = Decimal(0)
MOST_REPLICAS = 20
NO_MONEY = DayMoney(NOTHING, NOTHING, NOTHING)


@dataclass(frozen=True, slots=True)
class Step:
    """So many replicas of a candidate, with their profit [USD / day, or of a test]."""

    candidate: Candidate
    replicas: int
    money: DayMoney


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate that may be recommended; `candidate` None: do nothing.

    score  [1] 0..1 among those of its goal
    """

    candidate: Candidate | None
    money: DayMoney
    score: Decimal


@dataclass(frozen=True, slots=True)
class Answer:
    """What is recommended for a goal; no steps: do nothing.

    ranked   what may be recommended, best first, with "do nothing"
    refused  the others with their reason, nearest to paying first
    """

    goal: Goal
    steps: tuple[Step, ...]
    money: DayMoney
    reason: str
    ranked: tuple[Scored, ...]
    refused: tuple[tuple[Candidate, Refusal], ...]

    @property
    def key(self) -> str:
        """The same for the same recommendation."""
        parts = (f"{each.replicas}x{each.candidate.key}" for each in self.steps)
        return "+".join(parts) or "nothing"

    @property
    def is_nothing(self) -> bool:
        return not self.steps

    @property
    def outweighed(self) -> Scored | None:
        """The best that pays and may be rented, where the weights put nothing first."""
        first, *others = self.ranked[:2]
        return others[0] if first.candidate is None and others else None

    @property
    def is_at_best(self) -> bool:
        """Whether a part of its money is reckoned at its best case."""
        return any(each.candidate.is_at_best for each in self.steps)

    @property
    def nearest(self) -> Candidate | None:
        """The one that would come next, if what stands against it went away."""
        if self.outweighed is not None:
            return self.outweighed.candidate
        return self.refused[0][0] if self.refused else None


def answer_goal(goal: Goal, candidates: Sequence[Candidate], policy: Policy) -> Answer:
    """What to do for a goal, among these candidates, under a policy."""
    return answer_judged(goal, judge(candidates, policy), policy)


def answer_judged(goal: Goal, verdicts: Verdicts, policy: Policy) -> Answer:
    """The same, among candidates that this policy has judged already."""
    seen = _of_test(verdicts, policy) if goal.kind is GoalKind.TEST else verdicts
    if goal.kind is GoalKind.REACH:
        return _reach(goal, seen.allowed, seen.refused, policy)
    ranked = _ranked(goal, seen.allowed, policy)
    best = ranked[0]
    if best.candidate is None:
        why = _outweighed(ranked) if len(ranked) > 1 else _nothing(goal, seen.refused)
        return Answer(goal, (), NO_MONEY, why, tuple(ranked), seen.refused)
    step = Step(best.candidate, 1, best.money)
    why = _why(goal, ranked)
    return Answer(goal, (step,), best.money, why, tuple(ranked), seen.refused)


def _of_test(verdicts: Verdicts, policy: Policy) -> Verdicts:
    """Those that a test asks for, judged as one: it need not earn."""
    return parted(
        Judged(each.candidate, each.expected, _test_refusal(each, policy))
        for each in verdicts.judged
        if _is_tested(each.candidate)
    )


def _is_tested(candidate: Candidate) -> bool:
    """Large models only, and no scheduled hours, since a test has its own."""
    by_hours = candidate.serving.way is Way.HOURS
    return candidate.parameters_billion >= LARGE_BILLION and not by_hours


def cost_of_test(candidate: Candidate) -> Decimal | Unknown:
    """Rent of a test [USD]."""
    rent = candidate.figures[Input.RENT].mid
    return rent if isinstance(rent, Unknown) else rent * TEST_HOURS


def _test_refusal(judged: Judged, policy: Policy) -> Refusal | None:
    """Of a test: it need not earn, but its rent is held by the loss cap."""
    candidate = judged.candidate
    refusal = refusal_of(candidate, policy, must_earn=False, expected=judged.expected)
    if refusal is not None:
        return refusal
    cost = cost_of_test(candidate)
    if isinstance(cost, Unknown):
        unknown = f"What a test costs is unknown: {cost.reason}."
        return Refusal("pays", lambda: unknown)
    if cost > policy.loss_cap_usd:
        above = (
            f"A test of {TEST_HOURS:.0f} h costs {usd(cost)}, above the loss cap of "
            f"{usd(policy.loss_cap_usd)}."
        )
        return Refusal("policy", lambda: above)
    return None


def money_of(goal: Goal, candidate: Candidate, policy: Policy) -> DayMoney:
    """Profit of a day; of a test its rent, since what it may earn is not counted."""
    money = day_money(candidate, policy)
    assert not isinstance(money, Unknown)  # a candidate of unknown money was refused
    if goal.kind is not GoalKind.TEST:
        return money
    rent = candidate.figures[Input.RENT]
    cost = cost_of_test(candidate)
    assert not isinstance(cost, Unknown)
    high = money.times_hours(TEST_HOURS).mid
    return DayMoney(-rent.high * TEST_HOURS, -cost, max(high, -cost))


def _ranked(goal: Goal, allowed: Sequence[Candidate], policy: Policy) -> list[Scored]:
    """Candidates and "do nothing" by their score, best first; equals by profit, then key.

    score = Σ weight × (value − least) / (most − least) / Σ weight, over the criteria in
    which the candidates differ. Of a test, "do nothing" is left out while one is allowed:
    it was asked for, and it is within the cap.
    """
    rows: list[tuple[Candidate | None, DayMoney]] = [
        (each, money_of(goal, each, policy)) for each in allowed
    ]
    if goal.kind is not GoalKind.TEST or not rows:
        rows.append((None, NO_MONEY))
    values = {
        criterion: [_value(criterion, each, money, policy) for each, money in rows]
        for criterion in Criterion
        if goal.weight(criterion)
    }
    total = sum((goal.weight(each) for each in Criterion), NOTHING)
    scores = []
    for n in range(len(rows)):
        score = NOTHING
        for criterion, column in values.items():
            least, most = min(column), max(column)
            if most > least:
                score += goal.weight(criterion) * (column[n] - least) / (most - least)
        scores.append(score / total if total else NOTHING)
    found = [
        Scored(each, money, score)
        for (each, money), score in zip(rows, scores, strict=True)
    ]
    return sorted(
        found,
        key=lambda row: (
            -row.score,
            -row.money.mid,
            row.candidate.key if row.candidate else "",
        ),
    )


def _value(
    criterion: Criterion, candidate: Candidate | None, money: DayMoney, policy: Policy
) -> Decimal:
    if criterion is Criterion.PROFIT:
        return money.mid
    if criterion is Criterion.SAFETY:
        return money.low
    if candidate is None:
        return NOTHING
    if criterion is Criterion.SIZE:
        return candidate.parameters_billion
    if criterion is Criterion.DIFFERENCE:
        rivals = candidate.rivals.value
        return NOTHING if isinstance(rivals, Unknown) else 1 / (1 + rivals)
    rent = rent_of_day(candidate, policy)
    return NOTHING if isinstance(rent, Unknown) else -rent * policy.receivable_days


def _nothing(goal: Goal, refused: Sequence[tuple[Candidate, Refusal]]) -> str:
    """Why nothing is to be done."""
    if not refused:
        asked = "large model" if goal.kind is GoalKind.TEST else "machine"
        return f"Do nothing: no {asked} is on offer with its market known."
    nearest, why = refused[0]
    begin = "nothing that is asked for can run" if why.kind == "run" else "nothing pays"
    return f"Do nothing: {begin}. The nearest is {nearest.title}: {why.sentence}"


def _outweighed(ranked: Sequence[Scored]) -> str:
    """Why nothing is to be done although something pays: the goal weighs other things."""
    nothing, other = ranked[:2]
    assert other.candidate is not None
    at_best = other.candidate.is_at_best
    earns = "would at best, with full workers, earn" if at_best else "is expected to earn"
    return (
        f"Do nothing: by the weights of this goal it comes first, {nothing.score:.2f} "
        f"against {other.score:.2f} of {other.candidate.title}, which {earns} "
        f"{usd(other.money.mid)} a day."
    )


def _sure_words(at_best: bool) -> str:
    """What the middle of a day is called."""
    return "at best, with workers that are full while they work" if at_best else "expected"


def _why(goal: Goal, ranked: Sequence[Scored]) -> str:
    """Why the first of them, against the second."""
    best = ranked[0]
    assert best.candidate is not None
    if goal.kind is GoalKind.TEST:
        begin = (
            f"Run {best.candidate.title} for {TEST_HOURS:.0f} h: it starts there, it can "
            f"break even, and the test costs {usd(-best.money.mid)}."
        )
    else:
        begin = (
            f"Rent {best.candidate.title}: {usd(best.money.mid)} a day "
            f"{_sure_words(best.candidate.is_at_best)}, "
            f"{usd(best.money.low)} at the low end and {usd(best.money.high)} at the high."
        )
    if len(ranked) < 2:
        return begin
    other = ranked[1]
    name = other.candidate.title if other.candidate else "doing nothing"
    return f"{begin} Next is {name}, {other.score:.2f} against {best.score:.2f}."


def _reach(
    goal: Goal,
    allowed: Sequence[Candidate],
    refused: tuple[tuple[Candidate, Refusal], ...],
    policy: Policy,
) -> Answer:
    """What reaches the target for the least rent: replicas of one machine; where none does
    alone, the best of each model together. Else nothing, and how far all would come.
    """
    target = goal.target_usd_per_day or NOTHING
    options = [_enough(each, policy, target) for each in allowed]
    alone = [each for each in options if each.money.mid >= target]
    steps: list[Step] = []
    total = NO_MONEY
    by_rent = sorted(alone, key=lambda each: _rent_first(each, policy))
    for step in by_rent[:1] or _best_of_models(options):
        if total.mid >= target:
            break
        steps.append(step)
        total = _sum(total, step.money)
    ranked = _ranked(goal, allowed, policy)
    if steps and total.mid >= target:
        names = " and ".join(f"{each.replicas}× {each.candidate.title}" for each in steps)
        at_best = any(each.candidate.is_at_best for each in steps)
        why = (
            f"{names}: {usd(total.mid)} a day {_sure_words(at_best)} reaches {usd(target)}."
        )
        return Answer(goal, tuple(steps), total, why, tuple(ranked), refused)
    why = f"Do nothing for it: {usd(target)} a day cannot be reached. "
    if steps:
        earned = usd(total.mid)
        why += f"All that could be rented anew and pays earns {earned} a day together."
    else:
        rest = _nothing(goal, refused).removeprefix("Do nothing: ")
        why += rest[0].upper() + rest[1:]
    return Answer(goal, (), NO_MONEY, why, tuple(ranked), refused)


def _rent_first(step: Step, policy: Policy) -> tuple[Decimal, Decimal, str]:
    """Least rent of a day first, then the larger profit, then the name."""
    rent = rent_of_day(step.candidate, policy, replicas=step.replicas)
    assert not isinstance(rent, Unknown)  # its money is known
    return (rent, -step.money.mid, step.candidate.key)


def _best_of_models(options: Sequence[Step]) -> list[Step]:
    """The most profitable step of each model, largest profit first."""
    best: dict[str, Step] = {}
    for step in options:
        known = best.get(step.candidate.model)
        if known is None or step.money.mid > known.money.mid:
            best[step.candidate.model] = step
    return sorted(best.values(), key=lambda each: (-each.money.mid, each.candidate.key))


def _enough(candidate: Candidate, policy: Policy, target: Decimal) -> Step:
    """The fewest replicas that reach the target, else those that earn most."""
    best: Step | None = None
    for replicas in range(1, MOST_REPLICAS + 1):
        money = day_money(candidate, policy, replicas=replicas)
        assert not isinstance(money, Unknown)
        if best is None or money.mid > best.money.mid:
            best = Step(candidate, replicas, money)
        if best.money.mid >= target:
            break
    assert best is not None
    return best


def _sum(one: DayMoney, other: DayMoney) -> DayMoney:
    return DayMoney(one.low + other.low, one.mid + other.mid, one.high + other.high)


def confidence(candidate: Candidate) -> tuple[str, str]:
    """(high, medium or low; why): how much of the answer is measured."""
    count = len(candidate.soft)
    word = "high" if not count else "medium" if count == 1 else "low"
    why = "; ".join(candidate.soft) or "price, demand and speed are measured"
    return word, why
