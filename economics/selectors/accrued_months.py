"""What the closed days of a month accrued, by model and deployment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Sum
from django.db.models.functions import TruncMonth

from economics.calc.months import next_month
from economics.calc.variance import Earned
from economics.models import DailyProfit, Scope


@dataclass(frozen=True)
class Accrued:
    """One deployment in one month [USD]; tokens of prompt (cached included), completion."""

    deployment_id: int
    served_model_id: int
    prompt_tokens: int
    completion_tokens: int
    unpriced_tokens: int
    gross_usd: Decimal
    net_usd: Decimal


def accrued_in(month: date, *, simulated: bool) -> list[Accrued]:
    """The deployments with a closed day in a month. One query.

    Net is what each day was closed with: its profit and its cost again.
    """
    rows = (
        DailyProfit.objects.filter(
            day__gte=month,
            day__lt=next_month(month),
            scope=Scope.DEPLOYMENT,
            simulated=simulated,
        )
        .order_by()
        .values_list("deployment", "deployment__variant__served_model")
        .annotate(
            prompt=Sum(F("uncached_prompt_tokens") + F("cached_prompt_tokens")),
            completion=Sum("completion_tokens"),
            unpriced=Sum("unpriced_tokens"),
            gross=Sum("revenue_usd"),
            net=Sum(F("profit_usd") + F("cost_usd")),
        )
    )
    return sorted(
        (Accrued(*row) for row in rows), key=lambda accrued: accrued.deployment_id
    )


def earned_by_model(accrued: Sequence[Accrued]) -> dict[int, Earned]:
    """Our side of the comparison, by served model."""
    by_model: defaultdict[int, list[Accrued]] = defaultdict(list)
    for each in accrued:
        by_model[each.served_model_id].append(each)
    return {
        model: Earned(
            tokens=sum(each.prompt_tokens + each.completion_tokens for each in members),
            gross_usd=sum((each.gross_usd for each in members), Decimal(0)),
            net_usd=sum((each.net_usd for each in members), Decimal(0)),
        )
        for model, members in by_model.items()
    }


def accrued_by_month(
    *, simulated: bool, since: date
) -> dict[date, tuple[Decimal, Decimal]]:
    """(gross, net) [USD] of the closed days by month from `since` on. One query."""
    rows = (
        DailyProfit.objects.filter(scope=Scope.ALL, simulated=simulated, day__gte=since)
        .annotate(month=TruncMonth("day"))
        .order_by()
        .values_list("month")
        .annotate(gross=Sum("revenue_usd"), net=Sum(F("profit_usd") + F("cost_usd")))
    )
    return {month: (gross, net) for month, gross, net in rows}
