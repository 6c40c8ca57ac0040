"""The prices of one token class over time, of the offers of a model and of us."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from economics.calc.money import per_million
from economics.charts.token_price_lines import OURS, PriceLine, Step
from economics.models import MarketModel, MarketPrice, TokenPrice
from fleet.models import ServedModel

CLASSES = {  # in the address: words, the market's column, ours
    "prompt": ("prompt", "prompt", "uncached_prompt"),
    "cached": ("cached prompt", "cached_prompt", "cached_prompt"),
    "completion": ("completion", "completion", "completion"),
}


def price_lines(
    served_model: ServedModel,
    market: MarketModel | None,
    *,
    token_class: str,
    since: datetime,
    now: datetime,
) -> list[PriceLine]:
    """Step lines [USD / 1M tokens] from `since` on. Two queries."""
    _, theirs, ours = CLASSES[token_class]
    found: dict[str, list[Step]] = defaultdict(list)
    rows = MarketPrice.objects.filter(endpoint__model=market, last_observed_at__gte=since)
    for row in rows.select_related("endpoint").order_by("endpoint_id", "observed_from"):
        told: Decimal | None = getattr(row, theirs)
        if told is None:
            continue
        weights = row.endpoint.quantization
        label = f"{row.endpoint.provider} {weights}".strip()
        found[label].append(
            Step(per_million(told), row.observed_from, row.last_observed_at)
        )
    lines = [PriceLine(label, tuple(steps)) for label, steps in found.items()]
    own = _own_steps(served_model, ours, since=since, now=now)
    return [*lines, PriceLine(OURS, own, ours=True)] if own else lines


def _own_steps(
    model: ServedModel, token_class: str, *, since: datetime, now: datetime
) -> tuple[Step, ...]:
    """Our own prices, each until the next one began."""
    rows = list(
        TokenPrice.objects.filter(served_model=model, valid_from__lte=now).order_by(
            "valid_from"
        )
    )
    if not rows:
        return ()
    ends = [*(row.valid_from for row in rows[1:]), now]
    return tuple(
        Step(per_million(getattr(row, f"{token_class}_usd_per_token")), row.valid_from, end)
        for row, end in zip(rows, ends, strict=True)
        if end >= since
    )
