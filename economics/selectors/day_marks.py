"""What happened in the days of a profit chart: prices, orders and stops, restarts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Concat

from economics.calc.hours import DAY
from economics.models import TokenPrice
from fleet.charts.marks import Mark, newest
from fleet.models import Action, ActionKind, AuditEntry, Deployment, Pod, ServedModel

Members = Collection[int] | QuerySet[Deployment]
MOST_WORDS = 4  # of a day and kind; the rest are counted
DOES = dict(ActionKind.choices)


def day_marks(first: date, last: date, *, deployments: Members) -> list[Mark]:
    """Marks of the UTC days [first, last], one for each day and kind, oldest first.

    deployments  those whose prices, actions and restarts count

    One query.
    """
    begin = datetime.combine(first, time(), UTC)
    end = datetime.combine(last, time(), UTC) + DAY
    prices = TokenPrice.objects.filter(
        served_model__in=ServedModel.objects.filter(variants__deployment__in=deployments),
        valid_from__gte=begin,
        valid_from__lt=end,
    )
    actions = Action.objects.filter(
        deployment__in=deployments, confirmed_at__gte=begin, confirmed_at__lt=end
    )
    pods = Pod.objects.filter(deployment__in=deployments)
    restarts = AuditEntry.objects.filter(
        verb="restart", target__in=pods.values("name"), at__gte=begin, at__lt=end
    )
    found = (
        prices.order_by()
        .values_list(
            "valid_from", Value("price"), Value(""), Concat("served_model__name", Value(""))
        )
        .union(
            actions.order_by().values_list(
                "confirmed_at", Value("order"), F("kind"), Concat("target", Value(""))
            ),
            restarts.order_by().values_list(
                "at", Value("restart"), Value(""), Concat("target", Value(""))
            ),
            all=True,
        )
    )
    by_day: dict[tuple[date, str], list[str]] = defaultdict(list)
    for at, kind, deed, target in sorted(found):
        by_day[at.astimezone(UTC).date(), kind].append(words(kind, deed, target))
    return newest(Mark(day, kind, shortened(said)) for (day, kind), said in by_day.items())


def words(kind: str, deed: str, target: str) -> str:
    """One event: "stop demo-glm-5", "GLM-5: price changed", "pod-3 restarted"."""
    if kind == "price":
        return f"{target}: price changed"
    return f"{DOES[deed]} {target}" if kind == "order" else f"{target} restarted"


def shortened(said: list[str]) -> str:
    """The first MOST_WORDS of them, each once, and how many more there are."""
    each = list(dict.fromkeys(said))
    more = len(each) - MOST_WORDS
    return ", ".join(each[:MOST_WORDS]) + (f" and {more} more" if more > 0 else "")
