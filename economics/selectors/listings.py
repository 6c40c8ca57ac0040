"""Which of our models the market is told of, and why not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings

from economics.market.listed_prices import ListedPrices
from economics.market.listing import SAMPLING, Datacenter, ListedModel
from economics.models import MarketListing, TokenPrice
from economics.selectors.market_join import listing_of
from fleet.models import Deployment, ServedModel
from fleet.selectors.market_ready import MarketReadiness, market_readiness_of

ALWAYS = ("json_mode", "structured_outputs", "logprobs")  # of every model under vLLM


@dataclass(frozen=True)
class OurModel:
    """A model of ours beside what the market is told of it.

    listed       None: it is not on the list, and `why_not` says why
    wanted       its deployments that want replicas; all of them where none does
    readiness    by the key of the deployment
    """

    served_model: ServedModel
    row: MarketListing | None
    price: TokenPrice | None
    listed: ListedModel | None
    wanted: tuple[Deployment, ...] = ()
    why_not: tuple[str, ...] = ()
    readiness: dict[int, MarketReadiness] = field(default_factory=dict)

    @property
    def not_ready_because(self) -> list[str]:
        """A sentence of each deployment that is not ready."""
        return [
            f"{each.slug}: {self.readiness[each.pk].reason}"
            for each in self.wanted
            if not self.readiness[each.pk].is_ready
        ]


@dataclass(frozen=True)
class Known:
    """What a page has read already. served: every model, with its listing beside it;
    deployments: all of this kind of money, with their fleets and variants."""

    served: Sequence[ServedModel]
    deployments: Iterable[Deployment]
    prices: Mapping[int, TokenPrice]


def our_models(*, now: datetime, known: Known | None = None) -> list[OurModel]:
    """Every model that we know, those that are listed first. Five queries; two where the
    rest is `known`."""
    if known is None:
        deployments, prices = deployments_by_model(), prices_in_force(now=now)
        served = list(ServedModel.objects.all())
        rows = {row.served_model_id: row for row in MarketListing.objects.all()}
    else:
        deployments, prices = by_model(known.deployments), dict(known.prices)
        served = list(known.served)
        found = {each.pk: listing_of(each) for each in served}
        rows = {pk: row for pk, row in found.items() if row is not None}
    flat = [each for group in deployments.values() for each in group]
    readiness = market_readiness_of(flat, now=now)
    models = [
        _our_model(
            model,
            rows.get(model.pk),
            prices.get(model.pk),
            deployments.get(model.pk, []),
            readiness,
            now=now,
        )
        for model in served
    ]
    return sorted(models, key=lambda each: (each.listed is None, each.served_model.name))


def listed_models(*, now: datetime) -> list[ListedModel]:
    """What the list of models holds."""
    return [each.listed for each in our_models(now=now) if each.listed is not None]


def deployments_by_model() -> dict[int, list[Deployment]]:
    """Deployments of this kind of money by model: play money is sold to nobody."""
    rows = Deployment.objects.filter(fleet__simulated=settings.KERNE_SANDBOX)
    return by_model(rows.select_related("variant", "fleet"))


def by_model(rows: Iterable[Deployment]) -> dict[int, list[Deployment]]:
    """Deployments by the id of their model, the oldest first."""
    found: dict[int, list[Deployment]] = defaultdict(list)
    for each in sorted(rows, key=lambda row: (row.created_at, row.pk)):
        found[each.variant.served_model_id].append(each)
    return found


def prices_in_force(*, now: datetime) -> dict[int, TokenPrice]:
    """The price of each model at `now`. One query."""
    begun = TokenPrice.objects.filter(valid_from__lte=now)
    newest = begun.order_by("served_model_id", "-valid_from").distinct("served_model_id")
    return {price.served_model_id: price for price in newest}


def wanted_of(deployments: Iterable[Deployment]) -> tuple[Deployment, ...]:
    """Those that want replicas; all of them where none does."""
    every = tuple(deployments)
    return tuple(each for each in every if each.replicas) or every


def possible_features(model: ServedModel) -> tuple[str, ...]:
    """What vLLM, as we start it, can do for this model."""
    tools = ("tools",) if model.tool_call_parser else ()
    reasoning = ("reasoning",) if model.reasoning_parser else ()
    return (*tools, *ALWAYS, *reasoning)


def _our_model(
    model: ServedModel,
    row: MarketListing | None,
    price: TokenPrice | None,
    deployments: list[Deployment],
    readiness: dict[int, MarketReadiness],
    *,
    now: datetime,
) -> OurModel:
    wanted = wanted_of(deployments)
    reasons = []
    if row is not None and not row.is_offered:
        reasons.append(f"{row.changed_by} took it off the list")
    if price is None:
        reasons.append("no token price is in force")
    if not wanted:
        reasons.append("no deployment serves it")
    listed = None
    if price is not None and not reasons:
        is_ready = any(readiness[each.pk].is_ready for each in wanted)
        listed = _listed(model, row, price, wanted, is_ready=is_ready, now=now)
    own = {each.pk: readiness[each.pk] for each in wanted}
    return OurModel(model, row, price, listed, wanted, tuple(reasons), own)


def _listed(
    model: ServedModel,
    row: MarketListing | None,
    price: TokenPrice,
    wanted: tuple[Deployment, ...],
    *,
    is_ready: bool,
    now: datetime,
) -> ListedModel:
    said = row or MarketListing(features=[], sampling=[], datacenters=[])
    context = min(each.max_model_len for each in wanted)
    context = min(context, said.context_tokens or context)
    possible = possible_features(model)
    return ListedModel(
        id=model.slug,
        name=model.name,
        hugging_face_id=said.hugging_face_id or _repository(wanted),
        created=int(wanted[0].created_at.timestamp()),
        quantization=said.quantization or _precision(wanted),
        context_tokens=context,
        output_tokens=said.output_tokens and min(said.output_tokens, context),
        features=tuple(f for f in possible if row is None or f in said.features),
        sampling=tuple(s for s in SAMPLING if row is None or s in said.sampling),
        prices=_prices(price, now=now),
        is_ready=is_ready,
        datacenters=tuple(Datacenter(*each) for each in said.datacenters),
        description=said.description,
        tokenizer=said.tokenizer,
        openrouter_slug=said.openrouter_slug,
        prompt_tokens_per_minute=said.prompt_tokens_per_minute,
        deprecation_date=said.deprecation_date,
        zdr=said.zdr,
        hipaa=said.hipaa,
    )


def _prices(price: TokenPrice, *, now: datetime) -> ListedPrices:
    """A price row as the market is told of it: the list, and the discount of now."""
    sheet = price.sheet
    cut = sheet.discount
    return ListedPrices(
        sheet.base.uncached_prompt,
        sheet.base.cached_prompt,
        sheet.base.completion,
        rules=(*sheet.tiers, *sheet.windows),
        discount=cut.fraction if cut is not None and cut.holds(now) else None,
    )


def _repository(wanted: tuple[Deployment, ...]) -> str:
    """The repository of the weights, where all deployments have the same."""
    found = {each.variant.repository for each in wanted}
    return found.pop() if len(found) == 1 else ""


def _precision(wanted: tuple[Deployment, ...]) -> str:
    """The precision of the weights, where all deployments have the same."""
    found = {each.variant.precision for each in wanted}
    return found.pop() if len(found) == 1 else ""
