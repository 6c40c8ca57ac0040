"""What is known of a model before anything is asked: its traffic, its prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from economics.calc.money import per_million
from economics.calc.price_rule import CLASSES
from economics.calc.unknown import Unknown
from economics.market import public
from economics.market.public import MarketQuote, MarketTraffic, QuoteKind
from economics.models import TokenPrice
from economics.planner.question import PriceList
from economics.selectors.hour_revenue import rates_of
from economics.selectors.planned_models import PlannedModel

USUAL_PROMPT, USUAL_COMPLETION = 1_000, 200  # tokens, where a model's traffic is unknown


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model with what is known of its market.

    ours      what we are paid since `ours_since`: our price in force, of prompts that are
              not long, less `ours_less`, the discount that we fund now; None: none is set
    cheapest  the lowest price of the market; paid: what a token earned in the middle
    """

    model: PlannedModel
    traffic: MarketTraffic | None
    ours: PriceList | None
    cheapest: MarketQuote | None
    paid: MarketQuote | None
    ours_since: datetime | None = None
    ours_less: str | None = None

    @property
    def prices(self) -> tuple[PriceList, str] | Unknown:
        """The price list that a plan begins with, and whose it is."""
        if self.ours is not None:
            less = f" less {self.ours_less}" if self.ours_less else ""
            return self.ours, f"our price in force{less}"
        if self.cheapest is not None:
            return price_list(self.cheapest), (
                f"no price of ours is set; the market's cheapest of "
                f"{self.cheapest.observed_on} ({self.cheapest.source})"
            )
        return Unknown("no price of ours is set, and no market price is known")

    @property
    def form_defaults(self) -> dict[str, Any]:
        """The fields of the form that the model itself can fill."""
        traffic = self.traffic
        if traffic is None:
            return {"prompt_tokens": USUAL_PROMPT, "completion_tokens": USUAL_COMPLETION}
        completion = max(1, round(traffic.completion_tokens_per_request))
        return {
            "prompt_tokens": round(traffic.prompt_tokens_per_request),
            "completion_tokens": completion,
            "cached_share": traffic.cached_share,
        }


def price_list(quote: MarketQuote) -> PriceList:
    """A market's quote as a price list; a cached price that it lacks is the prompt's."""
    cached = quote.cached_prompt
    prompt = quote.uncached_prompt
    return PriceList(prompt, prompt if cached is None else cached, quote.completion)


def model_facts(model: PlannedModel, *, now: datetime) -> ModelFacts:
    """What is known of a model. One query: our price, where it is served already."""
    prices = TokenPrice.objects.filter(served_model__slug=model.slug, valid_from__lte=now)
    row = prices.order_by("-valid_from").first()
    ours = None
    if row is not None:
        paid = rates_of(row, at=now)
        ours = PriceList(*(trimmed(per_million(getattr(paid, name))) for name in CLASSES))
    return ModelFacts(
        model=model,
        traffic=public.traffic().get(model.slug),
        ours=ours,
        cheapest=public.quote(model.slug, QuoteKind.CHEAPEST),
        paid=public.quote(model.slug, QuoteKind.EFFECTIVE),
        ours_since=None if row is None else row.valid_from,
        ours_less=None if row is None else discount_now(row, now),
    )


def discount_now(row: TokenPrice, now: datetime) -> str | None:
    """The discount that we fund at this moment, in words; None without."""
    discount = row.discount
    if discount is None or not discount.ours or not discount.holds(now):
        return None
    until = f" until {discount.until_at:%Y-%m-%d %H:%M} UTC" if discount.until_at else ""
    return f"{trimmed(discount.fraction * 100)} %{until}"


def trimmed(amount: Decimal) -> Decimal:
    """The same number without zeros at its end, never with an exponent."""
    short = amount.normalize()
    return short if short.as_tuple().exponent <= 0 else short.quantize(Decimal(1))  # type: ignore[operator]
