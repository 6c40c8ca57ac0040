"""Providers side by side: what a shape costs per hour, spot, billing unit, a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings

from fleet.market.gpu_names import A100_SXM, H100_SXM
from fleet.market.rental_facts import BILLING
from fleet.models import ModelVariant, OfferKind, OfferSource
from fleet.providers.base import RentalKind
from fleet.providers.runpod import CAPABILITIES
from fleet.selectors.offers import Offer, best_offers
from fleet.selectors.shape_fit import FitOfShape, ShapeFit, shape_fit

DEFAULT_MODEL = "zai-org/GLM-5-FP8"  # the founding plan's second tier


@dataclass(frozen=True, slots=True)
class Shape:
    """GPUs of one machine that a replica is to run on. `key` is its word in a URL."""

    key: str
    words: str
    gpu_type_ids: tuple[str, ...]
    gpu_count: int


SHAPES = (
    # The boards with NVLink: eight PCIe cards are another, slower machine.
    Shape("8xH100", "8× H100 SXM 80", (H100_SXM,), 8),
    Shape("8xA100", "8× A100 SXM 80", (A100_SXM,), 8),
    Shape("8xH200", "8× H200", ("NVIDIA H200",), 8),
    Shape("4xB200", "4× B200", ("NVIDIA B200",), 4),
    Shape("1xRTX4090", "1× RTX 4090", ("NVIDIA GeForce RTX 4090",), 1),
)


@dataclass(frozen=True, slots=True)
class Spot:
    """Whether a provider sells the shape as spot. `sold` is None where nobody says."""

    sold: bool | None
    usd_per_hour: Decimal | None
    words: str
    as_of: date | None = None


@dataclass(frozen=True, slots=True)
class ComparedOffer:
    """One provider's cheapest on-demand offer of a shape.

    usd_per_hour  [USD / hour] of the whole shape
    fit           whether the model runs on this GPU; None without a model
    verdict       one of: runs, cheapest, does not run; "" without a model
    reasons       sentences about the price; those of the fit are in `fit`
    """

    offer: Offer
    usd_per_hour: Decimal
    spot: Spot
    billing_note: str
    fit: ShapeFit | None
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparedShape:
    """A shape with the offers that can give it, cheapest first.

    fits  the GPU types of the shape with their judgement; empty without a model
    """

    shape: Shape
    rows: tuple[ComparedOffer, ...]
    fits: tuple[tuple[str, ShapeFit], ...] = ()

    @property
    def runs(self) -> bool | None:
        """Whether the model runs on any GPU of the shape; None without a model."""
        return any(fit.ok for _, fit in self.fits) if self.fits else None


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """A provider's cheapest offer of each shape, in the order of the shapes."""

    provider: str
    cloud: str
    cells: tuple[ComparedOffer | None, ...]

    @property
    def offers(self) -> list[ComparedOffer]:
        return [cell for cell in self.cells if cell is not None]

    @property
    def spot(self) -> Spot:
        """The clearest word on spot: a price before a no, a no before silence."""
        rank = {True: 0, False: 1, None: 2}
        return min((cell.spot for cell in self.offers), key=lambda each: rank[each.sold])

    @property
    def billing_unit(self) -> str:
        """second, minute or hour; "" where no offer of the provider states it."""
        return next((c.offer.billing_unit for c in self.offers if c.offer.billing_unit), "")


def side_by_side(shapes: Sequence[ComparedShape]) -> list[ProviderRow]:
    """Providers as rows and shapes as columns; the widest choice first, then by name."""
    places = {(row.offer.provider, row.offer.cloud) for each in shapes for row in each.rows}
    rows = [
        ProviderRow(
            provider,
            cloud,
            tuple(
                next(
                    (
                        row
                        for row in each.rows
                        if (row.offer.provider, row.offer.cloud) == (provider, cloud)
                    ),
                    None,
                )
                for each in shapes
            ),
        )
        for provider, cloud in places
    ]
    return sorted(rows, key=lambda row: (-len(row.offers), row.provider, row.cloud))


def compare(
    now: datetime,
    *,
    variant: ModelVariant | None,
    fits: FitOfShape = shape_fit,
    shapes: Sequence[Shape] = SHAPES,
) -> list[ComparedShape]:
    """Every shape at every provider that can give it on one machine. One query.

    variant  what is to run; None leaves the verdict open
    fits     judges whether it runs on a shape
    """
    wanted = {gpu for shape in shapes for gpu in shape.gpu_type_ids}
    kinds = (OfferKind.ON_DEMAND, OfferKind.INTERRUPTIBLE)
    offers = best_offers(now, gpu_type_ids=wanted, kinds=kinds)
    return [_compared(shape, offers, variant=variant, fits=fits) for shape in shapes]


def _compared(
    shape: Shape, offers: list[Offer], *, variant: ModelVariant | None, fits: FitOfShape
) -> ComparedShape:
    able = [each for each in offers if each.gpu_type_id in shape.gpu_type_ids]
    able = [each for each in able if each.holds(shape.gpu_count)]
    cheapest: dict[tuple[str, str, str], Offer] = {}
    for offer in sorted(able, key=lambda each: _price(each, shape)):
        if not offer.is_spot:
            cheapest.setdefault((offer.provider, offer.cloud, offer.gpu_type_id), offer)
    judged = {
        gpu: fits(variant, gpu, shape.gpu_count) if variant else None
        for gpu in shape.gpu_type_ids
    }
    lowest = min((_price(each, shape) for each in cheapest.values()), default=None)
    rows = [
        _row(
            offer,
            shape,
            spot=spot_of(offer, able, shape),
            fit=judged[offer.gpu_type_id],
            lowest=lowest,
        )
        for offer in cheapest.values()
    ]
    fits_of = tuple((gpu, fit) for gpu, fit in judged.items() if fit is not None)
    return ComparedShape(shape, tuple(rows), fits_of)


def _price(offer: Offer, shape: Shape) -> Decimal:
    price = offer.usd_per_replica_hour(shape.gpu_count)
    if price is None:
        raise ValueError(f"{offer.provider} {offer.product} does not hold {shape.words}")
    return price


def _row(
    offer: Offer, shape: Shape, *, spot: Spot, fit: ShapeFit | None, lowest: Decimal | None
) -> ComparedOffer:
    price = _price(offer, shape)
    fact = BILLING.get(
        "runpod" if offer.provider == settings.PROVIDER_NAME else offer.provider
    )
    verdict = judge(price=price, lowest=lowest, fit=fit)
    return ComparedOffer(
        offer=offer,
        usd_per_hour=price,
        spot=spot,
        billing_note=f"{fact.note}; {fact.source}, {fact.as_of}" if fact else "",
        fit=fit,
        verdict=verdict,
        reasons=price_reasons(offer, price=price, lowest=lowest),
    )


def judge(*, price: Decimal, lowest: Decimal | None, fit: ShapeFit | None) -> str:
    """The verdict: what does not run is never called cheap."""
    if fit is None:
        return ""
    if not fit.ok:
        return "does not run"
    return "cheapest" if price == lowest else "runs"


def price_reasons(
    offer: Offer, *, price: Decimal, lowest: Decimal | None
) -> tuple[str, ...]:
    """What is to be said of a price, in sentences, the strongest first."""
    reasons = []
    if lowest is not None and price > lowest:
        reasons.append(f"{price / lowest - 1:.0%} dearer than the cheapest here.")
    if not offer.is_live:
        reasons.append(
            f"A public price of {offer.observed_at:%Y-%m-%d}, not live: ask before you "
            "reckon with it."
            if offer.source == OfferSource.FIXTURE
            else f"Typed in, as of {offer.observed_at:%Y-%m-%d}."
        )
    if offer.is_live and offer.is_stale:
        reasons.append("The price is stale; the source has been silent since.")
    if offer.stock == "NONE":
        reasons.append("No stock now.")
    if not offer.rentable_here:
        reasons.append("Not orderable from this console.")
    return tuple(reasons)


def spot_of(offer: Offer, able: Sequence[Offer], shape: Shape) -> Spot:
    """What is known of spot for the same GPU at the same provider."""
    same = [
        each
        for each in able
        if each.is_spot
        and (each.provider, each.gpu_type_id) == (offer.provider, offer.gpu_type_id)
    ]
    if same:
        best = min(same, key=lambda each: _price(each, shape))
        where = f" in {best.region}" if best.region else ""
        return Spot(
            True,
            _price(best, shape),
            f"spot{where}, as of {best.observed_at:%Y-%m-%d}",
            best.observed_at.date(),
        )
    if offer.provider in ("runpod", settings.PROVIDER_NAME):
        declared = next(c for c in CAPABILITIES if c.kind is RentalKind.INTERRUPTIBLE)
        if not declared.offered:
            return Spot(False, None, f"{declared.note} ({declared.source})", declared.as_of)
    return Spot(None, None, "no spot price of it is known here")
