"""Up to four options side by side: what differs, and who is ahead in each row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.unknown import Unknown
from economics.planner.money import OptionMoney, PlanDay
from economics.planner.option import PlanOption, Speed

MOST_COMPARED = 4

Cell = Decimal | str | Unknown


@dataclass(frozen=True, slots=True)
class CompareRow:
    """One property of all compared options.

    show   how a number is written: usd, rate, percent, tokens, seconds, plain
    winner index of the best cell; None where there is none or all are equal
    why    what makes it the best, in words
    """

    label: str
    cells: tuple[Cell, ...]
    show: str = "plain"
    winner: int | None = None
    why: str = ""

    @property
    def differs(self) -> bool:
        return len({str(cell) for cell in self.cells}) > 1


def compared(options: Sequence[PlanOption]) -> list[CompareRow]:
    """The rows of a comparison. Raises ValueError for more than four options."""
    if len(options) > MOST_COMPARED:
        raise ValueError(f"at most {MOST_COMPARED} options can be compared")

    def row(
        label: str,
        cell: Callable[[PlanOption], Cell],
        show: str = "plain",
        best: str = "",
    ) -> CompareRow:
        cells = tuple(cell(option) for option in options)
        return CompareRow(label, cells, show, _winner(cells, best), best)

    return [
        row("Provider", lambda o: f"{o.machine.provider} {o.machine.cloud}".strip()),
        row("Rental", lambda o: o.machine.kind.replace("_", "-")),
        row("GPUs", lambda o: f"{o.machine.gpu_count}× {o.machine.gpu_name}"),
        row("Weights", lambda o: o.machine.precision.upper()),
        row("Fits", lambda o: "yes" if o.machine.fitting.ok else "no"),
        row("KV cache, tokens", _kv_tokens, "tokens", "largest"),
        row("Price per hour", lambda o: o.usd_per_hour, "rate", "lowest"),
        row("Price per day", lambda o: o.usd_per_day, "usd", "lowest"),
        row(
            "Output tokens per second",
            _of_speed("output_tokens_per_second"),
            "tokens",
            "largest",
        ),
        row("Time to first token, ms", _of_speed("ttft_ms"), "tokens", "lowest"),
        row("Time per output token, ms", _of_speed("tpot_ms"), "rate1", "lowest"),
        row("How it is known", lambda o: _of_speed("kind")(o)),
        row("Cost per 1M tokens of this mix", _cost("blended"), "rate", "lowest"),
        row("… uncached prompt", _cost("uncached_prompt"), "rate", "lowest"),
        row("… cached prompt", _cost("cached_prompt"), "rate", "lowest"),
        row("… completion", _cost("completion"), "rate", "lowest"),
        row("Break-even at our price", _break_even(lambda o: o.ours), "percent", "lowest"),
        row(
            "Break-even at the market's",
            _break_even(lambda o: o.market),
            "percent",
            "lowest",
        ),
        row("Tokens a day to break even", _needed, "tokens", "lowest"),
        row("Profit a day at our price", _profit, "signed", "largest"),
        row(
            "Start to first token, s",
            lambda o: o.machine.start_seconds,
            "seconds",
            "lowest",
        ),
        row("One start costs", lambda o: o.start_usd, "usd", "lowest"),
    ]


def _winner(cells: tuple[Cell, ...], best: str) -> int | None:
    numbers = [(cell, n) for n, cell in enumerate(cells) if isinstance(cell, Decimal)]
    if not best or len(numbers) < 2 or len({number for number, _ in numbers}) == 1:
        return None
    choose = max if best == "largest" else min
    target = choose(number for number, _ in numbers)
    return next(n for number, n in numbers if number == target)


def _kv_tokens(option: PlanOption) -> Cell:
    held = option.machine.fitting.kv_tokens
    return Unknown("it does not fit") if held is None else Decimal(held)


def _of_speed(name: str) -> Callable[[PlanOption], Cell]:
    def cell(option: PlanOption) -> Cell:
        speed = option.machine.speed
        if isinstance(speed, Unknown):
            return speed
        assert isinstance(speed, Speed)
        value: Cell | None = getattr(speed, name)
        return Unknown("not told by this evidence") if value is None else value

    return cell


def _cost(name: str) -> Callable[[PlanOption], Cell]:
    def cell(option: PlanOption) -> Cell:
        cost = option.ours.cost
        if isinstance(cost, Unknown):
            return cost
        value: Cell = getattr(cost, name)
        return value

    return cell


def _day(money: OptionMoney | Unknown) -> PlanDay | Unknown:
    return money if isinstance(money, Unknown) else money.day


def _break_even(
    money: Callable[[PlanOption], OptionMoney | Unknown],
) -> Callable[[PlanOption], Cell]:
    def cell(option: PlanOption) -> Cell:
        day = _day(money(option))
        if isinstance(day, Unknown):
            return day
        meets = day.break_even
        return meets if isinstance(meets, Unknown) else meets.utilization

    return cell


def _needed(option: PlanOption) -> Cell:
    day = _day(option.ours)
    return day if isinstance(day, Unknown) else day.break_even_tokens


def _profit(option: PlanOption) -> Cell:
    day = _day(option.ours)
    return day if isinstance(day, Unknown) else day.profit_usd
