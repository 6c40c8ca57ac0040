"""What the tokens of a usage hour earn, booked or not."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.db.models import F, QuerySet

from economics.calc.money import round_stored, token_revenue
from economics.calc.token_mix import TokenCounts, TokenRates
from economics.models import (
    LogHour,
    Provenance,
    TokenClass,
    TokenPrice,
    UsageEstimate,
    UsageHour,
)
from fleet.models import Deployment

TOKEN_FIELDS = {
    TokenClass.UNCACHED_PROMPT: "uncached_prompt_tokens",
    TokenClass.CACHED_PROMPT: "cached_prompt_tokens",
    TokenClass.COMPLETION: "completion_tokens",
}
PRICE_FIELDS = {
    TokenClass.UNCACHED_PROMPT: "uncached_prompt_usd_per_token",
    TokenClass.CACHED_PROMPT: "cached_prompt_usd_per_token",
    TokenClass.COMPLETION: "completion_usd_per_token",
}


def unbooked_hours() -> QuerySet[UsageHour]:
    """Usage hours with tokens that no revenue line covers, sealed or not."""
    return (
        UsageHour.objects.filter(booked_at__isnull=True)
        .annotate(
            tokens=F("uncached_prompt_tokens")
            + F("cached_prompt_tokens")
            + F("completion_tokens")
        )
        .filter(tokens__gt=0)
        .select_related("pod__deployment__variant", "pod__deployment__fleet")
        .order_by("hour_start", "pk")
    )


def unbooked_log_hours() -> QuerySet[LogHour]:
    """Logged hours of what has no counters, with tokens that no revenue line covers."""
    return (
        LogHour.objects.filter(earns=True, revenue_lines__isnull=True)
        .annotate(
            tokens=F("uncached_prompt_tokens")
            + F("cached_prompt_tokens")
            + F("completion_tokens")
        )
        .filter(tokens__gt=0)
        .select_related("deployment__variant__served_model", "deployment__fleet")
        .order_by("hour_start", "pk")
    )


class Prices:
    """The prices of every model over time, read once; few rows, asked for many hours."""

    def __init__(self) -> None:
        self._by_model: dict[int, list[TokenPrice]] = {}
        for price in TokenPrice.objects.order_by("-valid_from"):
            self._by_model.setdefault(price.served_model_id, []).append(price)

    def of(self, hour: UsageHour | UsageEstimate | LogHour) -> TokenPrice | None:
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


def rates_of(price: TokenPrice) -> TokenRates:
    """A price row as the rates that calculations take."""
    return TokenRates(
        uncached_prompt=price.uncached_prompt_usd_per_token,
        cached_prompt=price.cached_prompt_usd_per_token,
        completion=price.completion_usd_per_token,
    )


def class_revenue(
    hour: UsageHour | UsageEstimate | LogHour, price: TokenPrice, token_class: TokenClass
) -> Decimal:
    """Gross revenue of one class of an hour [USD], as a line stores it."""
    tokens: int = getattr(hour, TOKEN_FIELDS[token_class])
    rate: Decimal = getattr(price, PRICE_FIELDS[token_class])
    return round_stored(token_revenue(tokens=tokens, usd_per_token=rate))


def hour_revenue(hour: UsageHour, price: TokenPrice) -> Decimal:
    """Gross revenue of an hour [USD], as its lines will add up."""
    return sum((class_revenue(hour, price, kind) for kind in TokenClass), Decimal(0))


def deployment_of(hour: UsageHour | UsageEstimate | LogHour) -> Deployment:
    """Whose tokens they are. Of a logged hour, one that earns has a deployment."""
    if isinstance(hour, LogHour):
        assert hour.deployment is not None
        return hour.deployment
    return hour.pod.deployment


def usage_provenance(hour: UsageHour | UsageEstimate | LogHour) -> Provenance:
    """The weakest tag of the classes of an hour."""
    return revenue_provenance(hour, TokenClass.UNCACHED_PROMPT)


def revenue_provenance(
    hour: UsageHour | UsageEstimate | LogHour, token_class: TokenClass
) -> Provenance:
    """Measured, unless the money is play money or the split of the prompt is a guess."""
    if deployment_of(hour).fleet.simulated:
        return Provenance.SIMULATED
    if isinstance(hour, UsageEstimate):
        return Provenance.ESTIMATED
    if hour.cached_unknown and token_class != TokenClass.COMPLETION:
        return Provenance.ESTIMATED
    return Provenance.MEASURED
