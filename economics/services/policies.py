"""Change a policy or choose one for a fleet: a new row each, audited."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from economics.calc.gates import policy_of, texts_of
from economics.models import FleetPolicy, PolicyVersion
from fleet.models import Fleet
from fleet.services import audit

LONGEST_NOTE = 300
SOMEBODY_ELSE = "Somebody else changed it in this moment; look at it again."


class PolicyRefused(Exception):
    """A change that can not be made: `errors` maps a field, or "", to a sentence."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__(" ".join(errors.values()))


def set_policy(
    name: str, texts: Mapping[str, str], *, note: str, acting_user: str, now: datetime
) -> PolicyVersion:
    """Append a version of a policy that exists; it counts from now on.

    Raises PolicyRefused with a sentence per wrong field; then nothing is saved.
    """
    before = PolicyVersion.objects.filter(name=name).order_by("-version").first()
    if before is None:
        raise PolicyRefused({"": f"There is no policy {name[:40]!r}."})
    read = policy_of(texts)
    wrong = dict(read) if isinstance(read, dict) else {}
    if len(note) > LONGEST_NOTE or "\x00" in note:
        wrong["note"] = (
            f"Why has {len(note):,} characters; write at most {LONGEST_NOTE}, without a "
            "null character."
        )
    if wrong or isinstance(read, dict):
        raise PolicyRefused(wrong)
    becomes, was = texts_of(read), before.thresholds  # of before a threshold: without it
    changed = {key: text for key, text in becomes.items() if text != was.get(key, "")}
    if not changed:
        raise PolicyRefused({"": "Nothing is different; no version was made."})
    try:
        with transaction.atomic():
            row = PolicyVersion.objects.create(
                name=name,
                version=before.version + 1,
                title=before.title,
                thresholds=becomes,
                note=note,
                set_by=acting_user,
                set_at=now,
            )
            audit.record(
                "set policy",
                row.title,
                acting_user=acting_user,
                now=now,
                version=row.version,
                note=note,
                was={key: was.get(key, "") for key in changed},
                becomes=changed,
            )
    except IntegrityError:
        raise PolicyRefused({"": SOMEBODY_ELSE}) from None
    return row


def choose_policy(
    fleet: Fleet, name: str, *, acting_user: str, now: datetime
) -> FleetPolicy | None:
    """Run a fleet by a policy from now on; None where it is already.

    Raises PolicyRefused for a policy that does not exist.
    """
    if not PolicyVersion.objects.filter(name=name).exists():
        raise PolicyRefused({"policy": f"There is no policy {name[:40]!r}; choose one."})
    before = FleetPolicy.objects.filter(fleet=fleet).order_by("-chosen_at", "-pk").first()
    if before is not None and before.policy == name:
        return None
    with transaction.atomic():
        row = FleetPolicy.objects.create(
            fleet=fleet, policy=name, chosen_by=acting_user, chosen_at=now
        )
        audit.record(
            "choose policy",
            fleet,
            acting_user=acting_user,
            now=now,
            was=before.policy if before else None,
            becomes=name,
        )
    return row
