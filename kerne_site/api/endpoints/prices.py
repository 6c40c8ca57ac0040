"""GET /api/v1/prices: what we charge for each model, with its rules and its discount."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from economics.calc.money import per_million
from economics.calc.price_rule import CLASSES, LongPrompts, PriceSheet, Rule
from economics.calc.token_mix import TokenRates
from economics.models import Funding, TokenPrice
from economics.selectors.hour_revenue import rates_of
from economics.selectors.price_words import sheet_words
from economics.views.prices import ModelPrices, PriceRow, model_prices
from kerne_site.api import Asked, Endpoint, Parameter, a_name, api_view
from kerne_site.api import schemas as s

STATES = ("now", "later", "past")


@api_view()
def prices(request: HttpRequest) -> dict[str, Any]:
    """Every model with its prices, newest first."""
    now = timezone.now()
    asked = Asked(request.GET)
    slug = asked.take("model", a_name, default=None)
    asked.check()
    found = model_prices(now=now)
    if slug is not None and slug not in {each.served_model.slug for each in found}:
        asked.refuse("model", f"there is no model {slug!r}; see /api/v1/models.")
        asked.check()
    return {
        "as_of": now,
        "models": [
            model_of(each, now) for each in found if slug in (None, each.served_model.slug)
        ],
    }


def model_of(model: ModelPrices, now: datetime) -> dict[str, Any]:
    current = model.current
    return {
        "model": model.served_model.slug,
        "name": model.served_model.name,
        "we_are_paid_now": None
        if current is None
        else rates(rates_of(current.price, at=now)),
        "prices": [price_of(row) for row in model.rows],
    }


def price_of(row: PriceRow) -> dict[str, Any]:
    price, sheet = row.price, row.price.sheet
    return {
        "id": price.pk,
        "state": row.state,
        "valid_from": price.valid_from,
        "list": rates(sheet.base),
        "rules": rules_of(sheet),
        "discount": discount_of(price),
        "in_words": sheet_words(sheet),
        "set_by": price.set_by,
        "set_at": price.set_at,
    }


def rates(of: TokenRates) -> dict[str, Any]:
    """Every digit, per token as stored and per million as on the page."""
    told = {name: getattr(of, name) for name in CLASSES}
    return {f"{name}_usd_per_token": each for name, each in told.items()} | {
        f"{name}_usd_per_million": per_million(each) for name, each in told.items()
    }


def rules_of(sheet: PriceSheet) -> list[dict[str, Any]]:
    rules: tuple[Rule, ...] = (*sheet.tiers, *sheet.windows)
    return [
        {
            "name": rule.name,
            "over_tokens": rule.over_tokens if isinstance(rule, LongPrompts) else None,
            "from_hour_utc": None if isinstance(rule, LongPrompts) else rule.from_hour,
            "to_hour_utc": None if isinstance(rule, LongPrompts) else rule.to_hour,
            **rates(rule.rates),
        }
        for rule in rules
    ]


def discount_of(price: TokenPrice) -> dict[str, Any] | None:
    if price.discount is None:
        return None
    return {
        "fraction": price.discount.fraction,
        "from_at": price.discount.from_at,
        "until_at": price.discount.until_at,
        "funded_by": price.discount_funding,
    }


USD_PER_TOKEN = s.described(s.DECIMAL, "USD per token, exact.")
USD_PER_MILLION = s.described(s.DECIMAL, "USD per million tokens, exact.")
RATES = {f"{name}_usd_per_token": USD_PER_TOKEN for name in CLASSES} | {
    f"{name}_usd_per_million": USD_PER_MILLION for name in CLASSES
}
RULE = s.record(
    name=s.TEXT,
    over_tokens=s.or_null(
        s.described(s.WHOLE, "Holds for the whole request where the prompt has more.")
    ),
    from_hour_utc=s.or_null(s.described(s.WHOLE, "Holds in these hours of every day.")),
    to_hour_utc=s.or_null(s.described(s.WHOLE, "Not included; may pass midnight.")),
    **RATES,
)
DISCOUNT = s.record(
    fraction=s.described(s.DECIMAL, "Of the list, 0 to 1."),
    from_at=s.INSTANT,
    until_at=s.or_null(s.described(s.INSTANT, "Null: until the next price.")),
    funded_by=s.described(s.words(*Funding.values), "Only ours lowers our revenue."),
)
PRICE = s.record(
    id=s.WHOLE,
    state=s.words(*STATES),
    valid_from=s.described(s.INSTANT, "A full UTC hour; until the next price."),
    list=s.described(s.record(**RATES), "The base prices, before rules and discount."),
    rules=s.many(RULE),
    discount=s.or_null(DISCOUNT),
    in_words=s.many(s.described(s.TEXT, "A sentence for each rule and the discount.")),
    set_by=s.TEXT,
    set_at=s.INSTANT,
)
PRICES = Endpoint(
    path="prices",
    view=prices,
    line="Our token prices by model: past, now and to come, with rules and discounts.",
    parameters=(
        Parameter("model", "Its slug; all.", s.TEXT, example="llama-3.1-8b-instruct"),
    ),
    answer=s.record(
        as_of=s.INSTANT,
        models=s.many(
            s.record(
                model=s.TEXT,
                name=s.TEXT,
                we_are_paid_now=s.or_null(
                    s.described(
                        s.record(**RATES),
                        "For a prompt that is not long, in this hour, less the discount "
                        "that we fund, before the take rate; null: no price is set.",
                    )
                ),
                prices=s.many(PRICE),
            )
        ),
    ),
)
