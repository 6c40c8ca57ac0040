"""Sparklines as SVG paths: rendered by the server, because forty of them in a page
of plotly.js cost more than half a second."""

from collections.abc import Sequence
from decimal import Decimal

STROKE = Decimal(1)  # room above and below, so that the line is not cut off


def sparkline_points(values: Sequence[Decimal | None], width: int, height: int) -> str:
    """The `d` of an SVG path through the values, oldest first, in width x height px.

    None is a gap: the path is lifted, and a single value between gaps is a dot (draw
    with `stroke-linecap="round"`). The scale always holds 0, so a loss lies below
    the zero line. An empty string when there is nothing to draw.

    >>> sparkline_points([Decimal(0), Decimal(10), None, Decimal(5)], 30, 12)
    'M0 11L10 1M30 6h0'
    """
    known = [value for value in values if value is not None]
    if not known:
        return ""
    low, high = min(*known, Decimal(0)), max(*known, Decimal(0))
    step = Decimal(width) / max(len(values) - 1, 1)
    path: list[str] = []
    run = 0
    for n, value in enumerate([*values, None]):
        if value is None:
            path += ["h0"] * (run == 1)
            run = 0
            continue
        y = _height_of(value, low, high, Decimal(height))
        path.append(f"{'L' if run else 'M'}{_short(n * step)} {_short(y)}")
        run += 1
    return "".join(path)


def zero_line(values: Sequence[Decimal | None], height: int) -> str:
    """The y [px] of 0 on the same scale as `sparkline_points`."""
    known = [value for value in values if value is not None] or [Decimal(0)]
    low, high = min(*known, Decimal(0)), max(*known, Decimal(0))
    return _short(_height_of(Decimal(0), low, high, Decimal(height)))


def _height_of(value: Decimal, low: Decimal, high: Decimal, height: Decimal) -> Decimal:
    if low == high:
        return height / 2
    room = height - 2 * STROKE
    return STROKE + (high - value) / (high - low) * room


def _short(number: Decimal) -> str:
    text = f"{number:.2f}"
    return text.rstrip("0").rstrip(".")
