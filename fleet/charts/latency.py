"""A pod's latency and throughput as a figure, a finding and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fleet.vllm.latency import Histogram, percentile

COLOURS = {"ttft": "#0072B2", "itl": "#D55E00", "queue": "#009E73", "rate": "#7F7F7F"}
LABELS = {
    "ttft": "time to first token",
    "itl": "between tokens",
    "queue": "in the queue",
}
PANEL_OF = {"ttft": "y", "queue": "y", "itl": "y2"}
LONE_DOT_PX = 6
METHOD = (
    "Percentiles are estimated from vLLM's histogram buckets: observations are taken to "
    "lie evenly within a bucket, and “≥” marks those beyond the last one."
)
HEADERS = (
    "from (UTC)",
    "to (UTC)",
    "requests",
    "first token p50",
    "first token p95",
    "between tokens p50",
    "between tokens p95",
    "queue p95",
    "tokens/s",
)
MOST_ROWS = 60


@dataclass(frozen=True, slots=True)
class Window:
    """What was observed in [start, end)."""

    start: datetime
    end: datetime
    latencies: dict[str, Histogram]
    tokens_per_second: float | None


@dataclass(frozen=True, slots=True)
class LatencyChart:
    figure: dict[str, Any]
    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # newest first, at most MOST_ROWS


def latency_chart(windows: Sequence[Window], *, simulated: bool = False) -> LatencyChart:
    """p50 and p95 of the three latencies, and completion tokens per second: panels one
    above the other over the same time, for what has another unit has another axis."""
    traces = [
        _trace(windows, key, share, dash)
        for key in LABELS
        for share, dash in ((0.5, "dot"), (0.95, "solid"))
        if (key, share) != ("queue", 0.5)
    ]
    traces.append(_rate(windows))
    return LatencyChart(
        figure={"data": traces, "layout": _layout(simulated)},
        caption=finding(windows),
        headers=HEADERS,
        rows=tuple(cells(each) for each in reversed(windows[-MOST_ROWS:])),
    )


def finding(windows: Sequence[Window]) -> str:
    """The newest window in words."""
    seen = [each for each in windows if _requests(each)]
    if not seen:
        return "No request was answered in this time."
    last = seen[-1]
    return (
        f"{_requests(last)} requests from {last.start:%H:%M} to {last.end:%H:%M} UTC: half "
        f"had their first token within {_words(last, 'ttft', 0.5)}, 95 % within "
        f"{_words(last, 'ttft', 0.95)}. {METHOD}"
    )


def nothing_to_draw(windows: Sequence[Window]) -> str:
    """Why the chart would have axes and no line; "" where it has one."""
    if not windows:
        return "No engine sample in this time."
    if any(_requests(each) or each.tokens_per_second for each in windows):
        return ""
    return "No request was answered and no token was made in this time."


def cells(window: Window) -> tuple[str, ...]:
    """A row of the table."""
    rate = window.tokens_per_second
    return (
        f"{window.start:%Y-%m-%d %H:%M}",
        f"{window.end:%Y-%m-%d %H:%M}",
        str(_requests(window)),
        _words(window, "ttft", 0.5),
        _words(window, "ttft", 0.95),
        _words(window, "itl", 0.5),
        _words(window, "itl", 0.95),
        _words(window, "queue", 0.95),
        "—" if rate is None else f"{rate:,.1f}",
    )


def value(window: Window, key: str, share: float) -> tuple[float, bool] | None:
    """A percentile [s] and whether it is only a floor; None without observations."""
    seen = window.latencies.get(key)
    return None if seen is None else percentile(seen, share)


def _requests(window: Window) -> int:
    seen = window.latencies.get("ttft")
    return seen.count if seen else 0


def _words(window: Window, key: str, share: float) -> str:
    found = value(window, key, share)
    if found is None:
        return "—"
    seconds, is_floor = found
    text = f"{seconds * 1000:,.0f} ms" if seconds < 1 else f"{seconds:,.2f} s"
    return f"≥ {text}" if is_floor else text


def _trace(windows: Sequence[Window], key: str, share: float, dash: str) -> dict[str, Any]:
    found = [value(each, key, share) for each in windows]
    return _line(
        windows,
        [None if each is None else each[0] for each in found],
        name=f"{LABELS[key]} p{share * 100:g}",
        panel=PANEL_OF[key],
        style={"color": COLOURS[key], "dash": dash, "width": 2},
        hover="%{y:.3f} s<extra>%{fullData.name}</extra>",
    )


def _rate(windows: Sequence[Window]) -> dict[str, Any]:
    return _line(
        windows,
        [each.tokens_per_second for each in windows],
        name="completion tokens/s",
        panel="y3",
        style={"color": COLOURS["rate"], "width": 2},
        hover="%{y:,.1f} tokens/s<extra></extra>",
    )


def _line(
    windows: Sequence[Window],
    values: Sequence[float | None],
    *,
    name: str,
    panel: str,
    style: dict[str, Any],
    hover: str,
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": [f"{each.end.astimezone(UTC):%Y-%m-%d %H:%M:%S}" for each in windows],
        "y": list(values),
        "yaxis": panel,
        "line": style,
        "marker": {"size": _lone_dots(values), "color": style["color"]},
        "hovertemplate": hover,
        "connectgaps": False,
    }


def _lone_dots(values: Sequence[float | None]) -> list[int]:
    """A dot for each value without a neighbour: a line through one point draws nothing."""
    has = [value is not None for value in values]
    beside = zip([False, *has[:-1]], [*has[1:], False], strict=True)
    return [0 if before or after else LONE_DOT_PX for before, after in beside]


def _layout(simulated: bool) -> dict[str, Any]:
    """uirevision: what the reader zoomed to stays when the lines are read again."""
    panels = (("yaxis", 0.68, 1.0), ("yaxis2", 0.36, 0.62), ("yaxis3", 0.0, 0.3))
    titles = ("first token, s", "between, s", "tokens/s")
    return {
        "uirevision": "latency",
        "meta": {"simulated": simulated},
        "hovermode": "x unified",
        "hoversubplots": "axis",
        "legend": {"orientation": "h", "y": -0.2},
        "xaxis": {
            "type": "date",
            "automargin": True,
            "anchor": "y3",
            "title": {"text": "time (UTC)"},
        },
        **{
            name: {
                "domain": [low, high],
                "title": {"text": title},
                "rangemode": "tozero",
                "automargin": True,
                "nticks": 4,
            }
            for (name, low, high), title in zip(panels, titles, strict=True)
        },
    }
