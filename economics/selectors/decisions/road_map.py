"""The road map and the marketplace's list, their states computed from rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.urls import reverse

from economics.calc.gates import Gate, State
from economics.calc.hours import day_of
from economics.calc.receivables import WorkingCapital, working_capital
from economics.calc.road_map import STEPS, Placed, placed
from economics.calc.unknown import Unknown
from economics.models import OnboardingTick, Statement
from economics.selectors.decisions.answer import Decision
from economics.selectors.decisions.gate_facts import FleetGates
from economics.selectors.listings import Known, our_models
from fleet.models import Deployment, Tier

HAND_ITEMS = (
    ("work-mail", "A work e-mail on the company's own domain", "No free mail is accepted."),
    (
        "data-policy",
        "A published data policy",
        "It says what is logged, for how long, and whether it trains anything.",
    ),
    (
        "applied",
        "The application is sent",
        "It is reviewed; how long that takes is not told.",
    ),
    ("terms", "NDA and provider terms are signed", "They come after the first call."),
    ("security", "The security questionnaire is answered", "SOC 2 helps and is not asked."),
    (
        "endpoint-test",
        "The marketplace's test traffic passed",
        "Streaming with usage in the last chunk, errors, latency and throughput.",
    ),
    ("invoicing", "Monthly invoicing is agreed", "It is the only way of payment."),
)
HAND_KEYS = tuple(key for key, _, _ in HAND_ITEMS)


@dataclass(frozen=True)
class Item:
    """One line of the list. by_hand: a person ticks it; else it is computed.

    is_done  None: not known
    """

    key: str
    title: str
    is_done: bool | None
    why: str
    by_hand: bool
    link: str = ""
    tick: OnboardingTick | None = None


@dataclass(frozen=True)
class RoadMap:
    """The steps, the gates behind them, and the list."""

    first_day: date
    has_begun: bool
    steps: tuple[Placed, ...]
    items: tuple[Item, ...]
    tier_two: FleetGates | None
    capital: WorkingCapital
    usd_per_day: Decimal


def road_map(found: Decision, *, now: datetime) -> RoadMap:
    """Where the plan stands, by a decision of the same instant. Four queries."""
    rented = [each for each in found.rows if each.pk in found.books.rents]
    first = min((day_of(each.created_at) for each in rented), default=day_of(now))
    usd_per_day = rent_per_day(found)
    capital = working_capital(
        usd_per_day=usd_per_day, terms_days=settings.PAYMENT_TERMS_DAYS
    )
    items = tuple(every_item(found, capital, usd_per_day, now=now))
    tier_two = next(
        (each for each in found.gates if each.fleet is None or each.fleet.tier == Tier.TWO),
        None,
    )
    return RoadMap(
        first_day=first,
        has_begun=bool(rented),
        steps=tuple(
            every_step(rented, tier_two, items, first_day=first, today=day_of(now))
        ),
        items=items,
        tier_two=tier_two,
        capital=capital,
        usd_per_day=usd_per_day,
    )


def rent_per_day(found: Decision) -> Decimal:
    """What the deployments that want replicas cost a day [USD], by their newest pods."""
    rents = found.books.rents
    usd = sum(
        (rents.get(each.pk, Decimal(0)) * each.replicas for each in found.rows),
        Decimal(0),
    )
    return usd * 24


def every_step(
    rented: list[Deployment],
    tier_two: FleetGates | None,
    items: Iterable[Item],
    *,
    first_day: date,
    today: date,
) -> Iterable[Placed]:
    """The steps in order, each with what is missing for it."""
    by_tier = {tier: [each for each in rented if each.fleet.tier == tier] for tier in Tier}
    gates = {each.key: each for each in tier_two.gates} if tier_two else {}
    earns, demand = gates.get("tier-1-profitable"), gates.get("demand-verified")
    premium, used = gates.get("premium-price"), gates.get("dedicated")
    open_items = [each.title for each in items if not each.is_done]
    listed = [f"The marketplace's list: {len(open_items)} open"] if open_items else []
    always_on = [each for each in by_tier[Tier.TWO] if not each.schedule_starts]
    done = {
        "tier-1": bool(by_tier[Tier.ONE]),
        "earn": _is_met(earns) and not listed,
        "watch": demand is not None and demand.state is not State.UNKNOWN,
        "tier-2": bool(by_tier[Tier.TWO]),
        "dedicated": bool(always_on),
    }
    missing: dict[str, list[str]] = {
        "tier-1": [],
        "earn": [*_missing(earns), *listed],
        "watch": _unknown(demand),
        "tier-2": [*_missing(earns), *_missing(demand), *_missing(premium)],
        "dedicated": [*_missing(used)]
        if used
        else ["There is no tier 2 whose utilization could be seen"],
    }
    for step in STEPS:
        yield placed(
            step,
            first_day=first_day,
            today=today,
            is_done=done[step.key],
            missing=missing[step.key],
            facts=[each.slug for each in by_tier[Tier.ONE]] if step.key == "tier-1" else [],
        )


def _is_met(gate: Gate | None) -> bool:
    return gate is not None and gate.state is State.MET


def _missing(gate: Gate | None) -> list[str]:
    if gate is None:
        return ["Its gate was not looked at"]
    return [f"{each.title}: {each.sentence}" for each in gate.missing]


def _unknown(gate: Gate | None) -> list[str]:
    """Of a gate that is only watched: what is not known of it."""
    if gate is None:
        return ["Its gate was not looked at"]
    if gate.state is not State.UNKNOWN:
        return []
    return [
        f"{each.title}: {each.sentence}"
        for each in gate.missing
        if each.state is State.UNKNOWN
    ]


def every_item(
    found: Decision, capital: WorkingCapital, usd_per_day: Decimal, *, now: datetime
) -> Iterable[Item]:
    """The list: computed lines first, then those that a person ticks."""
    known = Known(
        served=found.served,
        deployments=found.rows,
        prices=found.prices,
    )
    models = our_models(now=now, known=known)
    priced = [each for each in models if each.price is not None and each.wanted]
    wanted = [each for each in models if each.wanted]
    yield Item(
        "price",
        "A token price is set for what is served",
        bool(wanted) and len(priced) == len(wanted),
        f"{len(priced)} of {len(wanted)} served models have one.",
        False,
        reverse("economics:prices"),
    )
    listed = [each for each in wanted if each.listed is not None]
    reasons = "; ".join(why for each in wanted for why in each.why_not[:1])
    yield Item(
        "listed",
        "The list of models tells of it",
        bool(listed),
        f"{len(listed)} of {len(wanted)} served models are on it. {reasons}".strip(),
        False,
        reverse("economics:listings"),
    )
    ready = [each for each in listed if not each.not_ready_because]
    yield Item(
        "ready",
        "A replica is ready to be asked",
        bool(ready),
        "; ".join(why for each in listed for why in each.not_ready_because)
        or f"{len(ready)} of {len(listed)} listed models are ready.",
        False,
        reverse("fleet:list"),
    )
    yield _float_item(found, capital, usd_per_day)
    stated = Statement.objects.filter(simulated=settings.KERNE_SANDBOX).exists()
    yield Item(
        "statement",
        "A first statement was imported",
        stated,
        "It is what the marketplace owes, month by month.",
        False,
        reverse("economics:statements"),
    )
    ticks = newest_ticks()
    for key, title, why in HAND_ITEMS:
        tick = ticks.get(key)
        yield Item(key, title, tick is not None and tick.is_done, why, True, "", tick)


def _float_item(found: Decision, capital: WorkingCapital, usd_per_day: Decimal) -> Item:
    """The prepaid money that must last until the first payment."""
    balance = found.account.balance.value
    days = 30 + settings.PAYMENT_TERMS_DAYS
    need = f"${usd_per_day:,.2f} a day for {days} days is ${capital.most_usd:,.2f}"
    title, link = "The float lasts until the first payment", reverse("economics:cash")
    if not usd_per_day:
        why = "Nothing is rented, so there is no float to count yet."
        return Item("float", title, None, why, False, link)
    if isinstance(balance, Unknown):
        return Item("float", title, None, f"{need}; {balance.reason}.", False, link)
    why = f"{need}; the balance is ${balance:,.2f}."
    return Item("float", title, balance >= capital.most_usd, why, False, link)


def newest_ticks() -> dict[str, OnboardingTick]:
    """The newest tick of each item. One query."""
    rows = OnboardingTick.objects.order_by("item", "-set_at", "-pk").distinct("item")
    return {row.item: row for row in rows}
