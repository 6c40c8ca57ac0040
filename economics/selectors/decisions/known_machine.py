"""Rent and speed of one machine as Decide reckons with them, each with its numbers put
into the sum that it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from economics.calc.decide import Input, full_tokens
from economics.calc.decide.changes import figure_words
from economics.calc.gates import Evidence, Unit, shown
from economics.calc.hours import SECONDS_PER_DAY
from economics.calc.token_mix import TokenMix
from economics.calc.unknown import Unknown
from economics.planner.option import Machine, Speed
from economics.selectors.decisions.candidates import Account, View, question_of_model
from economics.selectors.decisions.figures import RENT_MOVES, rent_words, speed_figure
from economics.selectors.decisions.gate_facts import needed_utilization, share_of_market
from economics.selectors.decisions.known import Known
from economics.selectors.decisions.markets import ModelMarket
from economics.selectors.decisions.rentable import Rentable, offers_link, rentable
from economics.selectors.decisions.ways import can_be_ordered
from economics.selectors.machines import shaped
from economics.selectors.planned_models import PlannedModel
from economics.selectors.policies import policies
from economics.selectors.schedules.candidates import SPOT
from fleet.selectors.offers import best_offers
from fleet.selectors.speeds import answers, evidence_stamp
from fleet.selectors.spot import interruption_rates

MICRO = 10**6
NO_BALANCE = Evidence(Unknown("no account is asked"), "no account")
NOBODY_PAYS = {"": Account(NO_BALANCE, Decimal(0))}  # a share hangs on no balance
CLASSES = (
    ("uncached_prompt", "uncached prompt"),
    ("cached_prompt", "cached prompt"),
    ("completion", "completion"),
)


@dataclass(frozen=True)
class KnownMachine:
    """A machine for the model: what it is called, its lines, and where they lead on."""

    title: str
    lines: tuple[Known, ...]
    offers_link: str
    plan_link: str


def known_machine(
    model: PlannedModel, market: ModelMarket, key: str, *, now: datetime
) -> KnownMachine | None:
    """The machine of that key; None where none of it can be ordered. Five queries, one of
    them only of spot."""
    offers = [each for each in best_offers(now) if can_be_ordered(each)]
    stamp = evidence_stamp(now=now)
    one = shaped(question_of_model(model), model, offers, stamp=stamp)
    rows = rentable(model, one, answers(list(one.asked.values()))).rows
    found = next((each for each in rows if each.machine.key == key), None)
    if found is None:
        return None
    return KnownMachine(
        title=found.title,
        lines=(*_lines(found, market), *_shares(model, found, market, now=now)),
        offers_link=offers_link(found.machine),
        plan_link=found.plan_link,
    )


def _lines(each: Rentable, market: ModelMarket) -> Iterator[Known]:
    machine, rent = each.machine, each.rent
    speed = speed_figure(machine, market, "")
    yield Known(
        "Rent",
        figure_words(Input.RENT, rent),
        f"{rent_words(machine)}; the range is what a quarter moves it, "
        f"× (1 ± {RENT_MOVES:.2f})",
        rent.source,
        rent.as_of,
        anchor="rent",
    )
    yield Known(
        "Full speed",
        figure_words(Input.SPEED, speed),
        _speed_words(machine, market),
        speed.source,
        speed.as_of,
        anchor="speed",
    )


def _shares(
    model: PlannedModel, each: Rentable, market: ModelMarket, *, now: datetime
) -> Iterator[Known]:
    """The share of the market that pays a replica, as the gates of each policy ask it."""
    gpu = each.machine.gpu_type_id
    rates = interruption_rates([gpu], now=now) if each.machine.kind == SPOT else {}
    for name, counting in sorted(policies().items()):
        policy = counting.policy
        view = View(model, market, policy, NOBODY_PAYS, rates, now=now)
        candidate = next(iter(view.candidates_of(each)))
        needed, full = needed_utilization(candidate, policy), full_tokens(candidate)
        share = share_of_market(candidate, market, policy)
        price = candidate.price_at_policy.value
        how = ""
        if isinstance(needed, Decimal) and isinstance(full, Decimal):
            assert isinstance(price, Decimal)  # the utilization stands on it
            how = (
                f"{shown(needed, Unit.SHARE)} utilization pays it at "
                f"{shown(price, Unit.USD_PER_MILLION)} net and {policy.gpu_price_factor} × "
                f"its rent; × {shown(full, Unit.TOKENS_PER_DAY)} when full / tokens of the "
                "market"
            )
        yield Known(
            f"Share of the market needed, policy {name}",
            f"unknown: {share.reason}"
            if isinstance(share, Unknown)
            else shown(share, Unit.SHARE),
            how,
            market.market_tokens.source,
            market.market_tokens.as_of,
            f"share-needed-{name}",
        )


def _speed_words(machine: Machine, market: ModelMarket) -> str:
    """The seconds of a day by those that a token of the mix takes of a full replica."""
    speed, mix = machine.speed, market.mix
    if isinstance(speed, Unknown) or isinstance(mix, Unknown):
        return ""
    return (
        f"{SECONDS_PER_DAY:,} s / ({_token_words(speed, mix.mix)}); the range is the band "
        f"of the speed, × {speed.low:.3f} to × {speed.high:.3f}"
    )


def _token_words(speed: Speed, mix: TokenMix) -> str:
    shares, seconds = mix.shares, speed.throughput.seconds
    return " + ".join(
        f"{shares[name] * 100:.2f} % × {getattr(seconds, name) * MICRO:.3f} µs {words}"
        for name, words in CLASSES
    )
