"""Orders of late that ask for the same: what a sheet says against renting twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from fleet.models import Action, ActionKind, Deployment, ModelVariant
from fleet.models.action import ActionResult

LATELY = timedelta(minutes=30)  # somebody who comes back to a sheet may not have seen it
MOST = 3
ORDERS = (
    *(ActionKind.LAUNCH, ActionKind.SCALE, ActionKind.START),
    *(ActionKind.RENTAL, ActionKind.SETTINGS),
)


def ordered_before(
    *,
    deployment: Deployment | None = None,
    variant: ModelVariant | None = None,
    now: datetime,
) -> list[Action]:
    """The newest orders of pods that go on, or were confirmed within LATELY; one query.

    deployment  those of this one
    variant     those of any deployment of its model

    A change that rents nothing, or one that failed or was cancelled, is none.
    """
    if deployment is not None:
        of_what = Q(deployment=deployment)
    elif variant is not None:
        of_what = Q(deployment__variant__served_model=variant.served_model_id)
    else:
        return []
    return list(
        _orders()
        .filter(of_what)
        .filter(Q(ended_at__isnull=True) | Q(confirmed_at__gte=now - LATELY))
        .select_related("deployment")[:MOST]
    )


def _orders() -> QuerySet[Action]:
    undone = (ActionResult.FAILED, ActionResult.CANCELLED)
    # One whose hours are closed rents its pods later: a launch is an order at any time.
    rents = Q(new_pods__gt=0) | Q(kind=ActionKind.LAUNCH)
    return Action.objects.filter(rents, kind__in=ORDERS).exclude(result__in=undone)
