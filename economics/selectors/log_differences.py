"""Request logs beside the counters: per model and UTC day, over the log's hours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum

from economics.calc.hours import HOUR, day_bounds, day_of
from economics.calc.log_difference import difference_share, is_apart
from economics.calc.unknown import Unknown
from economics.models import LogHour, UsageEstimate, UsageHour
from fleet.models import ServedModel

SUMS = ("uncached_prompt_tokens", "cached_prompt_tokens", "completion_tokens")
FREE = ("free_prompt_tokens", "free_completion_tokens")
REASONS = ("stop", "length", "aborted", "failed", "other", "unknown")


@dataclass
class Side:
    """What one source tells of some hours [tokens], and finished requests."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    requests: int = 0

    @property
    def tokens(self) -> int:
        return self.prompt + self.completion


@dataclass(frozen=True)
class LogDay:
    """A model's UTC day by both sources, over [first_hour, end) of it.

    unmetered  [tokens] that are estimated beside the counters
    """

    day: date
    model: ServedModel
    first_hour: datetime
    end: datetime
    logged: Side
    counted: Side
    reasoning: int | None
    unmetered: int

    @property
    def share(self) -> Decimal | Unknown:
        return difference_share(logged=self.logged.tokens, counted=self.counted.tokens)

    @property
    def is_apart(self) -> bool:
        return is_apart(self.share, limit=settings.LOG_DIFFERENCE_SHARE)

    @property
    def words(self) -> str:
        """What the difference may come from."""
        if not self.is_apart:
            return "agree within the limit"
        if isinstance(self.share, Unknown):
            return "logged, and no counter tells of it: were its pods read?"
        if self.share < 0:
            return (
                "the log has less: requests came by another door, such as benchmarks and "
                "health checks, or a part of the log is missing"
            )
        if self.logged.tokens - self.counted.tokens <= self.unmetered:
            return "the log has more, and what was not metered explains it"
        return (
            "the log has more: readings are missing, requests were retried, or another "
            "server answered some"
        )


@dataclass
class Found:
    """What is collected of a model's day."""

    first: datetime
    last: datetime
    logged: Side
    reasoning: int | None = None


def log_days(first: date, last: date) -> list[LogDay]:
    """Each model and day with logged requests of served pods, newest first. Four queries.

    Deployments without counters are left out: there is nothing to compare them with.
    """
    found = logged_by_day(first, last)
    models = ServedModel.objects.in_bulk({model for model, _ in found})
    counted = hours_of(found, first, last)
    unmetered = estimates_of(first, last)
    days = [
        LogDay(
            day=day,
            model=models[model],
            first_hour=each.first,
            end=each.last + HOUR,
            logged=each.logged,
            counted=counted[model, day],
            reasoning=each.reasoning,
            unmetered=unmetered.get((model, day), 0),
        )
        for (model, day), each in found.items()
    ]
    return sorted(days, key=lambda row: (row.day, row.model.name), reverse=True)


Key = tuple[int, date]


def logged_by_day(first: date, last: date) -> dict[Key, Found]:
    """Sums of the log, and from which hour to which it tells."""
    rows = (
        LogHour.objects.filter(
            earns=False,
            hour_start__gte=day_bounds(first).start,
            hour_start__lt=day_bounds(last).end,
        )
        .order_by("hour_start")
        .values_list("served_model", "hour_start")
        .annotate(
            *map(Sum, (*SUMS, *FREE, "reasoning_tokens")),
            *(Sum(f"requests_{reason}") for reason in REASONS),
        )
    )
    found: dict[Key, Found] = {}
    for model, hour, uncached, cached, completion, *others in rows:
        free_prompt, free_completion, reasoning, *requests = others
        each = found.setdefault((model, day_of(hour)), Found(hour, hour, Side()))
        each.last = max(each.last, hour)
        each.first = min(each.first, hour)
        add(
            each.logged,
            uncached + cached + free_prompt,
            cached,
            completion + free_completion,
            sum(requests),
        )
        if reasoning is not None:
            each.reasoning = (each.reasoning or 0) + reasoning
    return found


def hours_of(found: dict[Key, Found], first: date, last: date) -> defaultdict[Key, Side]:
    """What the counters tell of the same hours."""
    rows = (
        UsageHour.objects.filter(
            hour_start__gte=day_bounds(first).start,
            hour_start__lt=day_bounds(last).end,
            pod__deployment__variant__served_model__in={model for model, _ in found},
        )
        .order_by()
        .values_list("pod__deployment__variant__served_model", "hour_start")
        .annotate(*map(Sum, (*SUMS, "requests")))
    )
    sides: defaultdict[Key, Side] = defaultdict(Side)
    for model, hour, uncached, cached, completion, requests in rows:
        key = (model, day_of(hour))
        each = found.get(key)
        if each is not None and each.first <= hour <= each.last:
            add(sides[key], uncached + cached, cached, completion, requests)
    return sides


def estimates_of(first: date, last: date) -> dict[Key, int]:
    """Tokens that are estimated, by model and day."""
    rows: Iterable[UsageEstimate] = UsageEstimate.objects.filter(
        superseded_at__isnull=True,
        hour_start__gte=day_bounds(first).start,
        hour_start__lt=day_bounds(last).end,
    ).select_related("pod__deployment__variant")
    sums: defaultdict[Key, int] = defaultdict(int)
    for row in rows:
        key = (row.pod.deployment.variant.served_model_id, day_of(row.hour_start))
        sums[key] += row.tokens
    return dict(sums)


def add(side: Side, prompt: int, cached: int, completion: int, requests: int) -> None:
    side.prompt += prompt
    side.cached += cached
    side.completion += completion
    side.requests += requests
