"""What happened in the days of a profit chart: prices, actions, restarts and notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime, time

from django.db.models import DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from economics.calc.hours import DAY
from economics.models import TokenPrice
from fleet.charts.marks import Mark, newest
from fleet.models import (
    Action,
    ActionKind,
    AuditEntry,
    Deployment,
    OperatorNote,
    Pod,
    ServedModel,
)

Members = Collection[int] | QuerySet[Deployment]
MOST_WORDS = 4  # of a day and kind; the rest are counted
DOES = dict(ActionKind.choices)


def day_marks(first: date, last: date, *, deployments: Members) -> list[Mark]:
    """Marks of the UTC days [first, last], one for each day and kind, oldest first.

    deployments  those whose prices, actions, restarts and notes count; notes about
                 everything count as well

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
    of_them = Q(deployment__in=deployments) | Q(deployment__isnull=True)
    notes = OperatorNote.objects.kept().filter(of_them, day__gte=first, day__lte=last)
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
            notes.order_by().values_list(
                Cast("day", DateTimeField()),
                Value("note"),
                Value(""),
                Concat("text", Value("")),
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
    if kind == "note":
        return target
    if kind == "price":
        return f"{target}: price changed"
    return f"{DOES[deed]} {target}" if kind == "order" else f"{target} restarted"


def shortened(said: list[str]) -> str:
    """The first MOST_WORDS of them, each once, and how many more there are."""
    each = list(dict.fromkeys(said))
    more = len(each) - MOST_WORDS
    return ", ".join(each[:MOST_WORDS]) + (f" and {more} more" if more > 0 else "")
