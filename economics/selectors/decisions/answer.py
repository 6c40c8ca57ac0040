"""The decision as of now: every goal, every deployment, every gate, from one reading.

Page, command and API show this; so their answers are the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from economics.calc.decide import (
    Advice,
    Answer,
    Candidate,
    Flip,
    advise,
    answer_judged,
    flips_among,
    judge,
    turns_of,
)
from economics.calc.gates import Evidence, Policy
from economics.calc.unknown import Unknown
from economics.models import TokenPrice
from economics.selectors.decisions.books import Books, books
from economics.selectors.decisions.candidates import (
    Account,
    Candidates,
    candidates,
    known_slugs,
)
from economics.selectors.decisions.deployments import deployment_facts
from economics.selectors.decisions.fleet_models import fleet_model, models_of
from economics.selectors.decisions.gate_facts import (
    PLANNED_MODEL,
    FleetGates,
    gates_of,
)
from economics.selectors.decisions.markets import ModelMarket, model_markets
from economics.selectors.decisions.sheets import Sheets
from economics.selectors.decisions.ways import Unused
from economics.selectors.policies import (
    DEFAULT,
    Counting,
    fleets_with_policies,
    goal_of,
    goal_rows,
    policies,
    policy_of_fleet,
)
from fleet.models import Deployment, Fleet, ServedModel, Tier
from fleet.selectors.account import accounts
from fleet.throughput.speed_question import SpeedQuestion


@dataclass(frozen=True)
class GoalAnswer:
    """A goal's answer, with what would flip it."""

    answer: Answer
    flips: tuple[Flip, ...]


@dataclass(frozen=True)
class DeploymentAdvice:
    """A deployment with its advice, and the policy it was judged by."""

    deployment: Deployment
    policy: Counting
    advice: Advice


@dataclass(frozen=True)
class Decision:
    """Everything that was decided at `now`, and what it was decided from.

    rows     every deployment of the fleets; `deployments` has their advice
    missing  speeds that nobody has worked out yet: a worker must be asked
    unused   ways to rent of which there is no candidate, with why
    served   every model of ours, with its listing; prices: in force, by its id
    """

    now: datetime
    policy: Counting
    policies: Mapping[str, Counting]
    goals: tuple[GoalAnswer, ...]
    rows: tuple[Deployment, ...]
    deployments: tuple[DeploymentAdvice, ...]
    gates: tuple[FleetGates, ...]
    candidates: tuple[Candidate, ...]
    markets: Mapping[str, ModelMarket]
    books: Books
    account: Account
    missing: tuple[SpeedQuestion, ...]
    unused: tuple[Unused, ...]
    served: tuple[ServedModel, ...]
    prices: Mapping[int, TokenPrice]


def decide(
    *,
    now: datetime,
    policy: str = "",
    with_flips: bool = True,
    gates_only: bool = False,
    known: Mapping[str, Counting] | None = None,
) -> Decision:
    """The decision as of `now`. 22 queries at most, however many models there are.

    policy  the name of the one that new rent is judged by; "": the safer one. What a
            fleet has is judged by its own. Raises KeyError for one that does not exist.
    gates_only  without goals and advice, and with no more candidates than the gates ask
    known   every policy, where they were read already
    """
    known = policies() if known is None else known
    counting = known[policy or DEFAULT]
    fleets, chosen = fleets_with_policies(known, simulated=settings.KERNE_SANDBOX)
    rows = list(
        Deployment.objects.filter(fleet__in=fleets).select_related(
            "fleet", "variant__served_model"
        )
    )
    served = [each.variant.served_model.slug for each in rows]
    known_markets = [*served, PLANNED_MODEL]
    if not gates_only:
        known_markets = known_slugs(known_markets)
    told = model_markets(known_markets, now=now)
    markets = told.by_slug
    paying = accounts_now(now=now)
    asked = tier_two_models(rows) if gates_only else markets
    seen = {slug: markets[slug] for slug in asked}
    found = candidates(seen, counting.policy, paying, now=now)
    book = books(fleets, rows)
    goals: tuple[GoalAnswer, ...] = ()
    advice: tuple[DeploymentAdvice, ...] = ()
    if not gates_only:
        goals = tuple(every_answer(found.rows, counting.policy, with_flips=with_flips))
        advice = tuple(advised(each, known, chosen, markets, found, book) for each in rows)
    return Decision(
        now=now,
        policy=counting,
        policies=known,
        goals=goals,
        rows=tuple(rows),
        deployments=advice,
        gates=tuple(every_gate(fleets, rows, known, chosen, markets, found, book, now=now)),
        candidates=tuple(found.rows),
        markets=markets,
        books=book,
        account=next(iter(paying.values())),
        missing=tuple(found.missing),
        unused=found.unused,
        served=told.served,
        prices=told.prices,
    )


def tier_two_models(rows: Iterable[Deployment]) -> list[str]:
    """The models whose machines the gates look at: those of tier 2, or what it would
    begin with."""
    slugs = [each.variant.served_model.slug for each in rows if each.fleet.tier == Tier.TWO]
    return list(dict.fromkeys(slugs)) or [PLANNED_MODEL]


def every_answer(
    rows: list[Candidate], policy: Policy, *, with_flips: bool
) -> Iterable[GoalAnswer]:
    """The answer of each goal, and, where they are asked for, its flips."""
    judged = judge(rows, policy)
    turns = turns_of(rows, policy) if with_flips else None
    for row in goal_rows():
        answer = answer_judged(goal_of(row), judged, policy)
        turned = flips_among(answer, turns, policy) if turns is not None else ()
        yield GoalAnswer(answer, turned)


def accounts_now(*, now: datetime) -> dict[str, Account]:
    """The account of each connected cloud, the main one first: it pays for all but spot.
    Two queries."""
    found = {}
    for each in accounts(now=now):
        unread = each.reason or "the balance was not read"
        value = Unknown(unread) if each.balance is None else each.balance.balance_usd
        evidence = Evidence(
            value, f"balance at {each.provider}", each.read_at, reverse("economics:cash")
        )
        found[each.provider] = Account(evidence, each.burn_usd_per_hour)
    return found


def advised(
    deployment: Deployment,
    known: Mapping[str, Counting],
    chosen: Mapping[int, Counting],
    markets: Mapping[str, ModelMarket],
    found: Candidates,
    book: Books,
) -> DeploymentAdvice:
    """The advice of one deployment, by its fleet's policy, with the sheets that do it."""
    counting = policy_of_fleet(deployment.fleet, known, chosen)
    slug = deployment.variant.served_model.slug
    market, own = markets.get(slug), found.by_model.get(slug, [])
    facts = deployment_facts(deployment, counting.policy, market, own, book, found.machines)
    sheets = Sheets(deployment, market, found.machines)
    advice = sheets.filled(advise(facts, counting.policy))
    return DeploymentAdvice(deployment, counting, advice)


def every_gate(
    fleets: Iterable[Fleet],
    rows: Iterable[Deployment],
    known: Mapping[str, Counting],
    chosen: Mapping[int, Counting],
    markets: Mapping[str, ModelMarket],
    found: Candidates,
    book: Books,
    *,
    now: datetime,
) -> Iterable[FleetGates]:
    """The gates of each fleet that has a deployment, by all of its models; without one of
    tier 2 also those of what it would begin with: the founding plan's model."""
    by_fleet: dict[int, list[Deployment]] = {}
    for each in rows:
        by_fleet.setdefault(each.fleet_id, []).append(each)
    asked: list[Fleet | None] = [each for each in fleets if each.pk in by_fleet]
    if not any(fleet is not None and fleet.tier == Tier.TWO for fleet in asked):
        asked.append(next((each for each in fleets if each.tier == Tier.TWO), None))
    for fleet in asked:
        counting = policy_of_fleet(fleet, known, chosen)
        own = by_fleet.get(fleet.pk, []) if fleet is not None else []
        models = models_of(own, markets, now=now) or (
            fleet_model(PLANNED_MODEL, PLANNED_MODEL, (), markets, now=now),
        )
        seen: list[Candidate] = []
        if fleet is None or fleet.tier == Tier.TWO:  # the gates of tier 1 need no machine
            slugs = [each.slug for each in models]
            seen = found.seen_by(counting.policy, markets, slugs)
        only = own[0].slug if len(own) == 1 else ""
        yield gates_of(fleet, counting, models, seen, book, begun=bool(own), only=only)
