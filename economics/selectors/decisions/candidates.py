"""Every machine that can be rented here for every model whose market is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property
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
    quantile_anchor,
    speed_figure,
)
from economics.selectors.decisions.markets import ModelMarket
from economics.selectors.decisions.rentable import Rentable, rentable
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
from economics.selectors.machines import shaped
from economics.selectors.plan_facts import ModelFacts
from economics.selectors.planned_models import PlannedModel, planned_model
from fleet.selectors.offers import best_offers
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

    policy    that their demand and their price are of
    machines  of each candidate, by its key
    unused    ways to rent of which there is no candidate
    """

    policy: Policy
    rows: list[Candidate]
    missing: list[SpeedQuestion]
    machines: Mapping[str, Machine]
    unused: tuple[Unused, ...]

    @cached_property
    def by_model(self) -> Mapping[str, list[Candidate]]:
        """The rows of each model, by its slug."""
        found: dict[str, list[Candidate]] = {}
        for each in self.rows:
            found.setdefault(each.model, []).append(each)
        return found

    def seen_by(
        self, policy: Policy, markets: Mapping[str, ModelMarket], slugs: Iterable[str]
    ) -> list[Candidate]:
        """The rows of some models as a policy sees them: its price, and its demand."""
        rows = [each for slug in slugs for each in self.by_model.get(slug, ())]
        return rows if policy == self.policy else by_policy(rows, markets, policy)


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
        found = rentable(model, one, known)
        missing += found.missing
        view = View(model, markets[model.slug], policy, paying, rates, now=now)
        for each in found.rows:
            for row in view.candidates_of(each):
                rows.append(row)
                machines[row.key] = each.machine
    return Candidates(policy, rows, missing, machines, unused_ways(known_offers))


def by_policy(
    rows: Sequence[Candidate], markets: Mapping[str, ModelMarket], policy: Policy
) -> list[Candidate]:
    """The same candidates as another policy sees them: its price, and its demand."""
    slugs = {each.model for each in rows}
    seen = {
        slug: (demand_figure(market, policy), price_at(market, policy))
        for slug, market in markets.items()
        if slug in slugs
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
    return market.price(value, quantile_anchor(policy))


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


class View:
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
        self.speeds: dict[int, Figure] = {}
        self.common: dict[str, Any] = {
            "model": model.slug,
            "price_at_policy": price_at(market, policy),
            "market_tokens": market.market_tokens,
            "parameters_billion": Decimal(model.architecture.parameters.total) / 10**9,
            "rivals": Evidence(
                Decimal(rivals),
                market.rivals_source,
                market.rivals_as_of,
                market.at("offers"),
            ),
            "age_days": market.age_days(now=now),
            "has_successor": market.has_successor,
            "successor_share": market.successor_share,
            "schedule_link": schedule_link(model.slug),
        }

    def candidates_of(self, each: Rentable) -> Iterable[Candidate]:
        """A machine with its market, as the matrix takes it, once for each way."""
        speed = self.speed_of(each)
        if not each.machine.fitting.ok:
            yield self._candidate(each, Serving(), speed)
            return
        for serving in servings(each.machine, self.busy, self.rates):
            yield self._candidate(each, serving, speed)

    def speed_of(self, each: Rentable) -> Figure:
        """Its speed; reckoned once for all offers of a shape, which have it in common."""
        known = self.speeds.get(id(each.machine.speed))
        if known is None:
            known = speed_figure(each.machine, self.market, each.speed_link)
            self.speeds[id(each.machine.speed)] = known
        return known.opening(each.speed_link)

    def _candidate(self, each: Rentable, serving: Serving, speed: Figure) -> Candidate:
        machine, market = each.machine, self.market
        by_hours = serving.way is Way.HOURS
        payer = self.paying.get(machine.provider) or next(iter(self.paying.values()))
        rate = self.rates.get(machine.gpu_type_id) if serving.way is Way.SPOT else None
        return Candidate(
            key=f"{each.key}~hours" if by_hours else each.key,
            title=f"{each.title}, {serving.words}" if serving.words else each.title,
            cannot_run=machine.fitting.reasons if not machine.fitting.ok else (),
            figures={
                Input.PRICE: self.price,
                Input.DEMAND: self.demand,
                Input.RENT: each.rent,
                Input.SPEED: speed,
            },
            balance=payer.balance,
            burn_usd_per_hour=payer.burn_usd_per_hour,
            soft=(*soft_parts(machine, market), *unsure(serving, market, rate)),
            plan_link=each.sheet_of(serving),
            page=each.page,
            cannot_rent=why_not_now(machine),
            serving=serving,
            kind_words=kind_words(serving, rate),
            **self.common,
        )


def schedule_link(slug: str) -> str:
    """The planner that says what of a model should run hour by hour."""
    return f"{reverse('economics:schedules')}?{urlencode({'model': slug})}"


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
