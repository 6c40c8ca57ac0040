"""Every machine that can be rented here for every model whose market is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from economics.calc.decide import Candidate, Figure, Input, Serving, Way
from economics.calc.gates import Evidence, Policy
from economics.calc.unknown import Unknown
from economics.market import public
from economics.planner.option import Machine
from economics.planner.question import DEFAULTS, PlanQuestion
from economics.selectors.decisions.figures import (
    demand_figure,
    price_figure,
    rent_figure,
    speed_figure,
)
from economics.selectors.decisions.markets import ModelMarket
from economics.selectors.decisions.ways import (
    Unused,
    busiest,
    can_be_ordered,
    kind_words,
    servings,
    unsure,
    unused_ways,
    why_not_now,
)
from economics.selectors.machines import Shape, Shaped, machines_in, shaped
from economics.selectors.plan_facts import ModelFacts
from economics.selectors.planned_models import PlannedModel, planned_model
from economics.selectors.schedules.candidates import SPOT
from fleet.models import OfferKind
from fleet.selectors.offers import Offer, best_offers
from fleet.selectors.speeds import answers, evidence_stamp
from fleet.selectors.spot import InterruptionRate, interruption_rates
from fleet.throughput.speed_question import SpeedQuestion


@dataclass(frozen=True)
class Account:
    """The account that would pay. balance [USD]."""

    balance: Evidence
    burn_usd_per_hour: Decimal


@dataclass(frozen=True)
class Candidates:
    """All of them, and the speeds that nobody has worked out yet.

    machines  of each candidate, by its key
    unused    ways to rent of which there is no candidate
    """

    rows: list[Candidate]
    missing: list[SpeedQuestion]
    machines: Mapping[str, Machine]
    unused: tuple[Unused, ...]


def known_slugs(served: Iterable[str]) -> list[str]:
    """The models to look at: those with a public market, and ours."""
    return [*dict.fromkeys([*public.traffic(), *served])]


def candidates(
    markets: Mapping[str, ModelMarket],
    policy: Policy,
    paying: Mapping[str, Account],
    *,
    now: datetime,
) -> Candidates:
    """Every machine for every model of these markets, in every way that it can be rented.
    Five queries, one of them only where spot is sold.

    Of the machines on which a model does not start only the largest of each GPU is kept:
    it says why best.
    paying  the account of each connected cloud, the main one first
    """
    known_offers = best_offers(now)
    offers = [each for each in known_offers if can_be_ordered(each)]
    spot = {each.gpu_type_id for each in offers if each.is_spot}
    rates = interruption_rates(spot, now=now) if spot else {}
    stamp = evidence_stamp(now=now)
    models = [model for slug in markets if (model := planned_model(slug)) is not None]
    sized = [
        (model, shaped(question_of_model(model), model, offers, stamp=stamp))
        for model in models
    ]
    known = answers([each for _, one in sized for each in one.asked.values()])
    rows: list[Candidate] = []
    missing: list[SpeedQuestion] = []
    machines: dict[str, Machine] = {}
    for model, one in sized:
        found = machines_in(worth_a_look(one), known)
        missing += found.missing
        view = _View(model, markets[model.slug], policy, paying, rates, now=now)
        for machine in found.machines:
            for row in view.candidates_of(machine):
                rows.append(row)
                machines[row.key] = machine
    return Candidates(rows, missing, machines, unused_ways(known_offers))


def by_policy(
    rows: Iterable[Candidate], markets: Mapping[str, ModelMarket], policy: Policy
) -> list[Candidate]:
    """The same candidates as another policy sees them: its price, and its demand."""
    seen = {
        slug: (demand_figure(market, policy), price_at(market, policy))
        for slug, market in markets.items()
    }
    found = []
    for each in rows:
        demand, price = seen[each.model]
        figures = {**each.figures, Input.DEMAND: demand}
        found.append(replace(each, figures=figures, price_at_policy=price))
    return found


def price_at(market: ModelMarket, policy: Policy) -> Evidence:
    """The market's price at the policy's quantile, net of the take rate."""
    value = market.price_at(policy.price_quantile)
    if isinstance(value, Decimal):
        value = value * (1 - market.take_rate)
    return market.price(value)


def question_of_model(model: PlannedModel) -> PlanQuestion:
    """What the model's own traffic asks of a machine, as the plan page begins."""
    traffic = public.traffic().get(model.slug)
    facts = ModelFacts(model, traffic, None, None, None)
    given = {
        name: value for name, value in facts.form_defaults.items() if value is not None
    }
    question = PlanQuestion(**(DEFAULTS | {"model": model.slug} | given))
    context = question.context_of(model.architecture.max_context)
    return replace(question, max_model_len=context)


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


class _View:
    """One model with its market: what all of its machines have in common, found once."""

    def __init__(
        self,
        model: PlannedModel,
        market: ModelMarket,
        policy: Policy,
        paying: Mapping[str, Account],
        rates: Mapping[str, InterruptionRate],
        *,
        now: datetime,
    ) -> None:
        traffic = public.traffic().get(market.slug)
        rivals = len(market.rivals) or (traffic.endpoints if traffic else 0)
        self.model, self.market = model, market
        self.paying, self.rates = paying, rates
        self.price = price_figure(market, 1 - market.take_rate)
        self.demand = demand_figure(market, policy)
        self.busy = busiest(market.own_hours)
        self.common: dict[str, Any] = {
            "model": model.slug,
            "price_at_policy": price_at(market, policy),
            "market_tokens": market.market_tokens,
            "parameters_billion": Decimal(model.architecture.parameters.total) / 10**9,
            "rivals": Evidence(
                Decimal(rivals), market.rivals_source, market.rivals_as_of, market.link
            ),
            "age_days": market.age_days(now=now),
            "has_successor": market.has_successor,
            "successor_share": market.successor_share,
            "schedule_link": schedule_link(model.slug),
        }

    def candidates_of(self, machine: Machine) -> Iterable[Candidate]:
        """A machine with its market, as the matrix takes it, once for each way."""
        rent = rent_figure(machine, offers_link(machine))
        link = plan_link(self.model.slug, machine.key)
        speed = speed_figure(machine, self.market, link)
        if not machine.fitting.ok:
            yield self._candidate(machine, Serving(), rent, speed)
            return
        for serving in servings(machine, self.busy, self.rates):
            yield self._candidate(machine, serving, rent, speed)

    def _candidate(
        self, machine: Machine, serving: Serving, rent: Figure, speed: Figure
    ) -> Candidate:
        model, market = self.model, self.market
        hours = f"{serving.hours:.2f}" if serving.way is Way.HOURS else ""
        payer = self.paying.get(machine.provider) or next(iter(self.paying.values()))
        rate = self.rates.get(machine.gpu_type_id) if serving.way is Way.SPOT else None
        return Candidate(
            key=key_of(machine, model, serving),
            title=title_of(machine, model, serving),
            cannot_run=machine.fitting.reasons if not machine.fitting.ok else (),
            figures={
                Input.PRICE: self.price,
                Input.DEMAND: self.demand,
                Input.RENT: rent,
                Input.SPEED: speed,
            },
            balance=payer.balance,
            burn_usd_per_hour=payer.burn_usd_per_hour,
            soft=(*soft_parts(machine, market), *unsure(serving, market, rate)),
            plan_link=plan_link(model.slug, machine.key, hours),
            cannot_rent=why_not_now(machine),
            serving=serving,
            kind_words=kind_words(serving, rate),
            **self.common,
        )


def key_of(machine: Machine, model: PlannedModel, serving: Serving) -> str:
    """Stable for the same model on the same machine, rented in the same way."""
    hours = "~hours" if serving.way is Way.HOURS else ""
    return f"{model.slug}~{machine.key}{hours}"


@lru_cache(maxsize=4096)
def plan_link(slug: str, key: str, hours: str = "") -> str:
    """The plan sheet of a machine; of scheduled hours with those of a day and one start."""
    asked: dict[str, object] = {"model": slug, "option": key}
    if hours:
        asked |= {"hours": hours, "starts": 1}
    return f"{reverse('economics:plan')}?{urlencode(asked)}"


def offers_link(machine: Machine) -> str:
    """The offers of that GPU, from that provider and of that kind, for a replica."""
    return _offers_link(
        machine.provider, machine.gpu_type_id, machine.kind, machine.gpu_count
    )


@lru_cache(maxsize=4096)
def _offers_link(provider: str, gpu: str, kind: str, count: int) -> str:
    asked = {"provider": provider, "gpu": gpu, "kind": kind, "count": count}
    return f"{reverse('fleet:offers')}?{urlencode(asked)}"


def schedule_link(slug: str) -> str:
    """The planner that says what of a model should run hour by hour."""
    return f"{reverse('economics:schedules')}?{urlencode({'model': slug})}"


def title_of(machine: Machine, model: PlannedModel, serving: Serving) -> str:
    """A machine, its model and the way it is rented, in words."""
    where = machine.where.replace(SPOT, "spot")
    hours = f", {serving.words}" if serving.words else ""
    return (
        f"{model.name} ({machine.precision.upper()}) on {machine.gpu_count}× "
        f"{machine.gpu_name}, {where}{hours}"
    )


def soft_parts(machine: Machine, market: ModelMarket) -> Iterable[str]:
    """What of the answer is not measured, in sentences without their end."""
    if not market.rivals:
        yield "prices are of a file that ships, not read now"
    if isinstance(market.own_tokens, Unknown):
        yield "demand is a share by price, a prior"
    speed = machine.speed
    if not isinstance(speed, Unknown) and "own pods" not in speed.kind:
        yield f"speed is no measurement of ours ({speed.kind})"
    if machine.price.stale:
        yield "the rent is older than it should be"
