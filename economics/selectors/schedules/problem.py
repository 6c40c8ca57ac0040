"""The planner's problem out of the console's rows, each input with its source and age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from economics.calc.hours import HOUR, day_of, hour_start
from economics.calc.token_mix import TokenRates
from economics.calc.unknown import Unknown
from economics.planner.option import PlanOption
from economics.planner.schedule.problem import Limits, ModelDemand, Problem
from economics.selectors.plan import PlanAnswer, answer
from economics.selectors.plan_facts import ModelFacts
from economics.selectors.plan_question import question_of
from economics.selectors.schedules.candidates import (
    Running,
    candidate_of,
    chosen,
    rate_of,
    running_now,
    running_of,
    words_of,
)
from economics.selectors.schedules.demand import HourlyDemand, market_demand, own_demand
from economics.selectors.schedules.demand_file import FileDemand
from economics.selectors.schedules.inputs import (
    FixedCost,
    Input,
    fixed_cost,
    inputs_of,
)
from economics.selectors.schedules.question import FILES, MARKET, MEAN, ScheduleQuestion
from economics.selectors.take_rates import TakeRates
from fleet.selectors.spot import InterruptionRate
from fleet.throughput.speed_question import SpeedQuestion

NOT_A_CANDIDATE = "runs now on a machine that is no candidate; it is not counted"


@dataclass(frozen=True, slots=True)
class Asked:
    """A problem with its inputs, or what is missing for one.

    options   of the candidates, in their order; rates: how often each is taken away
    left_out  (what, why) of each way to serve that is no candidate
    """

    question: ScheduleQuestion
    problem: Problem | None
    missing: tuple[str, ...]
    inputs: tuple[Input, ...]
    options: tuple[PlanOption, ...]
    left_out: tuple[tuple[str, str], ...]
    speeds_missing: tuple[SpeedQuestion, ...]
    demand: HourlyDemand | None = None
    rates: tuple[InterruptionRate | None, ...] = ()
    now: datetime | None = None


def in_words(asked: Asked, text: str) -> str:
    """A text of the planner, which knows keys, with the words of each machine."""
    options = sorted(asked.options, key=lambda each: -len(each.machine.key))
    for option in options:  # the longest first: a key may begin another
        key, words = option.machine.key, words_of(option)
        text = text.replace(f"1 × {key}", f"1 replica of {words}")
        text = text.replace(f"× {key}", f"replicas of {words}").replace(key, words)
    return text


def first_hour(now: datetime) -> datetime:
    """When a plan that is asked for now begins; the token prices in force then count."""
    return hour_start(now) + HOUR


def asked_problem(
    question: ScheduleQuestion,
    facts: ModelFacts,
    *,
    now: datetime,
    simulated: bool,
    file: FileDemand | None = None,
) -> Asked:
    """The problem that begins with the next full UTC hour.

    simulated  whether the usage and the pods of simulated fleets count; never mixed
    file       the demand, where the question's source is a file
    """
    start = first_hour(now)
    take_rate = TakeRates().on(day_of(now))
    plan = answer(question_of({}, facts, take_rate=take_rate), facts, now=now)
    demand = demand_of(question, facts, file, start=start, simulated=simulated)
    rates = plan.what_if.rates
    running = running_now(question.model, simulated=simulated)
    options, left_out = chosen(plan.fitting, running)
    missing = [
        *([f"Demand: {demand.reason}."] if isinstance(demand, Unknown) else []),
        *(
            [f"Prices: {rates.reason}; the page Prices sets one."]
            if isinstance(rates, Unknown)
            else []
        ),
        *([] if options else [_no_candidate(plan, left_out)]),
    ]
    interruptions = tuple(rate_of(each.machine, now=now) for each in options)
    problem = None
    inputs: tuple[Input, ...] = ()
    if options and not isinstance(demand, Unknown) and not isinstance(rates, Unknown):
        left_out += _not_counted(running, options)
        fixed, net = fixed_cost(now, simulated=simulated), _net(rates, take_rate)
        problem = _problem(
            question, demand, options, interruptions, running, fixed, net, start=start
        )
        inputs = inputs_of(
            plan,
            question,
            demand,
            options=options,
            running=running,
            fixed=fixed,
            take_rate=take_rate,
            net=net,
            now=now,
        )
    return Asked(
        question=question,
        problem=problem,
        missing=tuple(missing),
        inputs=inputs,
        options=tuple(options),
        left_out=tuple(left_out),
        speeds_missing=tuple(plan.missing),
        demand=None if isinstance(demand, Unknown) else demand,
        rates=interruptions,
        now=now,
    )


def demand_of(
    question: ScheduleQuestion,
    facts: ModelFacts,
    file: FileDemand | None,
    *,
    start: datetime,
    simulated: bool,
) -> HourlyDemand | Unknown:
    """The demand of each hour by the source that is asked for, or why it is not known."""
    with_means = question.unknown == MEAN
    if question.source in FILES:
        if file is None:
            return Unknown("no file was given; choose one")
        return file.demand(start=start, hours=question.hours, with_means=with_means)
    if question.source == MARKET:
        return market_demand(facts.traffic, hours=question.hours)
    return own_demand(
        question.model,
        start=start,
        hours=question.hours,
        simulated=simulated,
        with_means=with_means,
    )


def _problem(
    question: ScheduleQuestion,
    demand: HourlyDemand,
    options: list[PlanOption],
    interruptions: tuple[InterruptionRate | None, ...],
    running: tuple[Running, ...],
    fixed: FixedCost,
    net: TokenRates,
    *,
    start: datetime,
) -> Problem:
    return Problem(
        start=start,
        demands=(
            ModelDemand(
                model=question.model,
                tokens=demand.tokens,
                requests=demand.requests,
                net_rates=net,
                share=question.share,
                least_replicas=question.floor,
                most_replicas=question.replicas,
                uptime=question.uptime,
            ),
        ),
        candidates=tuple(
            candidate_of(
                each,
                question,
                start=start,
                running=running_of(each.machine, running),
                rate=rate,
            )
            for each, rate in zip(options, interruptions, strict=True)
        ),
        limits=Limits(question.usd_per_hour, question.usd_per_day, question.replicas),
        fixed_usd_per_day=fixed.usd_per_day,
    )


def _net(rates: TokenRates, take_rate: Decimal) -> TokenRates:
    kept = 1 - take_rate
    return TokenRates(
        rates.uncached_prompt * kept, rates.cached_prompt * kept, rates.completion * kept
    )


def _not_counted(
    running: tuple[Running, ...], options: list[PlanOption]
) -> list[tuple[str, str]]:
    """Replicas that run and are of no candidate."""
    return [
        (each.words, NOT_A_CANDIDATE)
        for each in running
        if not any(each.is_of(option.machine) for option in options)
    ]


def _no_candidate(plan: PlanAnswer, left: list[tuple[str, str]]) -> str:
    if plan.missing:
        return f"Speeds: {len(plan.missing)} are still being worked out; ask again."
    if left:
        return f"Candidates: none of {len(left)} that fit can be used; {left[0][1]}."
    return "Candidates: no known GPU offer fits this model; see the page Plan."
