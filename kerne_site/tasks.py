"""The site's own task: a clock, one call, one job row."""

from __future__ import annotations

from celery import shared_task

from fleet.tasks import recorded
from kerne_site import tidying


@shared_task
def tidy_logins() -> None:
    """Beat: sessions, counts of wrong tries and links that are over go."""
    recorded("tidy_logins", lambda now: tidying.tidy_logins(now=now))
