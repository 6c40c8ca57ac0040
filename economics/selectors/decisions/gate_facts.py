"""The gates of each fleet, with the numbers that they look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from economics.calc.decide import (
    Candidate,
    Input,
    Way,
    break_even_utilization_at,
    full_tokens,
)
from economics.calc.gates import (
    DedicatedFacts,
    DemandFacts,
    Evidence,
    ExitFacts,
    Gate,
    Policy,
    PremiumFacts,
    all_followed,
    dedicated,
    demand_verified,
    exit_tier,
    least_taken,
    premium_price,
    share_needed,
    tier_one_profitable,
    together,
    trailing_sum,
)
from economics.calc.money import MILLION
from economics.calc.unknown import Unknown
from economics.selectors.decisions.books import Books, DayBook, loss_of, run_above
from economics.selectors.decisions.figures import quantile_anchor
from economics.selectors.decisions.fleet_models import FleetModel, ModelVerdict
from economics.selectors.decisions.markets import ModelMarket
from economics.selectors.policies import Counting
from fleet.models import Fleet, Tier

PLANNED_MODEL = "glm-5"  # of tier 2 before there is one: the founding plan's
HOURS = 24


@dataclass(frozen=True)
class FleetGates:
    """The gates of a fleet; `fleet` None: of tier 2 before there is one.

    models  each model of the fleet with its own part of the verdict
    """

    fleet: Fleet | None
    policy: Counting
    models: tuple[ModelVerdict, ...]
    gates: tuple[Gate, ...]

    @property
    def model(self) -> str:
        """The models' slugs, as they are told and kept."""
        return ", ".join(each.model.slug for each in self.models)

    @property
    def title(self) -> str:
        return str(self.fleet) if self.fleet else "Tier 2, not begun"

    def gate(self, key: str) -> Gate | None:
        return next((each for each in self.gates if each.key == key), None)


def cheapest_to_fill(
    candidates: Iterable[Candidate], model: str, policy: Policy
) -> Candidate | None:
    """The machine of a model that needs the least utilization to pay, in any kind of
    rent for all day; None: none runs."""
    return _least(candidates, model, policy, needed_utilization)


def cheapest_when_used(
    candidates: Iterable[Candidate], model: str, policy: Policy
) -> Candidate | None:
    """The one that the least price pays at the planned utilization; None: none runs."""
    return _least(candidates, model, policy, net_price_to_pay)


def _least(
    candidates: Iterable[Candidate],
    model: str,
    policy: Policy,
    needed: Callable[[Candidate, Policy], Decimal | Unknown],
) -> Candidate | None:
    best: tuple[Decimal, Candidate] | None = None
    for each in candidates:
        if each.model != model or each.cannot_run or not each.is_allowed(policy):
            continue
        if each.serving.way is Way.HOURS:
            continue
        value = needed(each, policy)
        if isinstance(value, Decimal) and (best is None or value < best[0]):
            best = (value, each)
    return best[1] if best else None


def needed_utilization(machine: Candidate, policy: Policy) -> Decimal | Unknown:
    """Utilization that pays it [1], at the policy's price and rent. A serverless worker
    is filled to the planned utilization while it works."""
    to = policy.most_utilization
    if not to:
        return Unknown("nothing is planned to be sold")
    return break_even_utilization_at(machine, policy, filled_to=to)


def net_price_to_pay(machine: Candidate, policy: Policy) -> Decimal | Unknown:
    """Net price that pays it at the planned utilization [USD / 1M tokens], all day."""
    rent, full = machine.figures[Input.RENT].mid, full_tokens(machine)
    if isinstance(rent, Unknown):
        return rent
    if isinstance(full, Unknown):
        return full
    tokens = full * policy.most_utilization
    if not tokens:
        return Unknown("nothing is planned to be sold")
    return rent * policy.gpu_price_factor * HOURS / tokens * MILLION


def gates_of(
    fleet: Fleet | None,
    counting: Counting,
    models: Sequence[FleetModel],
    candidates: Sequence[Candidate],
    books: Books,
    *,
    begun: bool = True,
    only: str = "",
) -> FleetGates:
    """The gates of a fleet: of tier 1 its own profit and its exit, of tier 2 all.

    Demand and price are asked of every model; each has to answer. To leave is judged by
    the fleet's own sums, and by a successor only where every model lost its tokens to one.

    begun  whether it has a deployment; without one there is nothing to leave
    only   the slug of its one deployment, whose days are the fleet's; "" of several
    """
    days = {"deployment": only} if only else {}
    policy = counting.policy
    profit = books.tier_profit(Tier.ONE)
    run = run_above(profit, books.newest, policy.least_profit_usd_per_day)
    found = [tier_one_profitable(policy, books.at(run, days_link(None, "profitable-days")))]
    if fleet is None or fleet.tier == Tier.TWO:
        demand, premium = [], []
        for each in models:
            machine = cheapest_to_fill(candidates, each.slug, policy)
            facts = demand_facts(each, machine, counting)
            demand.append((each.name, demand_verified(policy, facts)))
            used = cheapest_when_used(candidates, each.slug, policy)
            pays = premium_facts(each.market, used, policy)
            premium.append((each.name, premium_price(policy, pays)))
        found += [together(demand), together(premium)]
    verdicts = tuple(
        verdict_of(each, policy, books, begun=begun, days=days) for each in models
    )
    if fleet is not None and begun:
        book = books.of_fleet(fleet.pk)
        if fleet.tier == Tier.TWO:
            busy = run_above(book.utilization, books.newest, policy.dedicated_utilization)
            seen = books.at(busy, days_link(fleet, "used-days"))
            found.append(dedicated(policy, DedicatedFacts(seen)))
        found.append(fleet_exit(policy, book, books, verdicts, fleet, only))
    return FleetGates(fleet, counting, verdicts, tuple(found))


def verdict_of(
    model: FleetModel,
    policy: Policy,
    books: Books,
    *,
    begun: bool,
    days: Mapping[str, str],
) -> ModelVerdict:
    """One model's own contribution, and whether to leave it."""
    contribution = books.seen(model.contribution(books, policy), **days)
    leave = None
    if begun:
        leave = exit_gate(policy, model.book(books), books, model.market, days)
    return ModelVerdict(model, contribution, leave)


def fleet_exit(
    policy: Policy,
    book: DayBook,
    books: Books,
    verdicts: Sequence[ModelVerdict],
    fleet: Fleet,
    only: str,
) -> Gate:
    """Whether to leave a fleet: by its own days, with each model's part named.

    only  the slug of its one deployment, whose days show the fleet's; "" of several
    """
    models = [each.model for each in verdicts]
    contribution = trailing_sum(
        book.profit, newest=books.newest, days=int(policy.exit_days)
    )
    loss = loss_of(book)
    if only:
        seen = books.seen(contribution, deployment=only)
        lost = books.seen(loss, deployment=only)
    else:
        seen = books.at(contribution, days_link(fleet, "contribution"))
        lost = books.at(loss, days_link(fleet, "loss"))
    if len(models) > 1:
        parts = "; ".join(f"{each.model.name} {each.words}" for each in verdicts)
        seen = replace(seen, source=f"{seen.source}: {parts}")
    share = least_taken(
        [each.successor_share for each in models], allowed=policy.most_successor_share
    )
    return exit_tier(
        policy,
        ExitFacts(
            contribution=seen,
            loss=lost,
            has_successor=all_followed(each.has_successor for each in models),
            successor_share=share,
        ),
    )


def days_link(fleet: Fleet | None, anchor: str) -> str:
    """The line of a fleet's closed days that shows a figure; None: of tier 1 alone."""
    query = f"?{urlencode({'fleet': fleet.slug})}" if fleet else ""
    return f"{reverse('economics:decide-days')}{query}#{anchor}"


def exit_gate(
    policy: Policy,
    book: DayBook,
    books: Books,
    market: ModelMarket | None,
    days: Mapping[str, str],
) -> Gate:
    """Whether to leave a deployment, or the deployments of one model.

    days  the query of the page that shows them
    """
    contribution = trailing_sum(
        book.profit, newest=books.newest, days=int(policy.exit_days)
    )
    nobody = Evidence(Unknown("its market is not known"), "no market")
    return exit_tier(
        policy,
        ExitFacts(
            contribution=books.seen(contribution, **days),
            loss=books.seen(loss_of(book), **days),
            has_successor=market.has_successor if market else None,
            successor_share=market.successor_share if market else nobody,
        ),
    )


def demand_facts(
    model: FleetModel, machine: Candidate | None, counting: Counting
) -> DemandFacts:
    """Of a model's market against its cheapest machine."""
    market = model.market
    if market is None:
        nobody = Evidence(Unknown("its market is not known"), "no market")
        return DemandFacts(nobody, nobody, nobody, nobody, None, nobody)
    source = machine.told if machine else "no machine on offer"
    return DemandFacts(
        market_tokens=market.market_tokens,
        share_needed=Evidence(
            share_of_market(machine, market, counting.policy),
            f"{source}; {market.market_tokens.source}",
            market.market_tokens.as_of,
            f"{machine.page}#share-needed-{counting.row.name}" if machine else "",
        ),
        trend=model.trend,
        age_days=model.age_days,
        has_successor=market.has_successor,
        successor_share=market.successor_share,
    )


def share_of_market(
    machine: Candidate | None, market: ModelMarket, policy: Policy
) -> Decimal | Unknown:
    """Share of a model's market that pays a replica [1]."""
    tokens = tokens_to_pay(machine, policy)
    return share_needed(needed_tokens=tokens, market_tokens=market.market_tokens.value)


def tokens_to_pay(machine: Candidate | None, policy: Policy) -> Decimal | Unknown:
    """Tokens a day that pay a replica, at the policy's price and rent."""
    if machine is None:
        return Unknown("no machine on offer is known to run it at a known speed")
    needed, full = needed_utilization(machine, policy), full_tokens(machine)
    if isinstance(needed, Unknown):
        return needed
    return full if isinstance(full, Unknown) else needed * full


def price_to_pay(
    machine: Candidate | None, policy: Policy, *, take_rate: Decimal
) -> Evidence:
    """Price that pays a replica at the planned utilization [USD / 1M tokens, gross]."""
    if machine is None:
        why = Unknown("no machine on offer is known to run it at a known speed")
        return Evidence(why, "no machine on offer")
    source, link = machine.told, machine.plan_link
    net, keep = net_price_to_pay(machine, policy), 1 - take_rate
    if isinstance(net, Unknown):
        return Evidence(net, source, None, link)
    if not keep:
        return Evidence(Unknown("the marketplace keeps all of it"), source, None, link)
    return Evidence(net / keep, source, machine.figures[Input.RENT].as_of, link)


def premium_facts(
    market: ModelMarket | None, machine: Candidate | None, policy: Policy
) -> PremiumFacts:
    """Prices of a market against our break-even price."""
    if market is None:
        nobody = Evidence(Unknown("its market is not known"), "no market")
        return PremiumFacts(nobody, nobody, nobody, nobody)
    needed = price_to_pay(machine, policy, take_rate=market.take_rate)
    return PremiumFacts(
        middle=market.price(market.middle, "middle"),
        quantile=market.price(
            market.price_at(policy.price_quantile), quantile_anchor(policy)
        ),
        floor=market.price(market.floor, "lowest"),
        break_even=needed,
    )
