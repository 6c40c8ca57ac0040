"""The guardrails as a page shows them: each limit beside what it sees now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from economics.calc.guardrails import RULES, Level, Observation, Rule, RuleFacts, shown
from economics.calc.unknown import Unknown
from economics.models import GuardrailLimit, GuardrailTrip
from economics.selectors.guardrails.limits import current_limits
from economics.selectors.guardrails.observations import observe, read_world
from economics.selectors.guardrails.trips import hardest, open_trips

HISTORY = 50
NOTHING = "nothing to watch now"


@dataclass(frozen=True)
class Cell:
    """One level of a limit. `text` is empty where the level has no number."""

    level: Level
    text: str
    is_open: bool


@dataclass(frozen=True)
class LimitRow:
    """A limit, the worst value that it sees now, and its levels.

    number  the value in the rule's unit; None where it is not known
    value   the same as text, with its unit
    """

    limit: GuardrailLimit
    rule: Rule
    facts: RuleFacts
    number: Decimal | None
    value: str
    why: str
    made_of: str
    cells: Sequence[Cell]

    @property
    def is_off(self) -> bool:
        return not any(cell.text for cell in self.cells)


@dataclass(frozen=True)
class TripRow:
    """A trip with its numbers as text."""

    trip: GuardrailTrip
    observed: str
    worst: str
    limit: str

    @property
    def needs_a_first_day(self) -> bool:
        """Whether it adds up from a day on, so that it is over only from another one."""
        return self.trip.closed_at is None and RULES[Rule(self.trip.rule)].since


def board(*, now: datetime, trips: Iterable[GuardrailTrip] | None = None) -> list[LimitRow]:
    """Every limit that counts now, with what it sees.

    trips  those that are open, where they were read already
    """
    rows = current_limits(now=now)
    seen = observe(read_world(now=now), rows)
    found = open_trips() if trips is None else trips
    opened = {(trip.rule, trip.fleet_id, trip.level) for trip in found}
    return [limit_row(row, seen, opened) for row in rows]


def limit_row(
    row: GuardrailLimit,
    seen: Sequence[Observation],
    opened: set[tuple[str, int | None, str]],
) -> LimitRow:
    """One line of the table."""
    rule = Rule(row.rule)
    own = [each for each in seen if (each.rule, each.fleet_id) == (rule, row.fleet_id)]
    worst = worst_of(rule, own)
    known = worst is not None and not isinstance(worst.value, Unknown)
    return LimitRow(
        limit=row,
        rule=rule,
        facts=RULES[rule],
        number=known_number(worst),
        value=value_text(worst) if known else "",
        why="" if known else why_missing(worst),
        made_of=words_of(worst),
        cells=[
            Cell(level, text, (row.rule, row.fleet_id, level.value) in opened)
            for level, text in numbers_of(row)
        ],
    )


def worst_of(rule: Rule, seen: Sequence[Observation]) -> Observation | None:
    """The observation that is nearest to its limit; one that is not known first."""
    known: list[tuple[Decimal, Observation]] = []
    for each in seen:
        if isinstance(each.value, Unknown):
            return each
        known.append((each.value, each))
    pick = min if RULES[rule].falls else max
    return pick(known, key=lambda pair: pair[0])[1] if known else None


def known_number(seen: Observation | None) -> Decimal | None:
    if seen is None or isinstance(seen.value, Unknown):
        return None
    return seen.value


def value_text(seen: Observation | None) -> str:
    if seen is None or isinstance(seen.value, Unknown):
        return ""
    return shown(seen.rule, seen.value)


def why_missing(seen: Observation | None) -> str:
    if seen is not None and isinstance(seen.value, Unknown):
        return seen.value.reason
    return NOTHING


def words_of(seen: Observation | None) -> str:
    """Whose value it is, where the rule watches each pod or deployment, and its parts."""
    if seen is None:
        return ""
    return ", ".join(part for part in (seen.subject, seen.made_of) if part)


def trip_rows(trips: Sequence[GuardrailTrip]) -> list[TripRow]:
    """Trips with their numbers as text."""
    return [
        TripRow(
            trip,
            number(trip, trip.observed),
            number(trip, trip.worst),
            shown(Rule(trip.rule), trip.limit_value),
        )
        for trip in trips
    ]


def number(trip: GuardrailTrip, value: Decimal | None) -> str:
    return "" if value is None else shown(Rule(trip.rule), value)


def history() -> list[TripRow]:
    """The newest trips."""
    newest = GuardrailTrip.objects.select_related("fleet").order_by("-opened_at", "-pk")
    return trip_rows(list(newest[:HISTORY]))


def alarms(trips: Iterable[GuardrailTrip]) -> list[TripRow]:
    """Of each thing that trips now the hardest level, for banners."""
    return trip_rows(hardest(trips))


def versions_of(
    rule: Rule, fleet_id: int | None
) -> list[tuple[GuardrailLimit, list[tuple[Level, str]]]]:
    """The newest versions of a limit with their numbers, those to come included."""
    rows = GuardrailLimit.objects.filter(rule=rule, fleet=fleet_id)
    return [(row, numbers_of(row)) for row in rows.order_by("-version")[:HISTORY]]


def numbers_of(row: GuardrailLimit) -> list[tuple[Level, str]]:
    """Each level with its number as text; empty where it has none."""
    given = dict(row.thresholds.given())
    return [
        (level, shown(Rule(row.rule), given[level]) if level in given else "")
        for level in Level
    ]
