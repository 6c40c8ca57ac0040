"""The planner's problem out of the console's rows, each input with its source and age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from economics.calc.hours import HOUR, day_of, hour_start
from economics.calc.token_mix import TokenRates
from economics.calc.unknown import Unknown
from economics.planner.option import SERVERLESS, PlanOption
from economics.planner.schedule.problem import (
    Candidate,
    Limits,
    ModelDemand,
    Problem,
    Rental,
)
from economics.selectors.plan import PlanAnswer, answer
from economics.selectors.plan_facts import ModelFacts
from economics.selectors.plan_question import question_of
from economics.selectors.schedules.demand import (
    HourlyDemand,
    market_demand,
    own_demand,
)
from economics.selectors.schedules.question import MARKET, ScheduleQuestion
from economics.selectors.take_rates import TakeRates
from fleet.throughput.speed_question import SpeedQuestion

MOST_OPTIONS = 12  # the cheapest tokens; more cost the solver time and change little
IDLE_SECONDS = Decimal(5)  # a serverless worker's, RunPod's default
NO_STOCK = "none"


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that the answer rests on, as a page shows it."""

    name: str
    value: str
    source: str
    age: str
    tag: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A problem with its inputs, or what is missing for one.

    options   of the candidates, in their order
    left_out  (what, why) of each way to serve that is no candidate
    """

    question: ScheduleQuestion
    problem: Problem | None
    missing: tuple[str, ...]
    inputs: tuple[Input, ...]
    options: tuple[PlanOption, ...]
    left_out: tuple[tuple[str, str], ...]
    speeds_missing: tuple[SpeedQuestion, ...]


def asked_problem(
    question: ScheduleQuestion, facts: ModelFacts, *, now: datetime, simulated: bool
) -> Asked:
    """The problem that begins with the next full UTC hour..

    simulated  whether the usage of simulated fleets is the history; never mixed
    """
    start = hour_start(now) + HOUR
    take_rate = TakeRates().on(day_of(now))
    plan = answer(question_of({}, facts, take_rate=take_rate), facts, now=now)
    demand = (
        market_demand(facts.traffic, hours=question.hours)
        if question.source == MARKET
        else own_demand(
            question.model, start=start, hours=question.hours, simulated=simulated
        )
    )
    rates = plan.what_if.rates
    options, left_out = _options(plan)
    missing = [
        *([f"Demand: {demand.reason}."] if isinstance(demand, Unknown) else []),
        *(
            [f"Prices: {rates.reason}; the page Prices sets one."]
            if isinstance(rates, Unknown)
            else []
        ),
        *([] if options else [_no_candidate(plan, left_out)]),
    ]
    problem = None
    inputs: tuple[Input, ...] = ()
    if options and not isinstance(demand, Unknown) and not isinstance(rates, Unknown):
        problem = Problem(
            start=start,
            demands=(_demand(question, demand, _net(rates, take_rate)),),
            candidates=tuple(_candidate(each, question) for each in options),
            limits=Limits(question.usd_per_hour, question.usd_per_day, question.replicas),
        )
        inputs = _inputs(plan, demand, take_rate, now)
    return Asked(
        question=question,
        problem=problem,
        missing=tuple(missing),
        inputs=inputs,
        options=tuple(options),
        left_out=tuple(left_out),
        speeds_missing=tuple(plan.missing),
    )


def _net(rates: TokenRates, take_rate: Decimal) -> TokenRates:
    kept = 1 - take_rate
    return TokenRates(
        rates.uncached_prompt * kept, rates.cached_prompt * kept, rates.completion * kept
    )


def _demand(
    question: ScheduleQuestion, demand: HourlyDemand, net: TokenRates
) -> ModelDemand:
    return ModelDemand(
        model=question.model,
        tokens=demand.tokens,
        requests=demand.requests,
        net_rates=net,
        share=question.share,
        least_replicas=question.floor,
        most_replicas=question.replicas,
        uptime=question.uptime,
    )


def _options(plan: PlanAnswer) -> tuple[list[PlanOption], list[tuple[str, str]]]:
    """The options that can be rented from here and planned with, and why others are not."""
    kept: list[PlanOption] = []
    left: list[tuple[str, str]] = []
    for option in plan.fitting:
        why = _why_not(option)
        if not why and len(kept) >= MOST_OPTIONS:
            why = f"the {MOST_OPTIONS} with the cheapest tokens are planned with"
        if why:
            left.append((words_of(option), why))
        else:
            kept.append(option)
    return kept, left


def _why_not(option: PlanOption) -> str:
    machine = option.machine
    if not machine.price.rentable:
        return "it can not be rented from this console"
    if machine.price.stale:
        return "its price is too old; the page GPU prices reads a new one"
    if machine.price.stock == NO_STOCK:
        return "it is out of stock"
    if isinstance(machine.speed, Unknown):
        return f"its speed is unknown: {machine.speed.reason}"
    if machine.kind == Rental.SPOT:
        return "how often spot is interrupted was not measured"
    if machine.kind not in (Rental.ON_DEMAND, SERVERLESS):
        return f"{machine.kind} is not planned by the hour"
    return ""


def words_of(option: PlanOption) -> str:
    """An option in a few words: 1× RTX 4090 fp8, runpod secure, on-demand."""
    machine = option.machine
    shape = f"{machine.gpu_count}× {machine.gpu_name} {machine.precision}"
    return f"{shape}, {machine.where}"


def _no_candidate(plan: PlanAnswer, left: list[tuple[str, str]]) -> str:
    if plan.missing:
        return f"Speeds: {len(plan.missing)} are still being worked out; ask again."
    if left:
        return f"Candidates: none of {len(left)} that fit can be used; {left[0][1]}."
    return "Candidates: no known GPU offer fits this model; see the page Plan."


def _candidate(option: PlanOption, question: ScheduleQuestion) -> Candidate:
    machine = option.machine
    assert not isinstance(machine.speed, Unknown)
    serverless = machine.kind == SERVERLESS
    return Candidate(
        key=machine.key,
        model=question.model,
        usd_per_hour=option.usd_per_hour,
        seconds=machine.speed.throughput.seconds,
        rental=Rental.SERVERLESS if serverless else Rental.ON_DEMAND,
        hardware=f"{machine.gpu_count}× {machine.gpu_name}",
        load_seconds=machine.start_seconds,
        stock=question.replicas,
        idle_seconds=IDLE_SECONDS if serverless else Decimal(0),
    )


def _inputs(
    plan: PlanAnswer, demand: HourlyDemand, take_rate: Decimal, now: datetime
) -> tuple[Input, ...]:
    total = sum(each.total for each in demand.tokens)
    said = f"{total:,} tokens in {len(demand.tokens)} hours. {demand.note}".strip()
    return (
        Input("Demand", said, demand.source, demand.observed, demand.tag),
        Input("Token prices", "net of the take rate", plan.prices_source, "now", "set"),
        Input("Take rate", f"{take_rate}", "take rates", f"{day_of(now)}", "set"),
        Input("Stock", "as many as the limit", "not told as a number", "—", "assumed"),
        Input(
            "Replicas that run now", "none counted", "planned from nothing", "—", "assumed"
        ),
    )
