"""The state of a serverless deployment: that of its endpoint."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from fleet.models import Deployment, ResourceStatus, ServerlessEndpoint
from fleet.selectors.serverless import is_seen, obstacle
from fleet.views.state_words import State


def serverless_state(
    deployment: Deployment, endpoint: ServerlessEndpoint | None, *, now: datetime
) -> State:
    """What the pages call it; unknown, not down, when nobody looked lately."""
    if not deployment.replicas:
        return State("stopped", "stopped", "no endpoint is wanted")
    if endpoint is None:
        why = obstacle(deployment, provider=settings.PROVIDER_NAME, now=now)
        if deployment.is_given_up:
            return State("down", "gave up", why)
        if why:
            return State("degraded", "waiting", why)
        return State("starting", "waiting for its endpoint")
    if endpoint.status != ResourceStatus.LIVE:
        return State("starting", "setting up", endpoint.status_reason)
    if not is_seen(endpoint, now=now):
        return State("unknown", "not seen", "the provider has not told its state lately")
    if not endpoint.workers_max:
        return State(
            "down", "no workers", "the provider lets it have none; scale it to change that"
        )
    running = endpoint.workers_seen or 0
    return State("healthy", "live", f"{running} worker{'' if running == 1 else 's'} now")
