"""What to do with a deployment that is there: keep, scale, move, re-price or stop.
Formulas: docs/formulas/decision.md"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from economics.calc.decide.candidate import usd
from economics.calc.decide.serving import HOURS, Serving, Way
from economics.calc.gates import Evidence, Gate, Policy, State
from economics.calc.money import MILLION
from economics.calc.unknown import Unknown

NOTHING = Decimal(0)
WORTH_A_MOVE = Decimal("0.10")  # of the rent: below it a move is not worth its start


class Verb(StrEnum):
    KEEP = "keep"
    SCALE_UP = "scale up"
    SCALE_DOWN = "scale down"
    MOVE = "move"
    RE_PRICE = "re-price"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Other:
    """A machine that serves the same model. speed [tokens / day] when full.

    key      of the candidate that it is
    serving  the way it is rented; on demand it is paid for the deployment's own hours
    kind     what that way is reckoned with, in words; "" for on demand
    """

    title: str
    usd_per_hour: Decimal
    speed: Decimal
    link: str = ""
    key: str = ""
    serving: Serving = Serving()
    kind: str = ""

    def day(self, tokens: Decimal, hours: Decimal, most: Decimal) -> tuple[Decimal, int]:
        """(USD, replicas or workers) that carry so many tokens in so many hours of a day,
        filled to at most `most` [1]. ValueError where it carries none.

        Spot is rented always or never, so it is paid all day; a serverless worker is paid
        for its starts, and filled to `most` while it works.
        """
        count = replicas_for(tokens, self.serving.tokens(self.speed) * hours / HOURS, most)
        if self.serving.busy_only:
            paid = self.serving.paid_hours(tokens / most, self.speed, replicas=count)
        else:
            always = self.serving.way is Way.SPOT
            paid = (HOURS if always else hours) * count
        return self.usd_per_hour * paid, count


@dataclass(frozen=True, slots=True)
class DeploymentFacts:
    """A deployment with the numbers of its last days.

    replicas          that it wants now
    tokens            [tokens / day] served
    contribution      [USD / day], mean of the trailing closed days
    utilization       [1] of the replicas that ran in the last days
    usd_per_hour      of one replica; speed [tokens / day] of one that is full all day
    hours             [h / day] for which each replica was paid, 24 where it always is
    net_price         [USD / 1M tokens] that we keep of our price
    advised_price     [USD / 1M tokens, net]; Unknown says why there is none
    advised_share     [1] share by price at it over the share at ours, a prior
    exit              the exit gate of this deployment
    others            machines that could serve it instead
    """

    name: str
    replicas: int
    tokens: Evidence
    contribution: Evidence
    utilization: Evidence
    usd_per_hour: Evidence
    hours: Evidence
    speed: Evidence
    net_price: Evidence
    advised_price: Evidence
    advised_share: Evidence
    no_price_pays: bool
    exit: Gate
    others: tuple[Other, ...] = ()


@dataclass(frozen=True, slots=True)
class VerbCell:
    """One verb of a deployment: the profit a day it would lead to, and its reason.

    is_open   whether there is anything to do by this verb
    link      the filled-in sheet that does it, where it is open
    replicas  that there would be then; None where the verb leaves them
    other     key of the candidate that a move goes to
    """

    verb: Verb
    usd_per_day: Decimal | Unknown
    is_open: bool
    reason: str
    link: str = ""
    replicas: int | None = None
    other: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """Every verb of a deployment, and the one that is recommended."""

    facts: DeploymentFacts
    verb: Verb
    cells: tuple[VerbCell, ...]

    @property
    def chosen(self) -> VerbCell:
        return next(each for each in self.cells if each.verb is self.verb)


def advise(facts: DeploymentFacts, policy: Policy) -> Advice:
    """The verb for a deployment: of those that are open the one with the most profit a
    day; keep where none is known to be better. Leaving is first asked by the exit gate:
    what still pays after another verb is not stopped.
    """
    if facts.replicas == 0:
        reason = "It is stopped: it wants no replica."
        cells = tuple(VerbCell(verb, NOTHING, False, reason) for verb in Verb)
        return Advice(facts, Verb.KEEP, cells)
    cells = tuple(_cells(facts, policy))
    best, most = cells[0], cells[0].usd_per_day
    for cell in cells:
        usd_then = cell.usd_per_day
        if not cell.is_open or isinstance(usd_then, Unknown):
            continue
        if isinstance(most, Unknown) or usd_then > most:
            best, most = cell, usd_then
    return Advice(facts, best.verb, cells)


def _cells(facts: DeploymentFacts, policy: Policy) -> Iterator[VerbCell]:
    yield _keep(facts)
    yield _scale_up(facts, policy)
    yield _scale_down(facts, policy)
    yield _move(facts, policy)
    yield _re_price(facts, policy)
    yield _stop(facts)


def _keep(facts: DeploymentFacts) -> VerbCell:
    now = facts.contribution.value
    if isinstance(now, Unknown):
        lost, why = _lost_when_full(facts), f"What it earns is unknown: {now.reason}."
        if lost > 0:
            why += f" Even full it would lose {usd(lost)} a day at our price."
        return VerbCell(Verb.KEEP, now, True, why)
    word = "earns" if now >= 0 else "loses"
    return VerbCell(Verb.KEEP, now, True, f"As it is it {word} {usd(abs(now))} a day.")


def _lost_when_full(facts: DeploymentFacts) -> Decimal:
    """What the replicas lose at our price in a day of which every paid hour is full [USD];
    0 where they would not, or where that is not known."""
    rent, hours = facts.usd_per_hour.value, facts.hours.value
    price, speed = facts.net_price.value, facts.speed.value
    if isinstance(rent, Unknown) or isinstance(hours, Unknown):
        return NOTHING
    if isinstance(price, Unknown) or isinstance(speed, Unknown):
        return NOTHING
    most = speed * hours / HOURS * price / MILLION
    return max((rent * hours - most) * facts.replicas, NOTHING)


def _scale_up(facts: DeploymentFacts, policy: Policy) -> VerbCell:
    """Open above the utilization. What one more earns: what the replicas serve above it."""
    used, now = facts.utilization.value, facts.contribution.value
    if isinstance(used, Unknown):
        return VerbCell(Verb.SCALE_UP, used, False, f"Unknown: {used.reason}.")
    limit = policy.scale_up_utilization
    if not limit:
        why = "The policy's utilization for one more replica is 0, so it says nothing."
        return VerbCell(Verb.SCALE_UP, Unknown("no utilization is set"), False, why)
    if used <= limit:
        return VerbCell(
            Verb.SCALE_UP,
            Unknown("nothing more is asked for"),
            False,
            f"Utilization is {used * 100:.0f} %, not above {limit * 100:.0f} %.",
        )
    rent, price = facts.usd_per_hour.value, facts.net_price.value
    tokens, hours = facts.tokens.value, facts.hours.value
    for each in (now, rent, price, tokens, hours):
        if isinstance(each, Unknown):
            return VerbCell(Verb.SCALE_UP, each, False, f"Unknown: {each.reason}.")
    assert isinstance(now, Decimal) and isinstance(rent, Decimal)
    assert isinstance(price, Decimal) and isinstance(tokens, Decimal)
    assert isinstance(hours, Decimal)
    earned = tokens * (used / limit - 1) * price / MILLION
    return VerbCell(
        Verb.SCALE_UP,
        now + earned - rent * hours,
        True,
        f"Utilization is {used * 100:.0f} %, above {limit * 100:.0f} %; the tokens beyond "
        f"it would pay {usd(earned)} of the {usd(rent * hours)} a day that "
        "one more replica costs.",
        replicas=facts.replicas + 1,
    )


def _scale_down(facts: DeploymentFacts, policy: Policy) -> VerbCell:
    """Open where one replica less still carries the tokens at the planned utilization."""
    used, rent = facts.utilization.value, facts.usd_per_hour.value
    now, hours = facts.contribution.value, facts.hours.value
    if facts.replicas < 2:
        return VerbCell(
            Verb.SCALE_DOWN, Unknown("it has one replica"), False, "It has one replica."
        )
    for each in (used, rent, now, hours):
        if isinstance(each, Unknown):
            return VerbCell(Verb.SCALE_DOWN, each, False, f"Unknown: {each.reason}.")
    assert isinstance(used, Decimal) and isinstance(rent, Decimal)
    assert isinstance(now, Decimal) and isinstance(hours, Decimal)
    after = used * facts.replicas / (facts.replicas - 1)
    if after > policy.most_utilization:
        return VerbCell(
            Verb.SCALE_DOWN,
            Unknown("the others could not carry it"),
            False,
            f"The others would be filled to {after * 100:.0f} %, above "
            f"{policy.most_utilization * 100:.0f} %.",
        )
    return VerbCell(
        Verb.SCALE_DOWN,
        now + rent * hours,
        True,
        f"One less saves {usd(rent * hours)} a day; the others would be filled to "
        f"{after * 100:.0f} %.",
        replicas=facts.replicas - 1,
    )


def replicas_for(tokens: Decimal, speed: Decimal, utilization: Decimal) -> int:
    """Replicas that carry so many tokens a day at a utilization; one at least."""
    if speed <= 0 or utilization <= 0:
        raise ValueError("speed and utilization must be above 0")
    full = (tokens / (speed * utilization)).to_integral_value(rounding=ROUND_CEILING)
    return max(1, int(full))


def _move(facts: DeploymentFacts, policy: Policy) -> VerbCell:
    """The cheapest machine that carries the same tokens, where it saves enough."""
    rent, tokens = facts.usd_per_hour.value, facts.tokens.value
    now, hours = facts.contribution.value, facts.hours.value
    for each in (rent, tokens, now, hours):
        if isinstance(each, Unknown):
            return VerbCell(Verb.MOVE, each, False, f"Unknown: {each.reason}.")
    assert isinstance(rent, Decimal) and isinstance(tokens, Decimal)
    assert isinstance(now, Decimal) and isinstance(hours, Decimal)
    paid = rent * hours * facts.replicas
    best: tuple[Decimal, int, Other] | None = None
    for other in facts.others:
        if min(other.speed, hours, policy.most_utilization) <= 0:
            continue
        cost, count = other.day(tokens, hours, policy.most_utilization)
        if best is None or cost < best[0]:
            best = (cost, count, other)
    if best is None:
        return VerbCell(
            Verb.MOVE,
            Unknown("no other machine is known to run it"),
            False,
            "No other machine on offer is known to run it.",
        )
    cost, count, other = best
    saved = paid - cost
    kind = f" ({other.kind})" if other.kind else ""
    sentence = (
        f"{count}× {other.title}{kind} would cost {usd(cost)} a day against {usd(paid)}."
    )
    return VerbCell(
        Verb.MOVE,
        now + saved,
        saved > paid * WORTH_A_MOVE,
        sentence,
        other.link,
        replicas=count,
        other=other.key,
    )


def _re_price(facts: DeploymentFacts, policy: Policy) -> VerbCell:
    """The advised price, with the tokens that would follow it by price alone."""
    ours, advised = facts.net_price.value, facts.advised_price.value
    if isinstance(advised, Unknown):
        why = f"No price to go to: {advised.reason}."
        return VerbCell(Verb.RE_PRICE, advised, False, why)
    tokens, now = facts.tokens.value, facts.contribution.value
    share, speed = facts.advised_share.value, facts.speed.value
    for each in (ours, tokens, now, share, speed):
        if isinstance(each, Unknown):
            return VerbCell(Verb.RE_PRICE, each, False, f"Unknown: {each.reason}.")
    assert isinstance(ours, Decimal) and isinstance(tokens, Decimal)
    assert isinstance(now, Decimal) and isinstance(share, Decimal)
    assert isinstance(speed, Decimal)
    most = max(tokens, speed * policy.most_utilization * facts.replicas)
    then = min(tokens * share, most)
    more = (then * advised - tokens * ours) / MILLION
    sign = "+" if more >= 0 else ""
    return VerbCell(
        Verb.RE_PRICE,
        now + more,
        advised != ours,
        f"At ${advised:,.4f}/1M instead of ${ours:,.4f}/1M, net, price alone would move "
        f"tokens by {share:.2f} times, as far as the replicas carry them: "
        f"{sign}{usd(more)} a day.",
        facts.advised_price.link,
    )


def _stop(facts: DeploymentFacts) -> VerbCell:
    """Nothing is paid and nothing earned; open where the exit gate says so or it loses."""
    now = facts.contribution.value
    met = [each for each in facts.exit.conditions if each.state is State.MET]
    if met:
        return VerbCell(Verb.STOP, NOTHING, True, f"{met[0].title}: {met[0].seen_words}.")
    lost = _lost_when_full(facts)
    if facts.no_price_pays and isinstance(now, Unknown) and lost > 0:
        return VerbCell(
            Verb.STOP,
            NOTHING,
            True,
            f"No price both sells and pays on this machine, and at ours it would lose "
            f"{usd(lost)} a day even full.",
        )
    if facts.no_price_pays and isinstance(now, Decimal):
        return VerbCell(
            Verb.STOP, NOTHING, True, "No price both sells and pays on this machine."
        )
    if isinstance(now, Decimal) and now < 0:
        return VerbCell(Verb.STOP, NOTHING, True, "Stopped it would lose nothing.")
    return VerbCell(Verb.STOP, NOTHING, False, "Nothing asks for it.")
