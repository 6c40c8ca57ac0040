"""The list of models as a file: what a marketplace is told of each, and why not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.money import per_million
from economics.selectors.listings import OurModel, our_models
from fleet.access import viewer_required
from fleet.csv_files import without_tail
from fleet.views.files import file_of, instant

COLUMNS = (
    *("model", "name", "is_listed", "why_not_listed", "is_ready", "why_not_ready"),
    *("usd_per_million_uncached_prompt", "usd_per_million_cached_prompt"),
    *("usd_per_million_completion", "price_since_utc", "context_tokens"),
    *("output_tokens", "quantization", "said_by", "said_at_utc"),
)


@require_GET
@viewer_required
def listings_csv(request: HttpRequest) -> HttpResponse:
    """Every model of ours, those on the list first."""
    return file_of("listings", COLUMNS, map(cells, our_models(now=timezone.now())))


def cells(each: OurModel) -> list[object]:
    """A model; what is not on the list has no readiness, context or precision."""
    listed, row, price = each.listed, each.row, each.price
    prices: list[object] = ["", "", "", ""]
    if price is not None:
        prices = [
            without_tail(per_million(price.uncached_prompt_usd_per_token)),
            without_tail(per_million(price.cached_prompt_usd_per_token)),
            without_tail(per_million(price.completion_usd_per_token)),
            instant(price.valid_from),
        ]
    told: list[object] = ["", "", ""]
    if listed is not None:
        told = [listed.context_tokens, listed.output_tokens, listed.quantization]
    return [
        *(each.served_model.slug, each.served_model.name),
        *("no" if listed is None else "yes", "; ".join(each.why_not)),
        "" if listed is None else "yes" if listed.is_ready else "no",
        "" if listed is None else "; ".join(each.not_ready_because),
        *prices,
        *told,
        *(("", "") if row is None else (row.changed_by, instant(row.changed_at))),
    ]
