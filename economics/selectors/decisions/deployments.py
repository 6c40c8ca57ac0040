"""What is known of each deployment that is there, for its verb."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from django.urls import reverse

from economics.calc.break_even import NO_PEAK
from economics.calc.decide import Candidate, DeploymentFacts, Input, Other, Way
from economics.calc.gates import Evidence, Policy
from economics.calc.hours import SECONDS_PER_DAY
from economics.calc.market_share import share_prior
from economics.calc.pricing_advice import (
    PAYS_AT,
    Advice,
    Verdict,
    advise,
    price_that_pays,
)
from economics.calc.unknown import Unknown
from economics.planner.option import Machine
from economics.selectors.break_even import NEVER_RENTED
from economics.selectors.decisions.books import Books
from economics.selectors.decisions.day_facts import day_facts
from economics.selectors.decisions.gate_facts import exit_gate
from economics.selectors.decisions.markets import ModelMarket
from fleet.models import Deployment


def deployment_facts(
    deployment: Deployment,
    policy: Policy,
    market: ModelMarket | None,
    candidates: Iterable[Candidate],
    books: Books,
    machines: Mapping[str, Machine],
) -> DeploymentFacts:
    """One deployment, as its advice takes it. No query.

    machines  on offer, by the key of their candidate
    """
    book, days = books.of_deployment(deployment.pk), day_facts(deployment, books, policy)
    keep = 1 - (market.take_rate if market else Decimal(0))  # without one: no price
    page = reverse("fleet:deployment", args=[deployment.pk])
    rent: Decimal | Unknown = books.rents.get(deployment.pk, NEVER_RENTED)
    peak = deployment.peak_tokens_per_second
    advice = price_advice_of(market, rent, peak)
    ours = market.earned if market else Unknown("its market is not known")
    return DeploymentFacts(
        name=deployment.slug,
        replicas=deployment.replicas,
        tokens=days.tokens,
        contribution=days.contribution,
        utilization=days.utilization,
        usd_per_hour=Evidence(rent, "its newest rented pod", None, page),
        hours=days.hours,
        speed=Evidence(
            NO_PEAK if peak is None else peak * SECONDS_PER_DAY,
            deployment.peak_source or "its peak, as it was set",
            None,
            page,
        ),
        net_price=Evidence(
            ours if isinstance(ours, Unknown) else ours * keep,
            "our price in force, blended by its mix",
            market.looked_at if market else None,
            market.at("net-price") if market else reverse("economics:prices"),
        ),
        advised_price=advised_price(advice, market, keep, deployment.slug),
        advised_share=_advised_share(advice, market),
        no_price_pays=isinstance(advice, Advice) and advice.verdict is Verdict.LEAVE,
        exit=exit_gate(policy, book, books, market, {"deployment": deployment.slug}),
        others=others_of(deployment, candidates, policy, machines),
    )


def price_advice_of(
    market: ModelMarket | None,
    rent: Decimal | Unknown,
    peak: Decimal | None,
) -> Advice | Unknown:
    """What to charge, as the market page advises it."""
    if market is None:
        return Unknown("its market is not known")
    if isinstance(market.middle, Unknown):
        return market.middle
    if isinstance(rent, Unknown):
        return rent
    if peak is None:
        return NO_PEAK
    least = price_that_pays(
        usd_per_hour=rent,
        peak_tokens_per_second=peak,
        utilization=PAYS_AT,
        take_rate=market.take_rate,
    )
    if isinstance(least, Unknown):
        return least
    ours = market.ours if isinstance(market.ours, Decimal) else None
    return advise(ours=ours, middle=market.middle, least=least)


def advised_price(
    advice: Advice | Unknown, market: ModelMarket | None, keep: Decimal, slug: str
) -> Evidence:
    """The advised net price [USD / 1M tokens]; unknown where ours stays or none pays."""
    link = market.at(f"advised-{slug}") if market else ""
    source = market.rivals_source if market else "no market"
    as_of = market.rivals_as_of if market else None
    value: Decimal | Unknown
    if isinstance(advice, Unknown):
        value = advice
    elif advice.price is None:
        value = Unknown("no price both sells and pays on this machine")
    elif advice.verdict is Verdict.KEEP:
        value = Unknown("our price is the advised one")
    else:
        value = advice.price * keep
    return Evidence(value, source, as_of, link)


def _advised_share(advice: Advice | Unknown, market: ModelMarket | None) -> Evidence:
    """Share by price at the advised price over that at ours [1]."""
    why = Unknown("no share by price is known")
    if market is None or isinstance(advice, Unknown) or advice.price is None:
        return Evidence(why, "no market")
    ours = market.ours
    if isinstance(ours, Unknown) or not market.rivals:
        return Evidence(why, market.rivals_source)
    then = share_prior(advice.price, market.rivals)
    now = share_prior(ours, market.rivals)
    if isinstance(then, Unknown) or isinstance(now, Unknown):
        return Evidence(why, market.rivals_source)
    return Evidence(
        then / now, market.rivals_source, market.rivals_as_of, market.at("share")
    )


def others_of(
    deployment: Deployment,
    candidates: Iterable[Candidate],
    policy: Policy,
    machines: Mapping[str, Machine],
) -> tuple[Other, ...]:
    """Machines on offer that run its model at a known speed and price, in every kind of
    rent that the policy allows. Its own weights first: they take the same price."""
    model = deployment.variant.served_model.slug
    found = []
    for each in candidates:
        rent, speed = each.figures[Input.RENT].mid, each.figures[Input.SPEED].mid
        if each.model != model or each.cannot_run or each.cannot_rent:
            continue
        if each.serving.way is Way.HOURS or not each.is_allowed(policy):
            continue  # hours are the deployment's own; the planner says better ones
        if isinstance(rent, Decimal) and isinstance(speed, Decimal):
            found.append(
                Other(
                    each.title,
                    rent,
                    speed,
                    each.plan_link,
                    each.key,
                    each.serving,
                    kind=each.kind_words,
                )
            )
    weights = deployment.variant.repository
    return tuple(sorted(found, key=lambda one: machines[one.key].repository != weights))
