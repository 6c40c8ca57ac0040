"""Questions that pages ask of the fleet; nothing here changes a row."""

from fleet.selectors.account import Account, account
from fleet.selectors.health import HealthSpan, health_spans, shown_health
from fleet.selectors.jobs import Heartbeat, JobOverview, heartbeats, jobs_overview
from fleet.selectors.live import DeploymentView, FleetView, PodView, live_fleet, orphans
from fleet.selectors.pod_detail import Event, PodDetail, Stage, pod_detail

__all__ = [
    "Account",
    "DeploymentView",
    "Event",
    "FleetView",
    "HealthSpan",
    "Heartbeat",
    "JobOverview",
    "PodDetail",
    "PodView",
    "Stage",
    "account",
    "health_spans",
    "heartbeats",
    "jobs_overview",
    "live_fleet",
    "orphans",
    "pod_detail",
    "shown_health",
]
