"""What pages of the fleet show of the books. The fleet's code does not know the money,
so its templates ask for it here."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django import template

from economics.calc.break_even import BreakEvenVerdict
from economics.calc.hours import day_of
from economics.calc.profit import weakest
from economics.calc.unknown import Unknown
from economics.models import UsageEstimate
from economics.selectors import (
    DeploymentBreakEven,
    deployment_break_even,
    unattributed_resources,
)
from economics.selectors.day_rows import DayRow, closed_sum
from economics.selectors.order_money import OrderMoney
from economics.selectors.resource_cost import EndpointToday, cost_to_date, endpoint_today
from economics.selectors.usage_hours import ServedHours, deployment_hours, estimates_of
from economics.views.order_money import pays_of
from economics.views.pod_books import PodBooks, pod_books
from economics.views.pod_today import PodToday, pods_today
from fleet.models import Deployment, NetworkVolume, Pod, ServerlessEndpoint
from fleet.services.ordering import OrderPlan

register = template.Library()


@register.simple_tag
def money_today(pod_ids: Iterable[int], now: datetime) -> dict[int, PodToday]:
    """Today's money by pod id."""
    return pods_today(pod_ids, now)


@register.filter
def known_as(money: dict[int, PodToday], pod_ids: Iterable[int]) -> str:
    """How today's money of some pods is known: the tag of the weakest."""
    tags = [money[pk].provenance for pk in pod_ids if pk in money]
    return weakest(tags).value


@register.simple_tag
def books_of(pod: Pod, now: datetime) -> PodBooks:
    """The money so far of a pod, and its hours."""
    return pod_books(pod, now)


@register.simple_tag
def served_by(deployment: Deployment) -> ServedHours:
    """The newest hours of a deployment."""
    return deployment_hours(deployment)


@register.simple_tag
def unmetered(owner: Pod | Deployment) -> list[UsageEstimate]:
    """What a pod or deployment probably served that no counter tells."""
    return estimates_of(owner)


@register.simple_tag
def break_even_of(deployment: Deployment, now: datetime) -> DeploymentBreakEven:
    """What one replica must sell to pay for itself."""
    return deployment_break_even(deployment, now)


@register.simple_tag
def pays(order: OrderPlan, now: datetime) -> OrderMoney | Unknown:
    """What one replica of a planned order must sell."""
    return pays_of(order, now)


@register.simple_tag
def closed_week(deployment: Deployment, now: datetime) -> DayRow | None:
    """The newest seven closed days of a deployment as one row; None without any."""
    return closed_sum(deployment, last=day_of(now), most_days=7)


@register.simple_tag
def resource_costs(
    rows: Iterable[NetworkVolume | ServerlessEndpoint], now: datetime
) -> dict[str, Decimal]:
    """What each volume or endpoint has cost so far [USD], by its name."""
    return cost_to_date(rows, now=now)


@register.simple_tag
def endpoint_money(endpoint: ServerlessEndpoint, now: datetime) -> EndpointToday:
    """What the bill says of an endpoint for today."""
    return endpoint_today(endpoint, now=now)


@register.simple_tag
def billed_strays(kind: str) -> dict[str, Decimal]:
    """What strays of a kind have been billed so far [USD], by the provider's id."""
    rows = unattributed_resources()
    return {each.provider_id: each.usd for each in rows if each.kind == kind}


@register.filter
def bill_of(bills: dict[str, Decimal], provider_id: str) -> Decimal | None:
    return bills.get(provider_id)


@register.filter
def cost_of(costs: dict[str, Decimal], name: str) -> Decimal:
    return costs[name]


@register.filter
def can_break_even(verdict: BreakEvenVerdict) -> bool:
    return verdict == BreakEvenVerdict.CAN
