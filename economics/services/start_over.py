"""Remove the demo: empty a console of play money, once nothing of it is rented any more.

The books are append-only, so rows of the demo can not be picked out of them: they are
emptied as a whole or not at all. That is done only where all money is play money. What is
not of the books stays: people, keys, channels, rules, policies, offers, measured speeds,
the market's history, and the audit, which says that this was done.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.db import connection, transaction

from economics.models import CostLine, DayClose, RevenueLine
from fleet.models import (
    RESOURCE_OVER,
    Deployment,
    Fleet,
    NetworkVolume,
    Pod,
    ServerlessEndpoint,
)
from fleet.services import audit, lifecycle
from fleet.services.refused import Refused

# Tables without a row of the fleet's past; every other table of the two apps is emptied.
KEPT = {
    "fleet": (
        *("MarketOffer", "GpuOffer", "GpuOfferPrice", "OfferImport", "BalanceReading"),
        *("ServedModel", "ModelVariant", "ModelConfig", "SpeedEstimate"),
        *("ThroughputImport", "ThroughputMeasurement", "StoredSecret", "SavedView"),
        *("AlertChannel", "AlertRule", "AuditEntry", "AuditSeal", "SpendingStop"),
        *("CloudListing", "Orphan", "StrayResource", "JobRun", "JobLease"),
        "JobPause",
    ),
    "economics": (
        *("MarketModel", "MarketEndpoint", "MarketPrice", "MarketVolume"),
        *("PolicyVersion", "GoalVersion", "OnboardingTick", "MarketListing", "TakeRate"),
    ),
}


@dataclass(frozen=True, slots=True)
class Emptied:
    """What goes: rows by kind."""

    deployments: int
    pods: int
    days: int
    lines: int


def what_goes() -> Emptied:
    return Emptied(
        Deployment.objects.count(),
        Pod.objects.count(),
        DayClose.objects.count(),
        CostLine.objects.count() + RevenueLine.objects.count(),
    )


def check_may_start_over() -> None:
    """Raises Refused with a sentence where anything here is not play money."""
    real = Fleet.objects.filter(simulated=False).values_list("name", flat=True).first()
    if not settings.KERNE_SANDBOX or real is not None:
        which = (
            f"fleet {real!r} is" if real else "a real account is connected: its pods are"
        )
        raise Refused.because(
            f"Nothing was removed: {which} of real money, and its books stay. A console "
            "of its own (KERNE_VAR) begins empty."
        )
    volume = NetworkVolume.objects.exclude(status__in=RESOURCE_OVER).first()
    endpoint = ServerlessEndpoint.objects.filter(is_rental=False)
    for row in (volume, endpoint.exclude(status__in=RESOURCE_OVER).first()):
        if row is not None:
            raise Refused.because(
                f"Nothing was removed: {row.kind} {row.name} is billed on. End it first; "
                "here it would be forgotten and go on."
            )


def stop_everything(*, acting_user: str, now: datetime) -> int:
    """Want nothing of any deployment any more; how many pods may still be billed.

    Raises Refused like `check_may_start_over`. Twice stops nothing twice.
    """
    check_may_start_over()
    for deployment in Deployment.objects.filter(replicas__gt=0):
        lifecycle.stop_deployment(deployment, acting_user=acting_user, now=now)
    return still_billed()


def still_billed() -> int:
    """Pods and rented endpoints that may be billed now."""
    rented = ServerlessEndpoint.objects.exclude(status__in=RESOURCE_OVER).count()
    return Pod.objects.maybe_billed().count() + rented


def start_over(*, acting_user: str, now: datetime) -> Emptied:
    """Empty the fleet and the books in one transaction; what went.

    Raises Refused where something is still billed: a forgotten pod goes on costing, also
    play money. An empty console is emptied to the same.
    """
    check_may_start_over()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20s'")
            cursor.execute("LOCK TABLE fleet_pod IN ACCESS EXCLUSIVE MODE")
        if billed := still_billed():
            raise Refused.because(f"{billed} pods may still be billed; they end first.")
        gone = what_goes()
        tables = ", ".join(emptied_tables())
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # none may wait for a row
            cursor.execute("SET LOCAL kerne.may_truncate = 'on'")
            cursor.execute(f"TRUNCATE {tables}")
            cursor.execute("SET LOCAL kerne.may_truncate = 'off'")
        audit.record(
            "start over",
            "demo data",
            acting_user=acting_user,
            now=now,
            deployments=gone.deployments,
            pods=gone.pods,
            closed_days=gone.days,
            lines=gone.lines,
        )
    return gone


def emptied_tables() -> list[str]:
    """The tables of our rows that go, in the order of their names."""
    return sorted(
        {
            model._meta.db_table
            for app, kept in KEPT.items()
            for model in apps.get_app_config(app).get_models(include_auto_created=True)
            if model.__name__ not in kept
        }
    )
