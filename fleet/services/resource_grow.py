"""Growing a network volume: wished, weighed, sent until the provider's list shows it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import F

from fleet.models import NetworkVolume, ResourceStatus
from fleet.providers.base import ProviderRefused, ProviderUnavailable, RateLimited
from fleet.providers.resources import CloudVolume, FullProvider
from fleet.selectors.resources import volume_usd_per_hour
from fleet.services import audit, fault_points, spending
from fleet.services.launch_guard import LaunchGuard, LaunchRequest, rent_request

RESEND_SECONDS = 60


def growing(provider_name: str) -> list[NetworkVolume]:
    """Volumes that are to become larger."""
    return list(
        NetworkVolume.objects.select_related("deployment").filter(
            provider=provider_name,
            status=ResourceStatus.LIVE,
            growing_to_gb__gt=F("size_gb"),
        )
    )


def request_growth(
    volume: NetworkVolume, size_gb: int, *, acting_user: str, now: datetime
) -> bool:
    """Wish for a larger size; True if this call did it."""
    rows = NetworkVolume.objects.filter(
        pk=volume.pk, status=ResourceStatus.LIVE, size_gb__lt=size_gb
    )
    if not rows.update(growing_to_gb=size_gb, grow_sent_at=None, not_before=None):
        return False
    audit.record(
        "grow volume",
        volume,
        acting_user=acting_user,
        now=now,
        before_gb=volume.size_gb,
        after_gb=size_gb,
    )
    return True


def grow(
    volume: NetworkVolume, *, provider: FullProvider, guard: LaunchGuard, now: datetime
) -> bool:
    """Send the wished size; True if the provider said yes.

    The size is absolute: sending it twice, after a lost answer or a death, changes
    nothing the second time. The list says when it is true.
    """
    wanted = volume.growing_to_gb
    if wanted is None or not claim(volume, wanted, guard=guard, now=now):
        return False
    fault_points.reach("grow_claimed")
    try:
        provider.grow_volume(volume.provider_id, size_gb=wanted)
    except (ProviderUnavailable, RateLimited) as silence:
        say(volume, f"growing to {wanted} GB was not answered ({silence}); sent again")
        return False
    except ProviderRefused as refusal:
        give_up(volume, wanted, str(refusal), now=now)
        return False
    fault_points.reach("grown")
    return True


def claim(volume: NetworkVolume, wanted: int, *, guard: LaunchGuard, now: datetime) -> bool:
    """Take the wish for this worker, once a minute; new spending is weighed before the
    first time."""
    sent = volume.grow_sent_at
    if sent is not None and now - sent < timedelta(seconds=RESEND_SECONDS):
        return False
    if volume.not_before is not None and now < volume.not_before:
        return False
    rows = NetworkVolume.objects.filter(
        pk=volume.pk,
        status=ResourceStatus.LIVE,
        growing_to_gb=wanted,
        grow_sent_at=sent,
    )
    with spending.one_at_a_time():
        veto = None if sent else spending.refusal(asked(volume, wanted, now), guard=guard)
        if veto is None:
            return bool(rows.update(grow_sent_at=now))
    rows.update(
        status_reason=f"not grown: {veto}"[:500],
        not_before=now + timedelta(seconds=RESEND_SECONDS),
    )
    return False


def asked(volume: NetworkVolume, wanted: int, now: datetime) -> LaunchRequest:
    """What the guard is asked about: the rent that comes on top."""
    more = volume_usd_per_hour(wanted) - volume_usd_per_hour(volume.size_gb)
    return rent_request(
        volume.deployment,
        provider=volume.provider,
        usd_per_hour=max(more, Decimal(0)),
        now=now,
    )


def note_size(volume: NetworkVolume, listed: CloudVolume) -> None:
    """Keep the size that the provider names; a wish that it fulfils is over."""
    rows = NetworkVolume.objects.filter(pk=volume.pk)
    rows.update(size_gb=listed.size_gb)
    rows.filter(growing_to_gb__lte=listed.size_gb).update(
        growing_to_gb=None, grow_sent_at=None, status_reason=""
    )


def give_up(volume: NetworkVolume, wanted: int, refusal: str, *, now: datetime) -> None:
    """A definite no: the volume stays as it is, and says why."""
    rows = NetworkVolume.objects.filter(pk=volume.pk, growing_to_gb=wanted)
    reason = f"not grown to {wanted} GB: {refusal}"[:500]
    if rows.update(growing_to_gb=None, grow_sent_at=None, status_reason=reason):
        audit.record(
            "refuse growth", volume, acting_user="rule:provider", now=now, reason=reason
        )


def say(volume: NetworkVolume, reason: str) -> None:
    NetworkVolume.objects.filter(pk=volume.pk, growing_to_gb__isnull=False).update(
        status_reason=reason[:500]
    )
