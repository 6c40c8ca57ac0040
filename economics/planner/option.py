"""One way to serve a model: the machine, what it does, and what that costs and earns.

The machine of an option (does it fit, how fast is it, when does it start) is found once;
its money is worked out anew for each what-if.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from economics.calc.serving_day import ServingDay
from economics.calc.token_mix import TokenRates
from economics.calc.unknown import Unknown
from economics.planner.money import Assumptions, OptionMoney, Throughput, option_money

SERVERLESS = "serverless"
KV_CACHE = "KV cache"  # the term of a GPU's memory that takes what the others leave


@dataclass(frozen=True, slots=True)
class Price:
    """What a replica costs, and where that was read.

    usd_per_hour  [USD / replica-hour] GPUs and disk
    rentable      whether it can be ordered from this console
    """

    usd_per_hour: Decimal
    usd_per_gpu_hour: Decimal
    source: str
    observed_at: datetime
    stale: bool = False
    stock: str = ""
    rentable: bool = False


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast a full replica is, and how that is known.

    concurrency  requests in the batch at which it holds; limited_by: why no more
    low, high    [1] factors of the error band on the throughput
    ttft_ms      None where it is not known
    """

    throughput: Throughput
    high: Decimal
    kind: str
    source: str
    dated: date | None
    concurrency: int
    output_tokens_per_second: Decimal
    ttft_ms: Decimal | None
    tpot_ms: Decimal
    words: str = ""
    limited_by: str = ""

    @property
    def low(self) -> Decimal:
        return self.throughput.low


@dataclass(frozen=True, slots=True)
class MemoryTerm:
    """One part of a GPU's memory [GiB]."""

    name: str
    gib: Decimal


@dataclass(frozen=True, slots=True)
class Fitting:
    """Whether it starts.

    short_gib      [GiB] missing on each GPU; None where memory is not the reason
    changes        the smallest changes that would make it fit, in words
    memory         the terms of one GPU; `capacity_gib` is what the GPU has
    max_sequences  requests of the plan's length that the KV cache holds at once
    """

    ok: bool
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    short_gib: Decimal | None = None
    memory: tuple[MemoryTerm, ...] = ()
    budget_gib: Decimal | None = None
    capacity_gib: Decimal | None = None
    kv_tokens: int | None = None
    max_sequences: int | None = None

    @property
    def spare_gib(self) -> Decimal | None:
        """What is left of the budget of each GPU for the KV cache [GiB]; None where it does
        not fit, or was not computed."""
        if not self.ok or self.budget_gib is None or not self.memory:
            return None
        taken = (term.gib for term in self.memory if term.name != KV_CACHE)
        return self.budget_gib - sum(taken, Decimal(0))


@dataclass(frozen=True, slots=True)
class Machine:
    """A shape at a provider, as far as it does not depend on a what-if.

    key            stable name of the option, for links
    kind           on_demand, spot, serverless, …
    start_seconds  [s] from the create to the first answer
    """

    key: str
    provider: str
    cloud: str
    kind: str
    gpu_type_id: str
    gpu_name: str
    gpu_count: int
    precision: str
    repository: str
    disk_gb: int
    price: Price
    fitting: Fitting
    speed: Speed | Unknown
    start_seconds: Decimal

    @property
    def price_source(self) -> str:
        """Who told the price; the sandbox speaks RunPod's contract for itself."""
        if self.price.source == "runpod catalog" and self.provider != "runpod":
            return f"the catalog of {self.provider}"
        return self.price.source

    @property
    def where(self) -> str:
        """Provider, cloud and rental kind in words."""
        place = f"{self.provider} {self.cloud}".strip()
        return f"{place}, {self.kind.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What an operator may turn: everything but the machine.

    rates            our prices; market: what others earn; or why it is not known
    gpu_price_factor [1] on the price of the GPUs
    hours, starts    of the serving day; serverless pays each of its starts
    """

    assumed: Assumptions
    rates: TokenRates | Unknown
    market: TokenRates | Unknown
    gpu_price_factor: Decimal = Decimal(1)
    hours: Decimal = Decimal(24)
    starts: int = 0


@dataclass(frozen=True, slots=True)
class PlanOption:
    """A machine with its money at our prices and at the market's."""

    machine: Machine
    day: ServingDay
    ours: OptionMoney
    market: OptionMoney | Unknown

    @property
    def usd_per_hour(self) -> Decimal:
        return self.ours.usd_per_hour

    @property
    def usd_per_day(self) -> Decimal:
        """Cost of the day at the assumed utilization [USD]."""
        return self.ours.usd_per_day

    @property
    def start_usd(self) -> Decimal:
        """What one start costs before the first token [USD]."""
        return self.usd_per_hour * self.machine.start_seconds / 3600


def priced(machine: Machine, what_if: WhatIf) -> PlanOption:
    """The money of a machine under a what-if."""
    serverless = machine.kind == SERVERLESS
    day = ServingDay(
        hours=what_if.hours,
        starts=what_if.starts,
        start_seconds=machine.start_seconds,
        busy_only=serverless,
    )
    gpus = machine.price.usd_per_gpu_hour * machine.gpu_count
    disk = machine.price.usd_per_hour - gpus
    usd_per_hour = gpus * what_if.gpu_price_factor + disk
    speed = machine.speed
    throughput = speed if isinstance(speed, Unknown) else speed.throughput

    def money(rates: TokenRates | Unknown) -> OptionMoney:
        return option_money(
            usd_per_hour=usd_per_hour,
            day=day,
            throughput=throughput,
            rates=rates,
            assumed=what_if.assumed,
        )

    market = what_if.market
    return PlanOption(
        machine,
        day,
        money(what_if.rates),
        market if isinstance(market, Unknown) else money(market),
    )


def ranked(machines: list[Machine], what_if: WhatIf) -> list[PlanOption]:
    """Every machine with its money, cheapest token first; none is left out.

    First what fits and has a known cost per token, then what fits at an unknown speed by
    its price per hour, then what does not fit, nearest to fitting first.
    """
    return sorted((priced(each, what_if) for each in machines), key=_order)


def _order(option: PlanOption) -> tuple[int, Decimal, Decimal, str]:
    fitting, cost = option.machine.fitting, option.ours.cost
    if not fitting.ok:
        short = fitting.short_gib
        far = Decimal("Infinity") if short is None else short
        return (2, far, option.usd_per_hour, option.machine.key)
    if isinstance(cost, Unknown):
        return (1, option.usd_per_hour, Decimal(0), option.machine.key)
    return (0, cost.blended, option.usd_per_hour, option.machine.key)
