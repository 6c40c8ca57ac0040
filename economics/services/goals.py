"""Add a goal to the decision matrix, weigh it anew, or take it off: a version each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from economics.calc.decide import Criterion, GoalKind
from economics.models import GoalVersion
from economics.selectors.policies import goal_rows
from economics.services.policies import SOMEBODY_ELSE, PolicyRefused
from fleet.services import audit

MOST_GOALS = 12
MOST_WEIGHT = Decimal(100)
MOST_TARGET = Decimal(1_000_000)
CENT = Decimal("0.01")
LONGEST_TITLE = 80
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,4})?", re.ASCII)


@dataclass(frozen=True)
class WantedGoal:
    """A goal as it was written. key: of the goal that it changes; "" for a new one."""

    key: str
    title: str
    weights: Mapping[str, str]
    target: str = ""
    kind: str = GoalKind.EARN.value


def set_goal(wanted: WantedGoal, *, acting_user: str, now: datetime) -> GoalVersion:
    """Append a version of a goal, or its first one.

    Raises PolicyRefused with a sentence per wrong field; then nothing is saved.
    """
    rows = goal_rows()
    before = next((row for row in rows if row.key == wanted.key), None)
    if wanted.key and before is None:
        raise PolicyRefused({"": "This goal is not on the matrix any more."})
    if before is None and len(rows) >= MOST_GOALS:
        raise PolicyRefused({"": f"There are {MOST_GOALS} goals; take one off first."})
    kind = before.kind if before else wanted.kind
    wrong, weights, target = read(wanted, kind)
    if wrong:
        raise PolicyRefused(wrong)
    title = wanted.title.strip()
    if before is None and any(row.title.casefold() == title.casefold() for row in rows):
        raise PolicyRefused({"title": f"There is a goal {title!r} already; name it anew."})
    key = before.key if before else free_key(title, {row.key for row in rows})
    last = GoalVersion.objects.filter(key=key).order_by("-version").first()
    return _append(
        last,
        GoalVersion(
            key=key,
            version=last.version + 1 if last else 1,
            title=title,
            kind=kind,
            weights=weights,
            target_usd_per_day=target,
            position=last.position if last else 100,
            set_by=acting_user,
            set_at=now,
        ),
        "set goal",
    )


def free_key(title: str, taken: set[str]) -> str:
    """A key of letters, digits and dashes that no goal on the matrix has: titles that
    read alike, or have no Latin letter, are goals of their own."""
    stem = slugify(title)[:36] or "goal"
    counted = (f"{stem}-{n}" for n in range(2, MOST_GOALS + 2))
    return next(key for key in (stem, *counted) if key not in taken)


def take_off(key: str, *, acting_user: str, now: datetime) -> GoalVersion | None:
    """Take a goal off the matrix; None where it is not on it. Its versions stay."""
    before = next((row for row in goal_rows() if row.key == key), None)
    if before is None:
        return None
    return _append(
        before,
        GoalVersion(
            key=key,
            version=before.version + 1,
            title=before.title,
            kind=before.kind,
            weights=before.weights,
            target_usd_per_day=before.target_usd_per_day,
            position=before.position,
            is_shown=False,
            set_by=acting_user,
            set_at=now,
        ),
        "take goal off",
    )


def _append(before: GoalVersion | None, row: GoalVersion, verb: str) -> GoalVersion:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            audit.record(
                verb,
                row.title,
                acting_user=row.set_by,
                now=row.set_at,
                version=row.version,
                was=before.weights if before else None,
                becomes=row.weights,
                target_usd_per_day=row.target_usd_per_day,
            )
    except IntegrityError:
        raise PolicyRefused({"": SOMEBODY_ELSE}) from None
    return row


def read(
    wanted: WantedGoal, kind: str
) -> tuple[dict[str, str], dict[str, str], Decimal | None]:
    """(what is wrong by field, weights, target) of a goal as it was written."""
    wrong: dict[str, str] = {}
    title = wanted.title.strip()
    if not title or len(title) > LONGEST_TITLE or "\x00" in title:
        wrong["title"] = (
            f"Goal has {len(title)} characters; write 1 to {LONGEST_TITLE}, without a null "
            "character."
        )
    if kind not in list(GoalKind):
        wrong["kind"] = f"Kind is {kind[:20]!r}; choose one from the list."
    weights: dict[str, str] = {}
    for criterion in Criterion:
        text = wanted.weights.get(criterion.value, "").strip() or "0"
        value = number(text, MOST_WEIGHT)
        if value is None:
            wrong[criterion.value] = (
                f"Weight on {criterion.value} is {shown(text)}; write 0 to {MOST_WEIGHT}, "
                "such as 0.5."
            )
        elif value:
            weights[criterion.value] = f"{value.normalize():f}"
    if not wrong and not weights:
        wrong["profit"] = "Every weight is 0; give one of them a weight, such as 1."
    target = None
    if kind == GoalKind.REACH:
        target = number(wanted.target.strip(), MOST_TARGET)
        if not target or target != target.quantize(CENT):  # kept to the cent
            target = None
            wrong["target"] = (
                f"Target is {shown(wanted.target)}; write USD a day above 0, to the cent "
                f"and at most {MOST_TARGET:,}, such as 200."
            )
    return wrong, weights, target


def number(text: str, most: Decimal) -> Decimal | None:
    """A plain number of 0 to `most`, with at most four decimals; else None."""
    if not NUMBER.fullmatch(text):
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value <= most else None


def shown(text: str) -> str:
    return repr(text[:20].replace("\x00", ""))
