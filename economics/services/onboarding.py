"""Tick an item of the marketplace's list, or take the tick back: a row each, audited."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from economics.models import OnboardingTick
from economics.services.policies import LONGEST_NOTE, PolicyRefused
from fleet.services import audit


def set_tick(
    item: str,
    is_done: bool,
    *,
    known: Collection[str],
    note: str,
    acting_user: str,
    now: datetime,
) -> OnboardingTick | None:
    """Append a tick; None where the item says the same already.

    known  the items that a person ticks

    Raises PolicyRefused for another item, or for a note that is too long.
    """
    if item not in known:
        raise PolicyRefused({"item": f"There is no item {item[:40]!r} to tick by hand."})
    if len(note) > LONGEST_NOTE or "\x00" in note:
        most = f"write at most {LONGEST_NOTE}"
        raise PolicyRefused({"note": f"The note has {len(note):,} characters; {most}."})
    before = OnboardingTick.objects.filter(item=item).order_by("-set_at", "-pk").first()
    if (before.is_done if before else False) == is_done:
        return None
    with transaction.atomic():
        row = OnboardingTick.objects.create(
            item=item, is_done=is_done, note=note, set_by=acting_user, set_at=now
        )
        audit.record(
            "tick onboarding" if is_done else "untick onboarding",
            item,
            acting_user=acting_user,
            now=now,
            note=note,
        )
    return row
