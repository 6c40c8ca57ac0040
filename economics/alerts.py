"""Rules about money for the fleet's watch, which knows none; named in `ALERT_RULES`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from economics.calc.guardrails import RULES as GUARDRAILS
from economics.calc.hours import DAY, day_of
from economics.gate_alerts import RULES as GATES
from economics.models import DailyProfit, Scope
from economics.selectors import (
    UnattributedPod,
    UnattributedResource,
    unattributed_pods,
    unattributed_resources,
)
from economics.selectors.reconciliation import Asked, Compared, compared_pods
from fleet.models import Pod, Severity
from fleet.services.alerts.definitions import Finding, RuleDefinition

SHOWN_DAYS = 1
STRAY_BILL_DAYS = 3  # since the newest bucket
LEAST_DRIFT_USD = Decimal("0.01")  # a rounding is no drift, however small the bill


def lost_day(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Yesterday, closed with a loss above the limit [USD]; per kind of money."""
    days = DailyProfit.objects.filter(
        scope=Scope.ALL,
        day__gte=(now - timedelta(days=SHOWN_DAYS)).date(),
        profit_usd__lt=-limit,
    )
    return [
        Finding(
            f"{day.day:%Y-%m-%d}{'-simulated' if day.simulated else ''}",
            f"{day.day:%Y-%m-%d} closed with a loss of {-day.profit_usd:.2f} USD"
            + (" (play money)" if day.simulated else ""),
            f"Revenue {day.revenue_usd:.2f} USD, cost {day.cost_usd:.2f} USD, "
            f"{day.provenance}; closed {day.closed_at:%Y-%m-%d %H:%M} UTC.",
            since=day.closed_at,
        )
        for day in days
    ]


def drifted_bills(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Pods whose closed buckets differ from our lines by more than `limit` [%], since
    yesterday's midnight UTC, and by a cent at least."""
    asked = Asked(day_of(now) - DAY, day_of(now), simulated=None)
    drifted = [
        row
        for row in compared_pods(asked, now=now)
        if row.pod_id is not None
        and abs(row.difference_usd or Decimal(0)) >= LEAST_DRIFT_USD
        and drift(row) > limit
    ]
    pods = Pod.objects.in_bulk([row.pod_id for row in drifted])
    return [
        Finding(
            row.pod_name,
            f"The bill of {row.pod_name} differs from ours by {drift(row):.1f} %",
            f"Billed {row.settled_usd + (row.difference_usd or 0):.6f} USD against "
            f"{row.settled_usd:.6f} USD of ours in hours whose bucket is closed; corrected "
            f"by {row.corrections_usd:.6f} USD. The page Bill shows the hours.",
            pod=pods.get(row.pod_id or 0),
        )
        for row in drifted
    ]


def drift(row: Compared) -> Decimal:
    """How far bill and ours lie apart, in per cent of the larger."""
    difference = row.difference_usd or Decimal(0)
    larger = max(row.settled_usd, row.settled_usd + difference)
    return 100 * abs(difference) / larger if larger > 0 else Decimal(0)


def drifted_prices(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Pods that the provider lists at another price than the agreed one, by more than
    `limit` [%]: seen within a minute, before any bill."""
    found = []
    pods = Pod.objects.maybe_billed().without_past().select_related("deployment")
    for pod in pods.filter(listed_usd_per_pod_hour__isnull=False):
        listed = pod.listed_usd_per_pod_hour or Decimal(0)
        if pod.price <= 0 or 100 * abs(listed - pod.price) / pod.price <= limit:
            continue
        prices = f"{plain(listed)} USD/h", f"{plain(pod.price)} USD/h"
        found.append(
            Finding(
                pod.name,
                f"{pod.name} is listed at {prices[0]}, agreed were {prices[1]}",
                f"The provider's cost is {prices[0]}; our lines count {prices[1]} until "
                "its bill says otherwise.",
                pod=pod,
                deployment=pod.deployment,
            )
        )
    return found


def plain(amount: Decimal) -> str:
    """Digits without an exponent and without zeros at the end."""
    return f"{amount.normalize():f}"


def stray_bills(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """What is billed for pods, volumes and endpoints that no row of ours explains, above
    `limit` [USD]."""
    found: list[tuple[str, str, UnattributedPod | UnattributedResource]] = [
        *(("", each.provider_pod_id, each) for each in unattributed_pods()),
        *((f"{each.what} ", each.provider_id, each) for each in unattributed_resources()),
    ]
    return [
        Finding(
            f"{what.replace(' ', '-')}{provider_id}",
            f"{stray.usd:.2f} USD billed for {what}{provider_id}, which is not ours",
            f"{stray.buckets} buckets from {stray.first_at:%Y-%m-%d %H:%M} to "
            f"{stray.last_at:%Y-%m-%d %H:%M} UTC at {stray.provider}; in no cost figure.",
            since=stray.first_at,
        )
        for what, provider_id, stray in found
        if stray.usd > limit and stray.last_at > now - STRAY_BILL_DAYS * DAY
    ]


RULES = (
    RuleDefinition(
        "bill-drift",
        "Bill differs from ours",
        "Closed billing buckets of a pod against our cost lines, yesterday and today.",
        Severity.WARNING,
        drifted_bills,
        limit=Decimal(1),
        unit="% of the larger",
    ),
    RuleDefinition(
        "price-drift",
        "Listed price differs from the agreed one",
        "The provider's price of a running pod in its newest list.",
        Severity.WARNING,
        drifted_prices,
        limit=Decimal(1),
        unit="% of the agreed price",
    ),
    RuleDefinition(
        "stray-bill",
        "Billed and not ours",
        "Billing buckets of the last three days whose pod, volume or endpoint no row of "
        "ours explains.",
        Severity.WARNING,
        stray_bills,
        limit=Decimal("0.01"),
        unit="USD",
    ),
    RuleDefinition(
        "loss-day",
        "Day closed with a loss",
        "The profit of the last closed UTC day, all fleets together.",
        Severity.WARNING,
        lost_day,
        limit=Decimal(0),
        unit="USD of loss",
    ),
    *GATES,
    # Opened by the guardrails themselves; here they get their channels.
    *(
        RuleDefinition(
            f"guardrail-{rule.value.replace('_', '-')}",
            f"Guardrail: {facts.name}",
            f"{facts.what} Its limits are the guardrails' own.",
            Severity.WARNING,
            check=None,
        )
        for rule, facts in GUARDRAILS.items()
    ),
)
