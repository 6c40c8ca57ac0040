"""The answer to a plan's question: every option with its money, ranked. Reads rows only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from economics.calc.token_mix import TokenRates
from economics.calc.unknown import Unknown
from economics.planner.money import Assumptions
from economics.planner.option import PlanOption, WhatIf, priced, ranked
from economics.planner.question import PlanQuestion
from economics.selectors.machines import machines_of
from economics.selectors.plan_facts import ModelFacts, price_list
from fleet.throughput.speed_question import SpeedQuestion


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """All options of a question.

    base     the same question before anything was turned, for the change against it
    prices_source  where our prices in use are from
    missing        speeds that nobody has worked out yet: a worker must be asked
    """

    question: PlanQuestion
    facts: ModelFacts
    options: list[PlanOption]
    what_if: WhatIf
    base: WhatIf
    prices_source: str
    missing: list[SpeedQuestion]

    @property
    def fitting(self) -> list[PlanOption]:
        return [each for each in self.options if each.machine.fitting.ok]

    @property
    def not_fitting(self) -> list[PlanOption]:
        return [each for each in self.options if not each.machine.fitting.ok]

    def option(self, key: str) -> PlanOption | None:
        """The option of a key; None where there is none."""
        return next((each for each in self.options if each.machine.key == key), None)

    def before(self, option: PlanOption) -> PlanOption:
        """The same option before anything was turned."""
        return priced(option.machine, self.base)

    @property
    def is_turned(self) -> bool:
        return self.what_if != self.base


def answer(
    question: PlanQuestion,
    facts: ModelFacts,
    *,
    now: datetime,
    with_changes: bool = False,
) -> PlanAnswer:
    """Every option of a checked question, cheapest token first.

    with_changes  also look for what would make each other shape fit; that takes as long
                  as all the rest
    """
    context = question.context_of(facts.model.architecture.max_context)
    question = replace(question, max_model_len=context)
    what_if, source = what_if_of(question, facts)
    found = machines_of(question, facts.model, now=now, with_changes=with_changes)
    return PlanAnswer(
        question=question,
        facts=facts,
        options=ranked(found.machines, what_if),
        missing=found.missing,
        what_if=what_if,
        base=_untouched(question, facts, what_if),
        prices_source=source,
    )


def what_if_of(question: PlanQuestion, facts: ModelFacts) -> tuple[WhatIf, str]:
    """Everything of a question but the machine, and where our prices in it are from."""
    rates, source = _rates(question, facts)
    market = facts.cheapest
    what_if = WhatIf(
        assumed=Assumptions(question.token_mix, question.utilization, question.take_rate),
        rates=rates,
        market=(
            Unknown("no market price of this model is known")
            if market is None
            else price_list(market).rates()
        ),
        gpu_price_factor=question.gpu_price_factor,
        hours=question.hours,
        starts=question.starts,
    )
    return what_if, source


def _rates(question: PlanQuestion, facts: ModelFacts) -> tuple[TokenRates | Unknown, str]:
    """Our rates, and where they are from; without any price, why there is none."""
    if question.prices is not None:
        return question.prices.rates(question.price_factor), "as written in this plan"
    known = facts.prices
    if isinstance(known, Unknown):
        return known, known.reason
    prices, source = known
    return prices.rates(question.price_factor), source


def _untouched(question: PlanQuestion, facts: ModelFacts, what_if: WhatIf) -> WhatIf:
    """The what-if of the question with everything that can be turned at its start."""
    before = replace(
        question,
        utilization=Decimal("0.5"),
        price_factor=Decimal(1),
        gpu_price_factor=Decimal(1),
        mix=None,
        cached_if=None,
        completion_if=None,
    )
    rates, _ = _rates(before, facts)
    return replace(
        what_if,
        assumed=Assumptions(before.token_mix, before.utilization, before.take_rate),
        rates=rates,
        gpu_price_factor=before.gpu_price_factor,
    )
