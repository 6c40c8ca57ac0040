"""When no rule may act on health: many fell at once and we may be blind, or enough were
ended for now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from fleet.models import AuditEntry, Health, HealthChange, Pod, PodStatus
from fleet.selectors.holds import FLIP_WINDOW, HOLD_TARGET, HOLD_VERB, current_hold
from fleet.services import audit

FELL = (Health.HUNG, Health.DEAD)
MOST_FLIPS = 3  # more than these at once are suspicious in a fleet of any size,
MOST_FLIPS_PERCENT = 45  # and so is more than this share
ENDING_WINDOW = timedelta(minutes=10)
ENDED_AT_LEAST = 2
ENDED_PERCENT = 10
HEALTH_RULES = ("rule:hung", "rule:dead", "rule:crash_loop")

Canary = Callable[[], str]  # "" when the world outside answers, else why it does not


def hold(provider: str, *, canary: Canary, now: datetime) -> str:
    """Why no pod may be restarted or ended by rule now; "" when it may.

    Pods that fall together while the canary outside is silent too are more likely our
    own blindness than theirs: then nothing is ended, and an audit row says so.
    """
    serving = Pod.objects.filter(provider=provider, status=PodStatus.SERVING)
    count = serving.count()
    fell = (
        HealthChange.objects.filter(
            pod__in=serving, health__in=FELL, at__gt=now - FLIP_WINDOW
        )
        .values("pod")
        .distinct()
        .count()
    )
    if fell <= MOST_FLIPS and fell * 100 <= count * MOST_FLIPS_PERCENT:
        return ""
    silent = canary()
    if not silent:
        return ""
    reason = (
        f"{fell} of {count} pods fell within 5 minutes and the canary outside fails too "
        f"({silent}): our own eyes may be shut, so no pod is restarted or ended"
    )
    note_hold(reason, fell=fell, count=count, now=now)
    return reason


def note_hold(reason: str, *, fell: int, count: int, now: datetime) -> None:
    """Write the hold once per window; it is shown while it is that young."""
    if current_hold(now=now) is None:
        audit.record(
            HOLD_VERB,
            HOLD_TARGET,
            acting_user="rule:mass_flip",
            now=now,
            reason=reason,
            fell=fell,
            pods=count,
        )


def room(verb: str, *, provider: str, now: datetime) -> int:
    """How many pods the health rules may still `verb` (restart, terminate) now.

    Two within ten minutes, or a tenth of those that serve, without a person.
    Guardrails, deadlines and what the provider itself calls ended do not count.
    """
    serving = Pod.objects.filter(provider=provider, status=PodStatus.SERVING).count()
    done = AuditEntry.objects.filter(
        at__gt=now - ENDING_WINDOW, verb=verb, acting_user__in=HEALTH_RULES
    ).count()
    return max(max(ENDED_AT_LEAST, serving * ENDED_PERCENT // 100) - done, 0)
