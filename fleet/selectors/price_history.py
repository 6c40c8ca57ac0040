"""Step lines of prices: what was observed, from when to when, and where nobody looked."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from fleet.charts.step_lines import PriceLine, PriceStep
from fleet.models import GpuOfferPrice, MarketOffer, OfferKind, OfferSource
from fleet.models.offer import stale_after
from fleet.selectors.offers import offers_of_this_money

MOST_LINES = 7  # as many colours as can be told apart


def price_lines(
    gpu_type_id: str,
    *,
    since: datetime,
    kinds: Collection[str],
    providers: Collection[str] | None = None,
    counts: Collection[int] | None = None,
) -> list[PriceLine]:
    """A line for each offer of a GPU with a step that reaches `since`, cheapest first.

    Shipped prices that a live one supersedes are among them: they are its past. At most
    MOST_LINES, more can not be told apart. Two queries.
    """
    known = offers_of_this_money().filter(gpu_type_id=gpu_type_id, kind__in=kinds)
    if providers is not None:
        known = known.filter(provider__in=providers)
    if counts is not None:
        known = known.filter(max_count__gte=min(counts))
    known = known.filter(prices__last_observed_at__gte=since).distinct()
    rows = {row.pk: row for row in known[:MOST_LINES]}
    lines: dict[int, list[PriceStep]] = {}
    steps = GpuOfferPrice.objects.filter(
        offer__in=rows, last_observed_at__gte=since
    ).order_by("offer_id", "valid_from")
    for step in steps:
        lines.setdefault(step.offer_id, []).append(
            PriceStep(
                usd_per_gpu_hour=step.usd_per_gpu_hour,
                observed_from=step.valid_from,
                last_observed_at=step.last_observed_at,
            )
        )
    return [
        PriceLine(
            name=line_name(rows[pk]),
            steps=tuple(lines[pk]),
            gap_after=stale_after(rows[pk].source),
            is_live=rows[pk].source in (OfferSource.CATALOG, OfferSource.GPUHUNT),
        )
        for pk in rows
    ]


def line_name(row: MarketOffer) -> str:
    """What a line is called: provider, cloud or product, kind, and where it is from."""
    parts = [row.provider]
    if row.cloud:
        parts.append(row.cloud.lower())
    if row.gpu_count > 1:
        parts.append(row.product)
    if row.kind != OfferKind.ON_DEMAND:
        parts.append(row.get_kind_display())
    name = " ".join(parts)
    return f"{name}, public" if row.source == OfferSource.FIXTURE else name
