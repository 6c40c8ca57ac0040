"""The machines of a model that can be ordered, with what of them no market changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode

from django.urls import reverse

from economics.calc.decide import Figure, Serving, Way
from economics.planner.option import Machine
from economics.selectors.decisions.figures import rent_figure
from economics.selectors.kept import Kept
from economics.selectors.machines import Shape, Shaped, answered, machines_in
from economics.selectors.planned_models import PlannedModel
from economics.selectors.schedules.candidates import SPOT
from fleet.models import OfferKind, SpeedEstimate
from fleet.selectors.offers import Offer
from fleet.throughput.speed_question import SpeedQuestion

MODELS_KEPT = 24


@dataclass(frozen=True, slots=True)
class Rentable:
    """A machine for a model.

    key    stable for the same model on the same machine; title: both in words
    slug   of the model
    """

    machine: Machine
    slug: str
    key: str
    title: str
    rent: Figure
    plan_link: str

    @property
    def page(self) -> str:
        """The page that shows its figures."""
        return machine_page(self.slug, self.machine.key)

    @property
    def speed_link(self) -> str:
        """The line of it that shows the speed."""
        return f"{self.page}#speed"

    def sheet_of(self, serving: Serving) -> str:
        """The plan sheet; of scheduled hours with those of a day and one start."""
        if serving.way is not Way.HOURS:
            return self.plan_link
        return plan_link(self.slug, self.machine.key, f"{serving.hours:.2f}")


@dataclass(frozen=True, slots=True)
class Rentables:
    """All of a model, and the speeds that nobody has worked out yet."""

    rows: list[Rentable]
    missing: list[SpeedQuestion]


_KEPT: Kept[Rentables] = Kept(most=MODELS_KEPT)


def rentable(
    model: PlannedModel, one: Shaped, known: Mapping[str, SpeedEstimate]
) -> Rentables:
    """The machines of sized shapes with the speeds that are known. No query.

    Of the machines on which a model does not start only the largest of each GPU is kept:
    it says why best.
    """
    own = {each.key: known[each.key] for each in one.asked.values() if each.key in known}
    return _KEPT.of(model.slug, (one, answered(own)), lambda: _rentable(model, one, own))


def _rentable(
    model: PlannedModel, one: Shaped, known: Mapping[str, SpeedEstimate]
) -> Rentables:
    found = machines_in(worth_a_look(one), known)
    rows = [
        Rentable(
            machine=machine,
            slug=model.slug,
            key=f"{model.slug}~{machine.key}",
            title=title_of(machine, model),
            rent=rent_figure(machine, f"{machine_page(model.slug, machine.key)}#rent"),
            plan_link=plan_link(model.slug, machine.key),
        )
        for machine in found.machines
    ]
    return Rentables(rows, found.missing)


def worth_a_look(one: Shaped) -> Shaped:
    """All that start, and of the others the largest pod of each GPU and precision where
    no count of it starts. The same shapes with fewer offers."""
    kept: list[tuple[Offer, Shape]] = []
    largest: dict[tuple[str, str, str], tuple[Offer, Shape]] = {}
    for offer, shape in one.pairs:
        if one.fits[shape].fitting.ok:
            kept.append((offer, shape))
            continue
        if offer.kind != OfferKind.ON_DEMAND:
            continue  # it does not start as a pod either, which says so
        place = _place(offer, shape)
        known = largest.get(place)
        if known is None or shape.gpu_count > known[1].gpu_count:
            largest[place] = (offer, shape)
    runs = {_place(*each) for each in kept}
    others = [each for place, each in largest.items() if place not in runs]
    return replace(one, pairs=kept + others)


def _place(offer: Offer, shape: Shape) -> tuple[str, str, str]:
    precision = shape.weights.precision.name
    return (offer.gpu_type_id or offer.gpu_name, offer.cloud.lower(), precision)


@lru_cache(maxsize=4096)
def plan_link(slug: str, key: str, hours: str = "") -> str:
    """The plan sheet of a machine; of scheduled hours with those of a day and one start."""
    asked: dict[str, object] = {"model": slug, "option": key}
    if hours:
        asked |= {"hours": hours, "starts": 1}
    return f"{reverse('economics:plan')}?{urlencode(asked)}"


@lru_cache(maxsize=4096)
def machine_page(slug: str, key: str) -> str:
    """The market's page with the figures of a machine."""
    page = reverse("economics:decide-market", args=[slug])
    return f"{page}?{urlencode({'option': key})}"


def offers_link(machine: Machine) -> str:
    """The offers of that GPU, from that provider and of that kind, for a replica."""
    asked = {
        "provider": machine.provider,
        "gpu": machine.gpu_type_id,
        "kind": machine.kind,
        "count": machine.gpu_count,
    }
    return f"{reverse('fleet:offers')}?{urlencode(asked)}"


def title_of(machine: Machine, model: PlannedModel) -> str:
    """A machine with its model, in words."""
    where = machine.where.replace(SPOT, "spot")
    return (
        f"{model.name} ({machine.precision.upper()}) on {machine.gpu_count}× "
        f"{machine.gpu_name}, {where}"
    )
