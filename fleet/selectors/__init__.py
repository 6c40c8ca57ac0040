"""Questions that pages and services ask of the fleet; nothing here changes a row."""

from fleet.selectors.account import Account, account
from fleet.selectors.frame import Frame, frame, heartbeats
from fleet.selectors.health import shown_health
from fleet.selectors.jobs import Heartbeat, JobOverview, jobs_overview
from fleet.selectors.orphans import orphans

__all__ = [
    "Account",
    "Frame",
    "Heartbeat",
    "JobOverview",
    "account",
    "frame",
    "heartbeats",
    "jobs_overview",
    "orphans",
    "shown_health",
]
