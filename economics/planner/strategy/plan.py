"""What a written plan states: its deployments, and its claims beside them.

Every field is a statement of the plan's author, kept as it was written; None is what
the plan does not say. Nothing here is taken for true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from economics.calc.money import shown_usd

MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Range:
    """A stated amount, `low` to `high`, both included; ValueError if reversed."""

    low: Decimal
    high: Decimal

    def __post_init__(self) -> None:
        if not (self.low.is_finite() and self.high.is_finite()):
            raise ValueError("a range needs two finite numbers")
        if self.low > self.high:
            raise ValueError(f"a range goes up, got {self.low} to {self.high}")

    @classmethod
    def of(cls, low: str, high: str | None = None) -> Range:
        """A range from text; one number is a range of its own.

        >>> Range.of("12", "15").times(Decimal(24))
        Range(low=Decimal('288'), high=Decimal('360'))
        """
        return cls(Decimal(low), Decimal(low if high is None else high))

    @property
    def middle(self) -> Decimal:
        return (self.low + self.high) / 2

    def times(self, factor: Decimal) -> Range:
        """Both ends times a factor of 0 or more."""
        return Range(self.low * factor, self.high * factor)

    def contains(self, amount: Decimal) -> bool:
        return self.low <= amount <= self.high

    def meets(self, other: Range) -> bool:
        """Whether the two have an amount in common."""
        return self.low <= other.high and other.low <= self.high

    def usd(self) -> str:
        """As money: $12.00 to $15.00."""
        return self._words(shown_usd)

    def percent(self) -> str:
        """As per cent of a fraction: 120 to 160 %."""
        return self._words(lambda share: f"{share * 100:.0f}", " %")

    def millions(self) -> str:
        """As millions of tokens: 120 to 160 M."""
        return self._words(lambda count: f"{count / MILLION:,.0f}", " M")

    def _words(self, shown: object, unit: str = "") -> str:
        assert callable(shown)
        low, high = shown(self.low), shown(self.high)
        return f"{low}{unit}" if low == high else f"{low} to {high}{unit}"


@dataclass(frozen=True, slots=True)
class PlanTier:
    """One deployment that the plan wants to run, and what it expects of it.

    model                    our name of the model (its slug)
    gpu                      a GPU's common name, such as "A100 80GB"
    usd_per_hour             [USD / h] of the whole deployment
    hours_per_day            [h]
    *_usd_per_million        [USD / 1M tokens] prices that the plan wants to charge
    tokens_per_day           [tokens / day] that it expects to serve
    at_utilization           [1] at which it expects them
    break_even_utilization   [1]
    revenue, profit          [USD / day]
    """

    key: str
    title: str
    section: str
    model: str
    precision: str
    gpu: str
    gpu_count: int
    tensor_parallel: int | None = None
    max_model_len: int | None = None
    flags: tuple[str, ...] | None = None
    usd_per_hour: Range | None = None
    hours_per_day: Decimal = Decimal(24)
    usd_per_day: Range | None = None
    prompt_usd_per_million: Decimal | None = None
    completion_usd_per_million: Decimal | None = None
    blended_usd_per_million: Range | None = None
    break_even_tokens_per_day: Decimal | None = None
    tokens_per_day: Range | None = None
    at_utilization: Range | None = None
    break_even_utilization: Range | None = None
    revenue_usd_per_day: Range | None = None
    profit_usd_per_day: Range | None = None
    beside: tuple[str, ...] = ()  # other models whose revenue it counts in
    claims_to_run: bool = True

    @property
    def cost_usd_per_day(self) -> Range | None:
        """What the plan says that a day costs, else its hours times its price."""
        if self.usd_per_day is not None:
            return self.usd_per_day
        if self.usd_per_hour is None:
            return None
        return self.usd_per_hour.times(self.hours_per_day)

    @property
    def full_tokens_per_day(self) -> Range | None:
        """[tokens / day] at a utilization of 1, by the plan's own figures."""
        if self.tokens_per_day is None or self.at_utilization is None:
            return None
        low, high = self.at_utilization.low, self.at_utilization.high
        if low <= 0:
            return None
        return Range(self.tokens_per_day.low / low, self.tokens_per_day.high / high)


@dataclass(frozen=True, slots=True)
class RentClaim:
    """A price that the plan states for a node of a provider [USD / h]."""

    key: str
    section: str
    provider: str
    cloud: str  # "secure", "community" or "" where the provider has no tiers
    gpu: str
    gpu_count: int
    usd_per_hour: Range | None  # None: the plan says that it is not offered


@dataclass(frozen=True, slots=True)
class ModelClaim:
    """What the plan states of a model as such."""

    key: str
    section: str
    model: str
    parameters_billion: Decimal | None = None
    shrinks_by: Range | None = None  # [1] quantised against BF16
    market_prompt: Range | None = None  # [USD / 1M tokens]
    market_completion: Range | None = None
    own_prompt_is_below_market: Decimal | None = None  # [USD / 1M tokens]
    blended_usd_per_million: Range | None = None
    few_providers: bool = False


@dataclass(frozen=True, slots=True)
class SumClaim:
    """A total that the plan states beside its parts [USD / day]."""

    key: str
    section: str
    title: str
    parts: tuple[Range, ...]
    total: Range


@dataclass(frozen=True, slots=True)
class KindClaim:
    """A way to rent that the plan counts on, such as spot."""

    key: str
    section: str
    provider: str
    kind: str  # "spot", "on_demand", "serverless"
    claim: str


@dataclass(frozen=True, slots=True)
class WordClaim:
    """A statement without a figure that could be checked."""

    key: str
    section: str
    claim: str
    needs: str  # what would have to be known


@dataclass(frozen=True, slots=True)
class StrategyPlan:
    """A plan as a whole. `written_on`: prices are judged as of today all the same."""

    title: str
    written_on: date | None
    tiers: tuple[PlanTier, ...]
    rents: tuple[RentClaim, ...] = ()
    models: tuple[ModelClaim, ...] = ()
    sums: tuple[SumClaim, ...] = ()
    kinds: tuple[KindClaim, ...] = ()
    words: tuple[WordClaim, ...] = ()
    experiment: tuple[str, ...] = ()  # keys of the tiers that the loss is about
    maximum_loss_usd: Range | None = None
    maximum_loss_days: Range | None = None
