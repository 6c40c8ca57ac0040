"""Limits: shipped with numbers that suit a small account, changed by appended versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Max

from economics.calc.guardrails import LEVELS, RULES, Level, Rule, Thresholds, shown
from economics.models import GuardrailLimit
from fleet.models import Fleet
from fleet.services import audit

SHIPPED_BY = "rule:defaults"
MOST = Decimal(10_000_000)
DECIMALS = 4
LONGEST_NOTE = 300


def numbers(*values: str | None) -> Thresholds:
    """Warn, refuse, drain, terminate."""
    return Thresholds(*(None if value is None else Decimal(value) for value in values))


SHIPPED: Mapping[Rule, Thresholds] = {
    Rule.DAILY_LOSS: numbers("50", "100", "250", "500"),
    # The provider's own limit on a new account is 80 USD/h.
    Rule.COMMITTED: numbers("60", "80", None, None),
    Rule.DAY_SPEND: numbers("500", "1000", "1500", "1920"),
    # A load of 744 GB over 0.3 GB/s on eight H200 costs about 25 USD.
    Rule.COLD_START_POD: numbers("15", "30", None, "60"),
    Rule.COLD_START_DEPLOYMENT: numbers("30", "90", "180", None),
    # At 0 the provider ends pods by itself, without a last scrape.
    Rule.RUNWAY: numbers("24", "1", "0.25", None),
    # One to two days of rent: 50 to 100 USD in the plan, up to 2,607 for what can run.
    Rule.EXPOSURE: numbers("100", "650", "1300", "2600"),
    Rule.EXPOSURE_DEPLOYMENT: numbers("100", "650", "1300", None),
}


class LimitRefused(Exception):
    """A limit that can not be set: `errors` maps a field, or "", to sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(" ".join(line for lines in errors.values() for line in lines))


def ensure_limits(*, now: datetime) -> int:
    """Ship the limits of all fleets where none was ever set; how many. Twice adds none."""
    known = set(GuardrailLimit.objects.filter(fleet=None).values_list("rule", flat=True))
    missing = [rule for rule in SHIPPED if rule.value not in known]
    rows = [
        GuardrailLimit(
            rule=rule.value,
            version=1,
            effective_from=now,
            set_by=SHIPPED_BY,
            set_at=now,
            note="shipped with the console; set your own",
            **{level.value: SHIPPED[rule].of(level) for level in LEVELS},
        )
        for rule in missing
    ]
    GuardrailLimit.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@dataclass(frozen=True)
class NewLimit:
    """What is to count from `effective_from` on. `fleet` None: all fleets."""

    rule: Rule
    fleet: Fleet | None
    thresholds: Thresholds
    counted_from: date | None = None
    note: str = ""


def set_limit(
    wanted: NewLimit,
    *,
    acting_user: str,
    now: datetime,
    effective_from: datetime | None = None,
) -> GuardrailLimit:
    """Append a version of a limit; it counts from `effective_from`, else from now on.

    Raises LimitRefused with a sentence per wrong field; then nothing is saved.
    """
    start = effective_from or now
    wrong = complaints(wanted, start=start, now=now)
    if wrong:
        raise LimitRefused(wrong)
    try:
        with transaction.atomic():
            return appended(wanted, acting_user=acting_user, now=now, start=start)
    except IntegrityError:
        raise LimitRefused(
            {"": ["Somebody else set this limit in this moment; look at it again."]}
        ) from None


def appended(
    wanted: NewLimit, *, acting_user: str, now: datetime, start: datetime
) -> GuardrailLimit:
    """The saved version, with its audit row."""
    versions = GuardrailLimit.objects.filter(rule=wanted.rule, fleet=wanted.fleet)
    last = versions.aggregate(last=Max("version"))["last"] or 0
    before = versions.filter(version=last).first()
    given = {level.value: wanted.thresholds.of(level) for level in LEVELS}
    row = GuardrailLimit.objects.create(
        rule=wanted.rule,
        fleet=wanted.fleet,
        version=last + 1,
        counted_from=wanted.counted_from,
        effective_from=start,
        set_by=acting_user,
        set_at=now,
        note=wanted.note,
        **given,
    )
    audit.record(
        "set guardrail",
        f"{wanted.rule} of {wanted.fleet or 'all fleets'}"[:120],
        acting_user=acting_user,
        now=now,
        version=row.version,
        effective_from=start,
        counted_from=wanted.counted_from,
        note=wanted.note,
        was={name: text(getattr(before, name, None)) for name in given},
        becomes={name: text(number) for name, number in given.items()},
    )
    return row


def text(number: Decimal | None) -> str | None:
    return None if number is None else f"{number:f}"


def complaints(wanted: NewLimit, *, start: datetime, now: datetime) -> dict[str, list[str]]:
    """What is wrong, by field; empty when all is fine."""
    facts = RULES[wanted.rule]
    wrong: dict[str, list[str]] = {}
    for level, number in wanted.thresholds.given():
        if sentence := number_complaint(level, number, unit=facts.unit):
            wrong[level.value] = [sentence]
    if not wrong and (pair := wanted.thresholds.disorder(falls=facts.falls)):
        wrong[pair[1].value] = [disorder_sentence(wanted, *pair)]
    if wanted.fleet is not None and not facts.per_fleet:
        wrong["fleet"] = [
            f"The {facts.name} belongs to the whole account; choose all fleets, not "
            f"{wanted.fleet}."
        ]
    if wanted.counted_from is not None:
        if not facts.since:
            wrong["counted_from"] = [
                f"The {facts.name} has no first day; leave it empty. Only an exposure "
                "adds up from a day on."
            ]
        elif wanted.counted_from > now.date():
            wrong["counted_from"] = [
                f"The first day is {wanted.counted_from}, in the future; choose today or "
                "earlier."
            ]
    if start < now:
        wrong["effective_from"] = [
            f"It would count from {start:%Y-%m-%d %H:%M} UTC, which is past; leave it "
            "empty for now, or choose a later time."
        ]
    if len(wanted.note) > LONGEST_NOTE or "\x00" in wanted.note:
        wrong["note"] = [
            f"The note has {len(wanted.note):,} characters; write at most {LONGEST_NOTE}, "
            "without a null character."
        ]
    return wrong


def number_complaint(level: Level, number: Decimal, *, unit: str) -> str:
    """What is wrong with one number, as a sentence; "" when it is fine."""
    if not number.is_finite() or number < 0:
        return f"The number to {level} is {number}; write 0 or more {unit}."
    if number > MOST:
        return f"The number to {level} is {number:f}; write at most {MOST:,} {unit}."
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > DECIMALS:
        return f"The number to {level} is {number:f}; it can have {DECIMALS} decimals."
    return ""


def disorder_sentence(wanted: NewLimit, mild: Level, hard: Level) -> str:
    """Which two numbers are in the wrong order, and what would be right."""
    first, second = wanted.thresholds.of(mild), wanted.thresholds.of(hard)
    assert first is not None and second is not None
    way = "at most" if RULES[wanted.rule].falls else "at least"
    return (
        f"The number to {hard} is {shown(wanted.rule, second)}, but to {mild} it is "
        f"{shown(wanted.rule, first)}; write {way} {shown(wanted.rule, first)}."
    )
