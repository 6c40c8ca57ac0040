"""Parts of the plan page: verdicts, tiles with their change, cells of a comparison."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from economics.calc.token_mix import blended_rate_per_million
from economics.calc.unit_cost import peak_tokens_per_second
from economics.calc.unknown import Unknown
from economics.planner.money import OptionMoney, PlanVerdict
from economics.planner.option import Fitting, Machine, PlanOption
from economics.selectors.plan import PlanAnswer
from fleet.templatetags import console, numbers
from fleet.views.memory import COLOURS, memory_bar

register = template.Library()

LOOK = {
    PlanVerdict.PROFITABLE: "healthy",
    PlanVerdict.UNSURE: "degraded",
    PlanVerdict.LOSES: "degraded",
    PlanVerdict.CANNOT: "down",
    PlanVerdict.UNKNOWN: "unknown",
}
SHORT_KINDS = (  # a word of the evidence's own words: what a narrow column calls it
    ("own pods", "measured"),
    ("published", "published"),
    ("corrected", "corrected"),
    ("roofline", "roofline"),
    ("estimate", "estimate"),
)
SHOW = {
    "usd": numbers.usd,
    "rate": numbers.usd_rate,
    "signed": numbers.usd_signed,
    "percent": numbers.percent,
    "tokens": numbers.exact,
    "seconds": numbers.duration,
}
MOST_PERCENT = Decimal(100)  # of break-even: beyond it the number says nothing more


@register.simple_tag
def verdict(word: PlanVerdict) -> SafeString:
    """A plan's verdict with colour, shape and word."""
    return console.status(LOOK[word], word.value)


@register.filter
def rental(kind: str) -> str:
    """An offer's kind as the order form calls that rental."""
    return {"interruptible": "spot"}.get(kind, kind)


@register.filter
def short_kind(words: str) -> str:
    """The evidence of a speed in one word, for a table."""
    for word, short in SHORT_KINDS:
        if word in words:
            return short
    return words


@register.filter
def band(low: Decimal, high: Decimal) -> str:
    """An error band in per cent: −20 to +25 %.

    >>> band(Decimal("0.8"), Decimal("1.25"))
    '−20 to +25 %'
    """
    return f"{numbers.MINUS}{(1 - low) * 100:.0f} to +{(high - 1) * 100:.0f} %"


@register.filter
def limit_words(sentence: str) -> str:
    """What stands in the way of a larger batch, in the middle of a sentence.

    >>> limit_words("the most sequences allowed, 256.")
    'the most sequences allowed, 256'
    """
    return sentence.rstrip(".")


@register.filter
def peak(option: PlanOption, answer: PlanAnswer) -> Decimal | Unknown:
    """Tokens of the mix per second when full."""
    speed = option.machine.speed
    if isinstance(speed, Unknown):
        return speed
    found = peak_tokens_per_second(speed.throughput.seconds, answer.what_if.assumed.mix)
    return Unknown("this mix takes no time") if found is None else found


@register.filter
def blended_price(answer: PlanAnswer) -> SafeString | str:
    """Our price per million tokens of the mix."""
    one = answer.what_if
    if isinstance(one.rates, Unknown):
        return numbers.missing(one.rates.reason)
    return numbers.usd_rate(blended_rate_per_million(one.assumed.mix, one.rates))


@register.filter
def cost_blended(money: OptionMoney) -> Decimal | Unknown:
    return money.cost if isinstance(money.cost, Unknown) else money.cost.blended


@register.filter
def meets(money: OptionMoney) -> Decimal | Unknown:
    """Break-even utilization [1]."""
    if isinstance(money.day, Unknown):
        return money.day
    point = money.day.break_even
    return point if isinstance(point, Unknown) else point.utilization


@register.filter
def at_once(money: OptionMoney) -> str:
    """Why the first token already pays for itself; "" where there is a cost to meet."""
    share = meets(money)
    if isinstance(share, Unknown) or share != 0:
        return ""
    return "nothing is paid" if money.usd_per_hour == 0 else "only filled time is paid"


@register.filter
def profit(money: OptionMoney) -> Decimal | Unknown:
    return money.day if isinstance(money.day, Unknown) else money.day.profit_usd


@register.simple_tag
def break_even(money: OptionMoney | Unknown, at: str) -> SafeString:
    """A line of break-even at a price list: the share and the tokens a day, or cannot."""
    share = money if isinstance(money, Unknown) else meets(money)
    if isinstance(share, Unknown):
        return format_html("<div>{} {}</div>", numbers.missing(share.reason), small(at))
    assert not isinstance(money, Unknown) and not isinstance(money.day, Unknown)
    if share == 0:
        return format_html("<div>at once {}</div>", small(f"{at_once(money)}, {at}"))
    if share > 1:
        return format_html(
            '<div><span class="loss">cannot</span> {}</div>',
            small(f"{percent_capped(share)} of capacity, {at}"),
        )
    return format_html(
        "<div>{} {}</div>",
        numbers.percent(share),
        small(f"{numbers.compact(Decimal(day_tokens(money)))} tokens/day, {at}"),
    )


def day_tokens(money: OptionMoney) -> Decimal:
    """Tokens a day at break-even, of money whose break-even is known."""
    assert not isinstance(money.day, Unknown)
    assert not isinstance(money.day.break_even_tokens, Unknown)
    return money.day.break_even_tokens


def small(words: str) -> SafeString:
    return format_html('<span class="small muted">{}</span>', words)


def percent_capped(share: Decimal) -> SafeString | str:
    """A share in per cent; beyond a hundredfold it says so and no more."""
    if share > MOST_PERCENT:
        return "over 10,000 %"
    return numbers.percent(share)


@register.inclusion_tag("economics/_plan_tile.html")
def plan_tile(
    label: str,
    value: Any,
    show: str,
    unit: str,
    before: Any,
    better: str,
    source: str,
    as_of: datetime,
    now: datetime,
    instead: str = "",
) -> dict[str, Any]:
    """A figure, or words `instead` of it, with its change against the base if known."""
    change = None
    known = not isinstance(value, Unknown) and not isinstance(before, Unknown)
    if known and value != before:
        change = value - before
    return {
        "label": label,
        "shown": instead or SHOW[show](value),
        "words": bool(instead),
        "unit": "" if instead or isinstance(value, Unknown) else unit,
        "change": None if change is None else signed(change, show),
        "good": change is not None and (change > 0) == (better == "higher"),
        "source": source,
        "as_of": as_of,
        "now": now,
    }


def signed(change: Decimal, show: str) -> str:
    """A change with its sign: +$1.20, −3.0 %."""
    sign = "+" if change > 0 else numbers.MINUS
    size = abs(change)
    if show == "percent":
        return f"{sign}{numbers.percent(size)}"
    return f"{sign}{numbers.money(size, most=4 if show == 'rate' else 2)}"


@register.simple_tag
def compare_cell(cell: Any, show: str) -> Any:
    """A cell of the comparison in its own grammar."""
    if isinstance(cell, Unknown):
        return numbers.missing(cell.reason)
    if show == "rate1":
        return f"{cell:,.1f}"
    return SHOW[show](cell) if show in SHOW else cell


@register.filter
def memory_of_all(machine: Machine) -> Decimal | Unknown:
    """Memory [GiB] of all GPUs of a machine."""
    one = machine.fitting.capacity_gib
    return Unknown("the GPU is not known") if one is None else one * machine.gpu_count


@register.filter(name="memory_bar")
def bar_of(fitting: Fitting) -> dict[str, Any] | None:
    """The memory bar of a machine; None when not computed."""
    budget = fitting.budget_gib
    if not fitting.memory or budget is None:
        return None
    return memory_bar(
        [(term.name, term.gib) for term in fitting.memory],
        budget_gib=budget,
        capacity_gib=fitting.capacity_gib or budget,
    )


@register.filter
def fit_row(machine: Machine) -> SafeString:
    """Does it fit: the words, and the memory of one GPU as a bar where it was computed.

    One string in place of a template of its own: a plan may write out hundreds of them.
    """
    words = format_html('<div class="small fit-words">{}</div>', fit_words(machine))
    bar = bar_of(machine.fitting)
    if bar is None:
        return words
    parts = format_html_join(
        "",
        '<rect class="mem-{}" x="{}%" width="{}%" height="8"/>',
        ((part["colour"], part["left"], part["width"]) for part in bar["parts"]),
    )
    return format_html(
        '<svg class="fit-bar" role="img" aria-label="Memory of one GPU: {}">{}'
        '<line class="fit-budget" x1="{}%" x2="{}%" y1="0" y2="8"/></svg>{}',
        *(bar["words"], parts, bar["budget"], bar["budget"], words),
    )


def fit_words(machine: Machine) -> str:
    """Whether it fits and by how much [GiB]: of each GPU, and of all of them."""
    fitting, count = machine.fitting, machine.gpu_count
    if fitting.spare_gib is not None:
        return f"fits, {gib_each(fitting.spare_gib, count)} spare for the KV cache"
    if fitting.short_gib is not None:
        return f"short {gib_each(fitting.short_gib, count)}"
    if fitting.ok:
        return "fits"
    return "does not fit"


def gib_each(gib: Decimal, count: int) -> str:
    """A size of each GPU: "6.2 GiB per GPU (12.4 GiB in all)"; "6.2 GiB" of one GPU."""
    one = f"{gib:.1f} GiB"
    return one if count == 1 else f"{one} per GPU ({gib * count:.1f} GiB in all)"


@register.simple_tag
def fit_legend() -> SafeString:
    """What the colours of the bars mean, once for all of them."""
    return format_html(
        '<p class="legend body">{}<span><span class="swatch target"></span>'
        "what vLLM may take of a GPU; beyond it is reserved</span></p>",
        format_html_join(
            "",
            '<span><span class="swatch mem-{}"></span>{}</span>',
            ((number, name) for name, number in COLOURS.items()),
        ),
    )
