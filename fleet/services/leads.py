"""Leads: how much earlier a window is rented follows what the last starts took."""

from __future__ import annotations

from fleet.models import Deployment, PodStatus, RentalKind
from fleet.models.pod import ENDED
from fleet.schedule.hours import LONGEST_LEAD_SECONDS
from fleet.selectors.start_up import start_up_of

IDLE = (*ENDED, PodStatus.TERMINATING)  # no replica that a shorter lead could end


def refresh() -> int:
    """Set the leads of deployments that rent earlier and rent nothing now; how many.

    Only between two windows: a lead that shrinks while its pods load would put them
    outside of the hours, and end them.
    """
    rows = (
        Deployment.objects.filter(rental_kind=RentalKind.SCHEDULED, is_ready_at_start=True)
        .exclude(pods__status__in=set(PodStatus) - set(IDLE))
        .select_related("variant", "fleet")
    )
    return sum(refresh_one(each) for each in rows)


def refresh_one(deployment: Deployment) -> int:
    """1 if the lead was changed. An estimate never takes the place of a measurement."""
    measured = start_up_of(deployment)
    lead = min(measured.lead_seconds, LONGEST_LEAD_SECONDS)
    if not measured.is_measured or lead == deployment.lead_seconds:
        return 0
    unchanged = Deployment.objects.filter(
        pk=deployment.pk, lead_seconds=deployment.lead_seconds
    )
    return unchanged.update(lead_seconds=lead)
