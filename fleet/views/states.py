"""What a page calls the state of a pod, a deployment, a fleet: one of six kinds, a word.

The kinds are the console's whole vocabulary of state: healthy, degraded, down,
starting, stopped, unknown. In a roll-up the worst one wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from fleet.models import (
    MAX_NEVER_READY,
    Deployment,
    Health,
    Pod,
    PodStatus,
    ServerlessEndpoint,
)
from fleet.schedule.words import what_comes
from fleet.selectors import shown_health
from fleet.shown_zone import shown_time
from fleet.views.serverless_state import serverless_state
from fleet.views.state_words import State

WORST_FIRST = ("down", "degraded", "unknown", "starting", "healthy", "stopped")


ANSWER_WITHIN = timedelta(seconds=45)
NOT_ANSWERED = (
    "the provider did not answer; the pod may exist and be billed, its list will tell"
)
KIND_OF_HEALTH = {
    Health.READY: "healthy",
    Health.BUSY: "healthy",
    Health.LOADING: "starting",
    Health.HUNG: "down",
    Health.DEAD: "down",
    Health.UNKNOWN: "unknown",
}
KIND_OF_STATUS = {
    PodStatus.REQUESTED: "starting",
    PodStatus.CREATING: "starting",
    PodStatus.PROVISIONING: "starting",
    PodStatus.SERVING: "healthy",
    PodStatus.TERMINATING: "stopped",
    PodStatus.TERMINATED: "stopped",
    PodStatus.FAILED: "down",
}


def pod_state(pod: Pod, *, now: datetime) -> State:
    """The state of a pod at `now`; unknown, not down, when nobody looked lately."""
    kind = KIND_OF_STATUS[PodStatus(pod.status)]
    if pod.status == PodStatus.SERVING:
        return _serving_state(pod, now=now)
    if pod.status == PodStatus.CREATING and _is_unanswered(pod, now=now):
        return State("unknown", "not answered", NOT_ANSWERED)
    if pod.status == PodStatus.PROVISIONING:
        if now > pod.ready_by:
            return State("degraded", "late", "not ready by its deadline")
        if pod.health == Health.LOADING:
            return State(kind, "loading", pod.health_reason or "vLLM loads the weights")
    if pod.status == PodStatus.TERMINATING:
        return State(
            kind, "terminating", "told to stop; billed until the provider confirms"
        )
    return State(kind, pod.get_status_display(), pod.status_reason)


def _is_unanswered(pod: Pod, *, now: datetime) -> bool:
    """Whether a create was sent and no answer came in the time that one takes."""
    return pod.sent_at is not None and now - pod.sent_at > ANSWER_WITHIN


def _serving_state(pod: Pod, *, now: datetime) -> State:
    health, why = shown_health(pod, now=now)
    if health == Health.LOADING and pod.restarts:
        return State("starting", "restarting", why)
    return State(KIND_OF_HEALTH[health], health.label, why)


def deployment_state(
    deployment: Deployment,
    pods: Sequence[Pod],
    *,
    endpoint: ServerlessEndpoint | None,
    now: datetime,
) -> State:
    """The state of a deployment from its pods that have not ended.

    endpoint  that of its rental, where it is serverless
    """
    if deployment.is_serverless:
        return serverless_state(deployment, endpoint, now=now)
    wanted = deployment.replicas_wanted(now=now)
    live = [pod for pod in pods if not pod.is_ended]
    if not live:
        return _state_without_pods(deployment, wanted, now=now)
    states = [pod_state(pod, now=now) for pod in live]
    good = sum(state.kind == "healthy" for state in states)
    if good >= max(wanted, 1):
        return State("healthy", f"{good} of {wanted or good} ready")
    if good:
        return State("degraded", f"{good} of {wanted} ready")
    return worst(states)


def _state_without_pods(deployment: Deployment, wanted: int, *, now: datetime) -> State:
    if wanted:
        if deployment.launches_stopped_at is not None:
            return State("down", "crash loop", deployment.launches_stopped_reason)
        if deployment.launch_failures >= MAX_NEVER_READY:
            return State(
                "down",
                "gave up",
                "no replica became ready; see its last pod, then start it",
            )
        if deployment.not_before is not None and deployment.not_before > now:
            return State(
                "degraded",
                "waiting",
                f"next attempt at {shown_time(deployment.not_before, '%H:%M:%S')}",
            )
        return State("starting", "waiting for a pod")
    schedule = deployment.schedule
    if schedule is not None and deployment.replicas:
        return State("stopped", "outside its hours", what_comes(schedule, now=now))
    return State("stopped", "stopped", "no replica is wanted")


def worst(states: Iterable[State]) -> State:
    """The state that a group shows; of nothing: stopped."""
    return min(
        states,
        key=lambda state: WORST_FIRST.index(state.kind),
        default=State("stopped", "no pods"),
    )
