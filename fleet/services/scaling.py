"""Burst: the policy's answer becomes the number of replicas that is wanted, with a row."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from fleet.models import Deployment, RentalKind, ScalingDecision
from fleet.selectors.scaling import decision_for
from fleet.services.isolation import apart


def scale_all(*, simulated: bool, now: datetime, troubles: list[str]) -> list[str]:
    """Ask the policy about every burst deployment; a sentence for each change.

    simulated  whether the provider plays: only deployments of that kind are asked about
    """
    rows = Deployment.objects.filter(
        rental_kind=RentalKind.BURST, fleet__simulated=simulated
    )
    said = []
    for pk, slug in rows.order_by("pk").values_list("pk", "slug"):
        changed = apart(f"scaling {slug}", partial(scale, pk, now=now), troubles)
        if changed is not None:
            said.append(f"{slug}: {changed} ({changed.reason})")
    return said


def scale(deployment_id: int, *, now: datetime) -> ScalingDecision | None:
    """Ask about one deployment and keep what changed; None when nothing did.

    The row lock makes two controllers take turns, and the second one sees a change that
    is no longer `up_seconds` old. Only the wish changes here: replicas follow it, and
    whatever forbids a launch forbids these too.
    """
    with transaction.atomic():
        row = (
            Deployment.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=deployment_id, rental_kind=RentalKind.BURST)
            .first()
        )
        if row is None:
            return None  # another controller is at it
        if not row.replicas:
            forget(row)
            return None
        current = row.replicas_wanted(now=now)
        decision = decision_for(row, now=now)
        if decision is None or decision.wanted == current:
            return None
        row.burst_replicas, row.scaled_at = decision.wanted, now
        row.save(update_fields=["burst_replicas", "scaled_at"])
        return ScalingDecision.objects.create(
            deployment=row,
            at=now,
            from_replicas=current,
            to_replicas=decision.wanted,
            reason=decision.reason[:300],
            numbers=decision.numbers,
        )


def forget(row: Deployment) -> None:
    """A stopped deployment begins at its baseline when it is started again."""
    if row.burst_replicas:
        row.burst_replicas, row.scaled_at = 0, None
        row.save(update_fields=["burst_replicas", "scaled_at"])
