"""Leases: which pods have one, and when one without a renewal ends."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from fleet.models import Pod

LEASE_PORT = 8001


def lease_seconds_for(image: str) -> int | None:
    """How long a pod of `image` lives without us [s]; None where it has no lease.

    Only an image whose entrypoint is the lease guard can end itself.
    """
    name = image.partition("@")[0]
    head, slash, last = name.rpartition("/")
    without_tag = f"{head}{slash}{last.partition(':')[0]}"
    if not settings.LEASE_SECONDS or without_tag not in settings.LEASE_IMAGES:
        return None
    return int(settings.LEASE_SECONDS)


def lease_environment(image: str, *, now: datetime) -> dict[str, str]:
    """What the guard of a pod that is ordered at `now` reads; empty without a lease."""
    seconds = lease_seconds_for(image)
    if seconds is None:
        return {}
    return {
        "KERNE_LEASE_SECONDS": str(seconds),
        "KERNE_LEASE_PORT": str(LEASE_PORT),
        "KERNE_LEASE_ORDERED": str(int(now.timestamp())),
    }


def lease_ends_at(pod: Pod) -> datetime | None:
    """When the pod ends itself unless it is renewed; None while that is not known."""
    if pod.lease_seconds is None or pod.lease_renewed_at is None:
        return None
    return pod.lease_renewed_at + timedelta(seconds=pod.lease_seconds)
