"""The risk of a kept answer, for the page and its chart: amounts as Decimal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from economics.charts.schedule_tornado import TornadoBar


@dataclass(frozen=True, slots=True)
class ScheduleRisk:
    """A schedule in the drawn worlds [USD over all hours], chances as shares [1].

    beyond_least, beyond_most  where the chance lies, 19 times in 20
    picked_as                  which questions it is the answer to
    """

    name: str
    also: str
    setting: str
    as_asked_usd: Decimal
    p10_usd: Decimal
    p50_usd: Decimal
    p90_usd: Decimal
    mean_usd: Decimal
    mean_error_usd: Decimal
    loss: Decimal
    beyond: Decimal
    beyond_least: Decimal
    beyond_most: Decimal
    regret_usd: Decimal
    breaks: tuple[str, ...]
    picked_as: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UncertainInput:
    """One input with the factors [1] of its P10 and P90."""

    name: str
    low: str
    high: str
    source: str


@dataclass(frozen=True, slots=True)
class RiskPage:
    """What is told of an answer's risk.

    without_effect  inputs that move nothing: what is not rented can come as it will
    """

    seed: int
    draws: int
    cap_usd: Decimal
    cap_source: str
    sentences: tuple[str, ...]
    certain: str
    inputs: tuple[UncertainInput, ...]
    schedules: tuple[ScheduleRisk, ...]
    base_usd: Decimal
    bars: tuple[TornadoBar, ...]
    without_effect: int
    limits: tuple[str, ...]


def risk_page(answer: Mapping[str, Any]) -> RiskPage | None:
    """The risk of an answer; None where none was worked out."""
    told = answer.get("risk")
    if told is None:
        return None
    return RiskPage(
        seed=told["seed"],
        draws=told["draws"],
        cap_usd=Decimal(told["cap_usd"]),
        cap_source=told["cap_source"],
        sentences=tuple(told["sentences"]),
        certain=told["certain"],
        inputs=tuple(UncertainInput(**each) for each in told["inputs"]),
        schedules=tuple(_schedule(each) for each in told["schedules"]),
        base_usd=Decimal(told["tornado"]["base_usd"]),
        bars=tuple(_bar(each) for each in told["tornado"]["bars"]),
        without_effect=told["tornado"]["without_effect"],
        limits=tuple(each["sentence"] for each in told["limits"]),
    )


def _schedule(told: Mapping[str, Any]) -> ScheduleRisk:
    return ScheduleRisk(
        name=told["name"],
        also=", ".join(told["also"]),
        setting=told["setting"],
        as_asked_usd=Decimal(told["as_asked_usd"]),
        p10_usd=Decimal(told["p10_usd"]),
        p50_usd=Decimal(told["p50_usd"]),
        p90_usd=Decimal(told["p90_usd"]),
        mean_usd=Decimal(told["mean_usd"]),
        mean_error_usd=Decimal(told["mean_error_usd"]),
        loss=Decimal(told["chance_of_loss"]),
        beyond=Decimal(told["chance_beyond_cap"]),
        beyond_least=Decimal(told["chance_beyond_cap_least"]),
        beyond_most=Decimal(told["chance_beyond_cap_most"]),
        regret_usd=Decimal(told["regret_usd"]),
        breaks=tuple(told["breaks"]),
        picked_as=tuple(told["picked_as"]),
    )


def _bar(told: Mapping[str, Any]) -> TornadoBar:
    low, high = told["low"], told["high"]
    return TornadoBar(
        kind=told["kind"],
        label=told["input"],
        low=low["value"],
        low_usd=Decimal(low["profit_usd"]),
        high=high["value"],
        high_usd=Decimal(high["profit_usd"]),
        source=told["source"],
    )
