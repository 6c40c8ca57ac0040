"""What the tokens of a usage hour earn, booked or not."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import TypeVar

from django.db.models import Q, QuerySet

from economics.calc.money import round_stored, token_revenue
from economics.calc.price_rule import Charged, taken_off
from economics.calc.token_mix import TokenCounts, TokenRates
from economics.models import (
    LogHour,
    Provenance,
    TokenClass,
    TokenPrice,
    UsageEstimate,
    UsageHour,
)
from fleet.models import Deployment, Pod

TOKEN_FIELDS = {
    TokenClass.UNCACHED_PROMPT: "uncached_prompt_tokens",
    TokenClass.CACHED_PROMPT: "cached_prompt_tokens",
    TokenClass.COMPLETION: "completion_tokens",
}
Hour = UsageHour | UsageEstimate | LogHour


Row = TypeVar("Row", UsageHour, UsageEstimate, LogHour)


def with_tokens(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those that have any: without, no line is made, and a row waits for ever."""
    return rows.filter(
        Q(uncached_prompt_tokens__gt=0)
        | Q(cached_prompt_tokens__gt=0)
        | Q(completion_tokens__gt=0)
    )


def unbooked_hours() -> QuerySet[UsageHour]:
    """Usage hours with tokens that no revenue line covers, sealed or not."""
    return (
        with_tokens(UsageHour.objects.filter(booked_at__isnull=True))
        .select_related("pod__deployment__variant", "pod__deployment__fleet")
        .order_by("hour_start", "pk")
    )


# What a page of now asks of them; the rest of their pods and deployments is not built.
HOUR_FIELDS = (
    *("hour_start", "cached_unknown", *TOKEN_FIELDS.values()),
    *("pod__name", "pod__revision", "pod__deployment_id"),
)
WAITING_FIELDS = (
    *(*HOUR_FIELDS, "pod__deployment__revision", "pod__deployment__max_model_len"),
    *("pod__deployment__variant__served_model", "pod__deployment__fleet__simulated"),
)


def waiting_hours(since: datetime, now: datetime) -> QuerySet[UsageHour]:
    """Unbooked hours of [since, now] with the columns that their revenue needs."""
    hours = unbooked_hours().filter(hour_start__gte=since, hour_start__lte=now)
    return hours.only(*WAITING_FIELDS)


def unbooked_log_hours() -> QuerySet[LogHour]:
    """Logged hours of what has no counters, with tokens that no revenue line covers."""
    return (
        with_tokens(LogHour.objects.filter(earns=True, revenue_lines__isnull=True))
        .select_related("deployment__variant__served_model", "deployment__fleet")
        .order_by("hour_start", "pk")
    )


class Prices:
    """The prices of every model over time, read once, when the first one is asked for;
    few rows, asked for many hours."""

    @cached_property
    def _by_model(self) -> dict[int, list[TokenPrice]]:
        """Newest first."""
        found: dict[int, list[TokenPrice]] = {}
        for price in TokenPrice.objects.order_by("-valid_from"):
            found.setdefault(price.served_model_id, []).append(price)
        return found

    def of(self, hour: Hour) -> TokenPrice | None:
        """The price that was valid in an hour; None where none was set."""
        if isinstance(hour, LogHour):
            return self.at(hour.served_model_id, hour.hour_start)
        return self.at(hour.pod.deployment.variant.served_model_id, hour.hour_start)

    def at(self, served_model_id: int, instant: datetime) -> TokenPrice | None:
        """The price of a model at an instant: the newest that began by then."""
        prices = self._by_model.get(served_model_id, [])
        return next((price for price in prices if price.valid_from <= instant), None)


def counts_of(hour: UsageHour | LogHour) -> TokenCounts:
    """The tokens of an hour."""
    return TokenCounts(
        uncached_prompt=hour.uncached_prompt_tokens,
        cached_prompt=hour.cached_prompt_tokens,
        completion=hour.completion_tokens,
    )


def rates_of(price: TokenPrice, *, at: datetime) -> TokenRates:
    """What a price pays us at an instant, of prompts that are not long, before the take
    rate: its hour's prices less the discount that we fund."""
    return price.sheet.charged(at, longest=0).rates


def charged_of(hour: Hour, price: TokenPrice) -> Charged:
    """What the tokens of an hour earn.

    A counter does not tell how long a prompt was. So an hour of counters is at the base
    price, and bounded by that of long prompts, unless the pod takes none that long.
    """
    if isinstance(hour, LogHour):
        return price.sheet.charged(hour.hour_start)
    return price.sheet.charged(hour.hour_start, longest=longest_prompt(hour.pod))


def longest_prompt(pod: Pod) -> int | None:
    """The longest prompt that a pod takes [tokens]; None where it is not known: its
    deployment was changed since it was ordered."""
    deployment = pod.deployment
    return deployment.max_model_len if pod.revision == deployment.revision else None


def is_bounded(charge: Charged, token_class: TokenClass) -> bool:
    """Whether the tokens of a class may have earned more than they are booked with."""
    if charge.most is None:
        return False
    most: Decimal = getattr(charge.most, token_class)
    least: Decimal = getattr(charge.rates, token_class)
    return most > least


def hour_revenue(hour: UsageHour, price: TokenPrice) -> Decimal:
    """Gross revenue of an hour [USD], as its lines will add up."""
    rates = charged_of(hour, price).rates
    return sum(
        (
            round_stored(
                token_revenue(
                    tokens=getattr(hour, field), usd_per_token=getattr(rates, kind)
                )
            )
            for kind, field in TOKEN_FIELDS.items()
        ),
        Decimal(0),
    )


def discount_of(hour: UsageHour, price: TokenPrice) -> Decimal:
    """What we took off the list for the tokens of an hour [USD], class by class."""
    fraction = price.sheet.own_discount(hour.hour_start)
    if not fraction:
        return Decimal(0)
    rates = charged_of(hour, price).rates
    return sum(
        (
            taken_off(
                tokens=getattr(hour, field),
                usd_per_token=getattr(rates, kind),
                fraction=fraction,
            )
            for kind, field in TOKEN_FIELDS.items()
        ),
        Decimal(0),
    )


def deployment_of(hour: Hour) -> Deployment:
    """Whose tokens they are. Of a logged hour, one that earns has a deployment."""
    if isinstance(hour, LogHour):
        assert hour.deployment is not None
        return hour.deployment
    return hour.pod.deployment


def usage_provenance(hour: Hour) -> Provenance:
    """The weakest tag of the classes of an hour."""
    return revenue_provenance(hour, TokenClass.UNCACHED_PROMPT)


def revenue_provenance(
    hour: Hour, token_class: TokenClass, charge: Charged | None = None
) -> Provenance:
    """Measured, unless the money is play money, the split of the prompt is a guess, or
    what it is charged is the least that it may be."""
    if deployment_of(hour).fleet.simulated:
        return Provenance.SIMULATED
    if isinstance(hour, UsageEstimate):
        return Provenance.ESTIMATED
    if hour.cached_unknown and token_class != TokenClass.COMPLETION:
        return Provenance.ESTIMATED
    if charge is not None and is_bounded(charge, token_class):
        return Provenance.ESTIMATED
    return Provenance.MEASURED
