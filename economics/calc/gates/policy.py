"""The thresholds of all gates: a policy. Empty means that the policy does not ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation

from economics.calc.gates.condition import Unit

MOST_DIGITS = 20
MOST_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Policy:
    """What has to be true before a step. Shares are 0..1, money is USD.

    profit_days               closed days in a row that tier 1 must earn
    least_profit_usd_per_day  each of them more than this
    most_market_share         [1] of a model's market that may be needed to break even
    least_demand_trend        [1] change of the market's tokens, week on week
    most_model_age_days       a younger model may have a successor
    most_successor_share      [1] of the tokens of both; more: it has taken over
    price_quantile            [1] of the rivals' prices that is reckoned with
    gpu_price_factor          [1] on today's rent
    most_break_even_utilization  [1] at that price and that rent
    most_utilization          [1] that a replica is planned to reach
    least_premium_usd_per_million  median of the market
    dedicated_utilization, dedicated_days  [1], on so many days in a row
    exit_days                 closed days whose contribution is added up
    loss_cap_usd              of an experiment, since it was begun
    least_runway_days         after the wait for the money
    receivable_days           of that wait
    scale_up_utilization      [1] of the last days, from which on one more replica is due
    most_interruptions_per_hour  of spot; what is taken away as often or more is not rented
    """

    profit_days: Decimal
    least_profit_usd_per_day: Decimal
    most_market_share: Decimal
    least_demand_trend: Decimal | None
    most_model_age_days: Decimal | None
    most_successor_share: Decimal
    price_quantile: Decimal
    gpu_price_factor: Decimal
    most_break_even_utilization: Decimal
    most_utilization: Decimal
    least_premium_usd_per_million: Decimal | None
    dedicated_utilization: Decimal
    dedicated_days: Decimal
    exit_days: Decimal
    loss_cap_usd: Decimal
    least_runway_days: Decimal | None
    receivable_days: Decimal
    scale_up_utilization: Decimal
    most_interruptions_per_hour: Decimal | None = None

    def allows_spot(self, interruptions_per_hour: Decimal) -> bool:
        """Whether spot that is taken away so often [1 / pod-hour] may be rented."""
        most = self.most_interruptions_per_hour
        return most is None or interruptions_per_hour < most


@dataclass(frozen=True, slots=True)
class PolicyField:
    """A threshold as an editor sees it; `least` and `most` are both allowed."""

    name: str
    label: str
    unit: Unit
    least: Decimal
    most: Decimal
    help: str
    is_whole: bool = False
    may_be_empty: bool = False

    @property
    def example(self) -> str:
        return EXAMPLES[self.name]


def _days(name: str, label: str, help: str, most: int = 366) -> PolicyField:
    return PolicyField(
        name, label, Unit.DAYS, Decimal(1), Decimal(most), help, is_whole=True
    )


def _share(name: str, label: str, help: str) -> PolicyField:
    return PolicyField(name, label, Unit.SHARE, Decimal(0), Decimal(1), help)


TIMES = Decimal("0.1"), Decimal(10)
USD = Decimal(0), Decimal(10_000_000)
FIELDS = (
    _days("profit_days", "Profitable days", "Closed days in a row that tier 1 must earn."),
    PolicyField(
        "least_profit_usd_per_day",
        "Profit of each of them, more than",
        Unit.USD_PER_DAY,
        *USD,
        "Of all tier 1 fleets together.",
    ),
    _share(
        "most_market_share",
        "Market share needed, at most",
        "Break-even tokens over all tokens of the model on the market.",
    ),
    PolicyField(
        "least_demand_trend",
        "Demand trend, at least",
        Unit.SHARE,
        Decimal(-1),
        Decimal(10),
        "Tokens of the last seven days against the seven before; -0.25 is a quarter less.",
        may_be_empty=True,
    ),
    PolicyField(
        "most_model_age_days",
        "Model age, less than",
        Unit.DAYS,
        Decimal(1),
        Decimal(3_660),
        "A younger model may have a successor; empty: no successor is asked about.",
        is_whole=True,
        may_be_empty=True,
    ),
    _share(
        "most_successor_share",
        "Successor's share, at most",
        "Of the tokens of both models; above it the successor has taken over.",
    ),
    _share(
        "price_quantile",
        "Price quantile",
        "Of the rivals' prices: 0.5 is their median, 0.1 nearly their floor.",
    ),
    PolicyField(
        "gpu_price_factor",
        "GPU price factor",
        Unit.FACTOR,
        *TIMES,
        "On today's rent; 1.33 is what it moved in a quarter.",
    ),
    _share(
        "most_break_even_utilization",
        "Break-even utilization, at most",
        "At the price quantile and the GPU price factor.",
    ),
    _share(
        "most_utilization",
        "Utilization that is planned, at most",
        "A replica that is fuller answers late, and traffic goes elsewhere.",
    ),
    PolicyField(
        "least_premium_usd_per_million",
        "Premium price, at least",
        Unit.USD_PER_MILLION,
        *USD,
        "Median of the market, blended by the model's mix; empty: break-even decides.",
        may_be_empty=True,
    ),
    _share(
        "dedicated_utilization",
        "Utilization for a dedicated instance, more than",
        "Of the replicas that ran.",
    ),
    _days("dedicated_days", "Days in a row above it", "Closed days."),
    _days("exit_days", "Trailing days of an exit", "Closed days that are added up.", 60),
    PolicyField(
        "loss_cap_usd",
        "Loss cap",
        Unit.USD,
        *USD,
        "Of an experiment since it was begun.",
    ),
    PolicyField(
        "least_runway_days",
        "Runway after the wait, at least",
        Unit.DAYS,
        Decimal(0),
        Decimal(3_660),
        "Days that the balance lasts beyond the wait for the money; empty: not asked.",
        may_be_empty=True,
    ),
    _days("receivable_days", "Wait for the money", "From serving to the payment."),
    _share(
        "scale_up_utilization",
        "Utilization for one more replica, more than",
        "Mean of the last seven days.",
    ),
    PolicyField(
        "most_interruptions_per_hour",
        "Interruptions of spot, less than",
        Unit.PER_POD_HOUR,
        Decimal(0),
        Decimal(1_000),
        "Measured on our own spot pods, else assumed; 0 allows no spot, empty any.",
        may_be_empty=True,
    ),
)
BY_NAME = {each.name: each for each in FIELDS}
EXAMPLES = {
    "profit_days": "7",
    "least_profit_usd_per_day": "0",
    "most_market_share": "0.05",
    "least_demand_trend": "-0.25",
    "most_model_age_days": "60",
    "most_successor_share": "0.5",
    "price_quantile": "0.1",
    "gpu_price_factor": "1.33",
    "most_break_even_utilization": "0.6",
    "most_utilization": "0.7",
    "least_premium_usd_per_million": "1.50",
    "dedicated_utilization": "0.5",
    "dedicated_days": "7",
    "exit_days": "3",
    "loss_cap_usd": "100",
    "least_runway_days": "14",
    "receivable_days": "45",
    "scale_up_utilization": "0.7",
    "most_interruptions_per_hour": "0.2",
}


def policy_of(texts: Mapping[str, str]) -> Policy | dict[str, str]:
    """The policy of these texts, or a sentence for each field that is wrong."""
    wrong: dict[str, str] = {}
    values: dict[str, Decimal | None] = {}
    for field in FIELDS:
        text = texts.get(field.name, "").strip()
        values[field.name] = None
        if not text and field.may_be_empty:
            continue
        read = _number(text)
        fault = _fault(field, text, read)
        if fault:
            wrong[field.name] = fault
        values[field.name] = read
    return wrong or Policy(**values)  # type: ignore[arg-type]


def _number(text: str) -> Decimal | None:
    if len(text) > MOST_DIGITS or not text.isascii() or "_" in text:
        return None
    try:
        read = Decimal(text)
    except InvalidOperation:
        return None
    return read if read.is_finite() else None


def _fault(field: PolicyField, text: str, read: Decimal | None) -> str:
    shown = text[:40].replace("\x00", "")
    if not text:
        return f"{field.label} is empty; write a number such as {field.example}."
    if read is None:
        return f"{field.label} is {shown!r}; write a number such as {field.example}."
    if not field.least <= read <= field.most:
        return (
            f"{field.label} is {shown}; write {field.least:f} to {field.most:,f}, such as "
            f"{field.example}."
        )
    exponent = read.normalize().as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    if field.is_whole and decimals > 0:
        return f"{field.label} is {shown}; write whole days, such as {field.example}."
    if decimals > MOST_DECIMALS:
        return f"{field.label} is {shown}; it can have {MOST_DECIMALS} decimals."
    return ""


def texts_of(policy: Policy) -> dict[str, str]:
    """The thresholds as texts, exact; "" where one is not asked."""
    values = {each.name: getattr(policy, each.name) for each in fields(policy)}
    return {
        name: "" if value is None else f"{value.normalize():f}"
        for name, value in values.items()
    }
