"""The check: look, judge, keep the trips, act; every minute, as long as a level holds.

Level-triggered: what a trip asks for is asked again at each check until the value is
5 % on the good side of the limit, so that a deed that was lost, or undone by a click,
is done again. Two checks at once do no harm: a trip is one row, a stop is said once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial

from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Greatest, Least

from economics.calc.guardrails import RULES, Judgement, Observation, evaluate
from economics.calc.guardrails.evaluate import Key
from economics.calc.unknown import Unknown
from economics.models import GuardrailLimit, GuardrailTrip
from economics.selectors.guardrails import (
    current_limits,
    limits_of,
    observe,
    open_keys,
    open_trips,
    read_world,
)
from economics.selectors.guardrails.trips import key_of
from economics.services.guardrails import acts, notices
from fleet.services.isolation import apart

CHECK_LOCK = 0x6B65726E67  # "kerng": the key of the advisory lock in our database


@dataclass
class Checked:
    """What one check found and did."""

    observed: int = 0
    opened: list[GuardrailTrip] = field(default_factory=list)
    closed: list[GuardrailTrip] = field(default_factory=list)
    holding: int = 0
    deeds: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)

    def sentence(self) -> str:
        words = f"{self.observed} values, {self.holding} limits reached"
        if self.opened:
            words += f"; new: {'; '.join(trip.sentence for trip in self.opened)}"
        if self.closed:
            words += f"; over: {', '.join(str(trip) for trip in self.closed)}"
        if self.deeds:
            words += f"; {'; '.join(self.deeds)}"
        return words


def check(*, now: datetime) -> Checked:
    """One look at everything that has a limit. Raises nothing for a limit that trips."""
    rows = current_limits(now=now)
    observations = observe(read_world(now=now), rows)
    done = Checked(observed=len(observations))
    with one_checker():
        before = list(open_trips())
        judged = evaluate(observations, limits_of(rows), open_keys(before))
        done.holding = len(judged)
        keep(judged, before, now=now, done=done)
        end(judged, before, observations, rows, now=now, done=done)
    for judgement in hardest(judged):
        # Each apart: a stop that breaks must not keep the next from being said.
        apart(
            str(judgement.key), partial(act, judgement, now=now, done=done), done.troubles
        )
    tell = partial(notices.tell, hardest(judged), done.closed, now=now)
    apart("incidents", tell, done.troubles)
    return done


def act(judgement: Judgement, *, now: datetime, done: Checked) -> None:
    """Do what a level asks for, and write what was done on its trip."""
    if deed := acts.act(judgement, now=now):
        done.deeds.append(deed)
        note(judgement, deed)


@contextmanager
def one_checker() -> Iterator[None]:
    """A transaction in which nobody else writes trips."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CHECK_LOCK])
        yield


def keep(
    judged: Sequence[Judgement],
    before: Sequence[GuardrailTrip],
    *,
    now: datetime,
    done: Checked,
) -> None:
    """A row for each level that holds: the open one goes on, else a new one opens."""
    known = {key_of(trip): trip for trip in before}
    for judgement in judged:
        trip = known.get(judgement.key)
        if trip is None:
            done.opened.append(opened(judgement, now=now))
        else:
            goes_on(trip, judgement, now=now)


def opened(judgement: Judgement, *, now: datetime) -> GuardrailTrip:
    """The new trip, with the numbers that opened it."""
    seen, value = judgement.observation, number_of(judgement.observation)
    assert judgement.limit.pk is not None
    return GuardrailTrip.objects.create(
        rule=seen.rule,
        level=judgement.level,
        fleet_id=seen.fleet_id,
        subject=seen.subject,
        limit_id=judgement.limit.pk,
        limit_value=judgement.number,
        observed=value,
        worst=value,
        last_observed=value,
        sentence=judgement.sentence,
        action=acts.WORDS[judgement.level],
        opened_at=now,
        last_seen_at=now,
    )


def goes_on(trip: GuardrailTrip, judgement: Judgement, *, now: datetime) -> None:
    """Write what is seen now beside what opened the trip, and by which version."""
    seen, value = judgement.observation, number_of(judgement.observation)
    worse = Least if RULES[seen.rule].falls else Greatest
    changes: dict[str, object] = {
        "last_seen_at": now,
        "last_observed": value,
        "limit_id": judgement.limit.pk,
        "limit_value": judgement.number,
    }
    if value is not None:
        known = worse(F("worst"), Value(value))
        changes["worst"] = Case(When(worst=None, then=Value(value)), default=known)
    GuardrailTrip.objects.filter(pk=trip.pk).update(**changes)


def end(
    judged: Sequence[Judgement],
    before: Sequence[GuardrailTrip],
    observations: Sequence[Observation],
    rows: Sequence[GuardrailLimit],
    *,
    now: datetime,
    done: Checked,
) -> None:
    """Close the trips that hold no more, with the reason."""
    holding = {judgement.key for judgement in judged}
    values = {place(key_of_observation(seen)): seen for seen in observations}
    for trip in before:
        if key_of(trip) in holding:
            continue
        seen = values.get(place(key_of(trip)))
        because = why_over(trip, seen, rows)
        closing = GuardrailTrip.objects.filter(pk=trip.pk, closed_at__isnull=True)
        last = trip.last_observed if seen is None else number_of(seen)
        if closing.update(closed_at=now, closed_because=because, last_observed=last):
            done.closed.append(trip)


def why_over(
    trip: GuardrailTrip, seen: Observation | None, rows: Sequence[GuardrailLimit]
) -> str:
    """Why a trip ends, as a sentence."""
    row = next(
        (row for row in rows if (row.rule, row.fleet_id) == (trip.rule, trip.fleet_id)),
        None,
    )
    if row is None or getattr(row, trip.level) is None:
        return "The limit was taken away."
    if seen is None:
        return "There is nothing left that it is about."
    value = number_of(seen)
    if value is None:
        return f"The limit was changed by {row.set_by}; the value is not known now."
    if row.pk != trip.limit_id:
        return f"The limit was changed by {row.set_by}; the value is {value:.2f}."
    return f"The value is back on the good side: {value:.2f}."


def number_of(seen: Observation) -> Decimal | None:
    return None if isinstance(seen.value, Unknown) else seen.value


def key_of_observation(seen: Observation) -> tuple[object, ...]:
    return seen.rule, seen.fleet_id, seen.subject


def place(key: tuple[object, ...] | Key) -> tuple[object, ...]:
    """A key without its level."""
    return tuple(key[:3])


def hardest(judged: Sequence[Judgement]) -> list[Judgement]:
    """Of each observation the hardest level: what a milder one asks for is in it."""
    last: dict[tuple[object, ...], Judgement] = {}
    for judgement in judged:  # mildest first
        last[place(judgement.key)] = judgement
    return list(last.values())


def note(judgement: Judgement, deed: str) -> None:
    """Add a deed to the row of its trip, once."""
    with transaction.atomic():
        trip = (
            GuardrailTrip.objects.select_for_update()
            .filter(
                rule=judgement.observation.rule,
                level=judgement.level,
                fleet=judgement.observation.fleet_id,
                subject=judgement.observation.subject,
                closed_at__isnull=True,
            )
            .first()
        )
        if trip is not None and deed not in trip.action:
            trip.action = f"{trip.action} {deed}"[:4000]
            trip.save(update_fields=["action"])
