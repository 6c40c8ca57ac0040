"""The rules: as they are shipped, and as an admin changed them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.module_loading import import_string

from fleet.models import AlertChannel, AlertRule, Severity
from fleet.services import audit
from fleet.services.alerts import account_checks, pod_checks
from fleet.services.alerts.definitions import RuleDefinition

CRITICAL, WARNING = Severity.CRITICAL, Severity.WARNING
SHIPPED = (
    RuleDefinition(
        "pod-unwell",
        "Pod hung or dead",
        "A pod that was ready whose engine makes no progress or whose server is gone.",
        CRITICAL,
        pod_checks.unwell,
        minutes=2,
    ),
    RuleDefinition(
        "pod-stuck",
        "Pod stuck while it loads",
        "A rented pod that is not ready by its deadline.",
        WARNING,
        pod_checks.stuck_loading,
    ),
    RuleDefinition(
        "end-unconfirmed",
        "Termination not confirmed",
        "A pod that was told to stop five minutes ago and is still billed.",
        CRITICAL,
        pod_checks.end_unconfirmed,
    ),
    RuleDefinition(
        "orphan",
        "Orphan",
        "A pod that the provider bills and that no row of ours wants.",
        CRITICAL,
        pod_checks.orphaned,
        minutes=1,
    ),
    RuleDefinition(
        "ghost",
        "Ghost",
        "A pod that is gone at the provider although nobody told it to stop.",
        WARNING,
        pod_checks.ghosts,
    ),
    RuleDefinition(
        "given-up",
        "Replica given up",
        "A deployment whose replicas were never ready three times in a row.",
        WARNING,
        pod_checks.given_up,
    ),
    RuleDefinition(
        "launches-stopped",
        "Launching stopped",
        "A deployment whose replicas became ready and died again and again.",
        CRITICAL,
        pod_checks.launches_stopped,
    ),
    RuleDefinition(
        "disconnected",
        "Billed at a provider that is not connected",
        "Pods that may be billed where nothing here can list or end them.",
        CRITICAL,
        pod_checks.disconnected,
    ),
    RuleDefinition(
        "balance-unknown",
        "Balance unknown",
        "No fresh balance from the provider while something is billed.",
        WARNING,
        account_checks.balance_unknown,
        minutes=15,
    ),
    RuleDefinition(
        "job-silent",
        "Worker or beat silent",
        "A job that should have run by now. When all are silent nobody is left to look: "
        "that is what the dead-man ping is for.",
        CRITICAL,
        account_checks.silent_jobs,
        minutes=2,
    ),
    RuleDefinition(
        "job-failing",
        "Job failed in a row",
        "The last runs of a job, all failed.",
        WARNING,
        account_checks.failing_jobs,
        limit=Decimal(5),
        unit="runs",
    ),
    RuleDefinition(
        "channel-failing",
        "Alert channel does not deliver",
        "A channel that refused three messages in a row; the others are told.",
        WARNING,
        account_checks.channels_failing,
    ),
)
MOST_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is now. `channels` is None for all of them, of today and later."""

    definition: RuleDefinition
    enabled: bool
    severity: Severity
    minutes: int
    calm_minutes: int
    limit: Decimal | None
    channels: tuple[AlertChannel, ...] | None
    changed_by: str = ""
    changed_at: datetime | None = None

    @property
    def slug(self) -> str:
        return self.definition.slug

    @property
    def is_watched(self) -> bool:
        """Whether we look ourselves; else its incidents are opened elsewhere, and only
        their channels are ours to say."""
        return self.definition.check is not None

    @property
    def limit_words(self) -> str:
        """The limit without needless zeros; "" where there is none."""
        return "" if self.limit is None else f"{self.limit.normalize():f}"


def definitions() -> tuple[RuleDefinition, ...]:
    """Every rule, those that other apps registered included. Raises ImportError."""
    added: list[RuleDefinition] = []
    for path in settings.ALERT_RULES:
        added += import_string(path)
    return SHIPPED + tuple(added)


def rules() -> list[Rule]:
    """Every rule as it is now, in the shipped order. Two queries."""
    rows = {row.slug: row for row in AlertRule.objects.prefetch_related("channels")}
    return [as_now(each, rows.get(each.slug)) for each in definitions()]


def as_now(definition: RuleDefinition, row: AlertRule | None) -> Rule:
    """A shipped rule under what an admin changed of it."""
    if row is None:
        return Rule(
            definition,
            enabled=True,
            severity=definition.severity,
            minutes=definition.minutes,
            calm_minutes=definition.calm_minutes,
            limit=definition.limit,
            channels=None,
        )
    return Rule(
        definition,
        enabled=row.enabled,
        severity=Severity(row.severity),
        minutes=row.minutes,
        calm_minutes=row.calm_minutes,
        limit=definition.limit if row.limit is None else row.limit,
        channels=None if row.all_channels else tuple(row.channels.all()),
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )


def channels_of(slug: str) -> QuerySet[AlertChannel]:
    """The channels that hear of a rule's incidents; by default every one."""
    enabled = AlertChannel.objects.filter(enabled=True)
    row = AlertRule.objects.filter(slug=slug).first()
    if row is None or (row.enabled and row.all_channels):
        return enabled
    if not row.enabled:
        return enabled.none()
    return enabled.filter(alertrule=row)


def change_rule(
    definition: RuleDefinition,
    *,
    enabled: bool,
    severity: Severity,
    minutes: int,
    calm_minutes: int,
    limit: Decimal | None,
    channels: Sequence[AlertChannel] | None,
    acting_user: str,
    now: datetime,
) -> AlertRule:
    """Keep an admin's values of a rule. channels is None for all of them."""
    with transaction.atomic():
        row, _ = AlertRule.objects.update_or_create(
            slug=definition.slug,
            defaults={
                "enabled": enabled,
                "severity": severity,
                "minutes": minutes,
                "calm_minutes": calm_minutes,
                "limit": limit,
                "all_channels": channels is None,
                "changed_by": acting_user,
                "changed_at": now,
            },
        )
        row.channels.set(channels or [])
        audit.record(
            "change alert rule",
            definition.slug,
            acting_user=acting_user,
            now=now,
            enabled=enabled,
            severity=severity.label,
            minutes=minutes,
            calm_minutes=calm_minutes,
            limit=limit,
            channels="all" if channels is None else [each.name for each in channels],
        )
    return row


def reset_rule(definition: RuleDefinition, *, acting_user: str, now: datetime) -> bool:
    """Give a rule its shipped values back; True if it had others."""
    with transaction.atomic():
        if not AlertRule.objects.filter(slug=definition.slug).delete()[0]:
            return False
        audit.record("reset alert rule", definition.slug, acting_user=acting_user, now=now)
    return True
