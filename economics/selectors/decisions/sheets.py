"""The filled-in sheet behind each verb of a deployment: what a person would type there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from urllib.parse import urlencode

from django.urls import reverse

from economics.calc.decide import Advice, Verb, VerbCell
from economics.calc.money import MILLION
from economics.calc.unknown import Unknown
from economics.planner.option import Machine
from economics.selectors.decisions.markets import ModelMarket
from economics.selectors.schedules.candidates import IDLE_SECONDS, SPOT
from fleet.models import ActionKind, Cloud, Deployment, OfferKind, RentalKind
from fleet.selectors.serverless import USUAL_DELAY_SECONDS

ABOVE_THE_PRICE = Decimal("1.02")  # of a price limit, as an order without one has it
PRICE_STEP = Decimal("0.000001")  # USD per 1M tokens
CENT_OF_CENT = Decimal("0.0001")
KINDS = {  # of the offers that are not pods on demand
    SPOT: RentalKind.SPOT.value,
    OfferKind.SERVERLESS.value: RentalKind.SERVERLESS.value,
}


@dataclass(frozen=True)
class Sheets:
    """A deployment with what its sheets are filled in from.

    machines  on offer, by the key of their candidate
    """

    deployment: Deployment
    market: ModelMarket | None
    machines: Mapping[str, Machine]

    def filled(self, advice: Advice) -> Advice:
        """The same advice; each verb that is open leads to its sheet."""
        cells = tuple(
            replace(cell, link=self.link_of(cell, advice)) if cell.is_open else cell
            for cell in advice.cells
        )
        return replace(advice, cells=cells)

    def link_of(self, cell: VerbCell, advice: Advice) -> str:
        """The address of a verb's sheet; the one that it has where none can be filled."""
        if cell.verb is Verb.STOP:
            return self.action(ActionKind.STOP)
        if cell.verb in (Verb.SCALE_UP, Verb.SCALE_DOWN):
            if self.deployment.is_serverless:  # its sheet asks for workers
                return self.action(ActionKind.SCALE)
            return self.action(ActionKind.SCALE, replicas=cell.replicas)
        if cell.verb is Verb.MOVE:
            machine = self.machines.get(cell.other)
            return cell.link if machine is None else self.move(cell, machine)
        if cell.verb is Verb.RE_PRICE:
            return self.price(advice) or cell.link
        return cell.link

    def action(self, kind: ActionKind, **fields: object) -> str:
        """The sheet of a costed action of this deployment."""
        query = urlencode({"deployment": self.deployment.slug, **fields})
        return f"{reverse('fleet:action-plan', args=[kind.value])}?{query}"

    def move(self, cell: VerbCell, machine: Machine) -> str:
        """Another kind of rent of the same machine is another rental; as many pods of the
        same kind are other settings, replaced one by one; anything else an order beside
        it; and other weights the plan sheet, from which they become orderable."""
        row = self.deployment
        if machine.repository != row.variant.repository:
            return cell.link
        kind = KINDS.get(machine.kind, "")
        leaves = row.is_serverless or row.is_spot  # for pods on demand
        target = kind or (RentalKind.ON_DEMAND.value if leaves else row.rental_kind)
        if target != row.rental_kind and _is_on(row, machine):
            return self.action(ActionKind.RENTAL, **_rental(target, cell.replicas))
        shape = {
            "gpu_type_id": machine.gpu_type_id,
            "gpu_count": machine.gpu_count,
            "cloud": machine.cloud.upper() or Cloud.SECURE.value,
            "container_disk_gb": max(machine.disk_gb, row.container_disk_gb),
            _limit_field(kind): _limit(machine),
        }
        if not (kind or leaves) and cell.replicas == row.replicas:
            return self.action(ActionKind.SETTINGS, **shape)
        asked = {
            "variant_id": row.variant_id,
            "fleet_id": row.fleet_id,
            "max_model_len": row.max_model_len,
            "gpu_memory_utilization": row.gpu_memory_utilization,
        } | _rental(kind, cell.replicas)
        return f"{reverse('fleet:order')}?{urlencode(asked | shape)}"

    def price(self, advice: Advice) -> str:
        """The price form with each class moved by one factor; "" without a price of
        ours to move."""
        market, advised = self.market, advice.facts.advised_price.value
        if market is None or market.rates is None or market.served_pk is None:
            return ""
        ours, keep = market.ours, 1 - market.take_rate
        if isinstance(ours, Unknown) or isinstance(advised, Unknown) or not ours * keep:
            return ""
        rates, factor = market.rates, advised / keep / ours * MILLION
        asked = {
            "model": market.served_pk,
            "deployment": self.deployment.slug,
            "uncached_prompt": _typed(rates.uncached_prompt * factor),
            "cached_prompt": _typed(rates.cached_prompt * factor),
            "completion": _typed(rates.completion * factor),
        }
        return f"{reverse('economics:prices')}?{urlencode(asked)}"


def _is_on(row: Deployment, machine: Machine) -> bool:
    """Whether the deployment has that machine's GPUs already."""
    return (row.gpu_type_id, row.gpu_count) == (machine.gpu_type_id, machine.gpu_count)


def _rental(kind: str, count: int | None) -> dict[str, object]:
    """The fields of a kind of rent with so many replicas or workers."""
    if kind == RentalKind.SERVERLESS:
        return {
            "rental_kind": kind,
            "workers_min": 0,
            "workers_max": count,
            "idle_timeout": int(IDLE_SECONDS),
            "queue_delay": USUAL_DELAY_SECONDS,
        }
    named: dict[str, object] = {"rental_kind": kind} if kind else {}
    return named | {"replicas": count}


def _limit_field(kind: str) -> str:
    """On spot the limit of an order stays the one on demand: spot has its own."""
    is_spot = kind == RentalKind.SPOT
    return "max_spot_usd_per_gpu_hour" if is_spot else "max_usd_per_gpu_hour"


def _limit(machine: Machine) -> Decimal:
    price = machine.price.usd_per_gpu_hour * ABOVE_THE_PRICE
    return price.quantize(CENT_OF_CENT, ROUND_HALF_UP)


def _typed(price: Decimal) -> str:
    """A price [USD / 1M tokens] as a person writes it."""
    return f"{price.quantize(PRICE_STEP, ROUND_HALF_UP).normalize():f}"
