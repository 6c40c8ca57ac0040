"""Where the time of a start went: a bar a start, a segment a stage, the median beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

# Okabe-Ito with six digits each: plotly.js 4 takes other notations for "no colour".
COLOURS = ("#7F7F7F", "#56B4E9", "#E69F00", "#CC79A7", "#0072B2", "#009E73")
UNTOLD, UNTOLD_COLOUR = "not told apart", "#BDBDBD"
MISSING = "—"
MINUTE = 60
ROW_PX, FRAME_PX = 46, 150
THICK, THIN = 0.7, 0.45  # of a row; the median is the thin one
Words = Callable[[float], str]


@dataclass(frozen=True, slots=True)
class StagePart:
    """A stage of a start.

    seconds  [s]; None where it did not begin or nothing tells its length, never 0 for it
    joined   names of the stages whose time is in this one, because nothing tells them apart
    missing  a word for what is not known: "not reached", "with engine start"
    """

    name: str
    seconds: float | None
    joined: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True, slots=True)
class StartBar:
    """One start, or the median of some.

    label    as it stands beside the bar; no two are alike
    total    [s] from the request to READY, or so far; the median's is that of the whole
    outcome  "ready", "so far", "ended here" or "median"
    address  of its page, "" without one
    """

    label: str
    pod: str
    gpus: str
    parts: tuple[StagePart, ...]
    total: float
    outcome: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class StartUpChart:
    """`figure` for plotly.js, `caption` with the finding, and the bars as a table."""

    figure: dict[str, Any]
    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A drawn piece of a bar: [base, base + seconds) of a start."""

    name: str
    base: float
    seconds: float
    words: str


def start_up_chart(
    starts: Sequence[StartBar],
    median: StartBar | None,
    *,
    stages: Sequence[str],
    compared: str,
    words: Words,
    simulated: bool,
) -> StartUpChart:
    """The starts, newest first, and the median of earlier ones below them.

    stages    the names of all stages, in their order
    compared  what the median is of: "the 5 starts before it"
    words     writes a time span: 370.0 -> "6 min 10 s"
    """
    bars = [*starts, *([median] if median else [])]
    return StartUpChart(
        figure={
            "data": _traces(bars, stages, words),
            "layout": _layout(bars, simulated=simulated),
        },
        caption=finding(starts, median, compared=compared, words=words),
        headers=("start (UTC)", "pod", "GPUs", *stages, "from request to ready"),
        rows=tuple(_cells(bar, words) for bar in bars),
    )


def finding(
    starts: Sequence[StartBar], median: StartBar | None, *, compared: str, words: Words
) -> str:
    """The newest start in a sentence: how long, most of it where, and what is usual."""
    if not starts:
        return "No pod of it was started yet."
    newest = starts[0]
    took = {
        "so far": f"The start-up of {newest.pod} has taken {words(newest.total)} so far",
        "ended here": f"The start-up of {newest.pod} ended after {words(newest.total)} "
        "without being ready",
    }.get(newest.outcome, f"Start-up took {words(newest.total)}")
    longest = max(segments(newest), key=lambda each: each.seconds, default=None)
    most = ""
    if longest is not None and longest.seconds > 0:
        most = f", {words(longest.seconds)} of it {longest.words}"
    usual = "there is no earlier start to compare with"
    if median is not None:
        usual = f"the median of {compared} is {words(median.total)}"
    return f"{took}{most}; {usual}."


def segments(bar: StartBar) -> list[Segment]:
    """What is drawn of a bar, end to end. A stage of no known length draws nothing.

    Time that nothing tells apart belongs to no stage: it is drawn as such. So is what the
    median of the whole has above the medians of its stages, where a stage has none.
    """
    found: list[Segment] = []
    at = 0.0
    for part in bar.parts:
        if part.seconds is None:
            continue
        name, words = part.name, part.name
        if part.joined:
            *others, last = (part.name, *part.joined)
            name, words = UNTOLD, f"{', '.join(others)} and {last} together"
        found.append(Segment(name, at, part.seconds, words))
        at += part.seconds
    untold = [part.name for part in bar.parts if part.seconds is None]
    if bar.outcome == "median" and untold and bar.total > at:
        words = f"{', '.join(untold)}: {UNTOLD}"
        found.append(Segment(UNTOLD, at, bar.total - at, words))
    return found


def _traces(
    bars: Sequence[StartBar], stages: Sequence[str], words: Words
) -> list[dict[str, Any]]:
    drawn = [(bar, piece) for bar in bars for piece in segments(bar)]
    scale = _unit(bars)[0]
    traces = []
    for name, colour in (*zip(stages, COLOURS, strict=True), (UNTOLD, UNTOLD_COLOUR)):
        mine = [(bar, piece) for bar, piece in drawn if piece.name == name]
        if not mine:
            continue
        is_told = name != UNTOLD
        traces.append(
            {
                "type": "bar",
                "orientation": "h",
                "name": name,
                "y": [bar.label for bar, _ in mine],
                "base": [round(piece.base / scale, 4) for _, piece in mine],
                "x": [round(piece.seconds / scale, 4) for _, piece in mine],
                "width": [THIN if bar.outcome == "median" else THICK for bar, _ in mine],
                "text": [words(piece.seconds) for _, piece in mine],
                "textposition": "inside",
                "textangle": 0,
                "insidetextanchor": "middle",
                "insidetextfont": {
                    "color": "#FFFFFF" if colour == "#0072B2" else "#000000"
                },
                "hovertext": [
                    f"{piece.words}: {words(piece.seconds)} of {words(bar.total)}"
                    for bar, piece in mine
                ],
                "hoverinfo": "text",
                "customdata": [bar.address or None for bar, _ in mine],
                "marker": {
                    "color": colour,
                    # On its colour, not on the page's: the words are dark in both themes.
                    "pattern": {"shape": "" if is_told else "/", "fillmode": "overlay"},
                    "line": {"width": 1, "color": "#FFFFFF"},
                },
            }
        )
    return traces


def _unit(bars: Sequence[StartBar]) -> tuple[int, str]:
    """Seconds per unit of the axis, and its name."""
    longest = max((bar.total for bar in bars), default=0)
    return (MINUTE, "minutes") if longest > 3 * MINUTE else (1, "seconds")


def _layout(bars: Sequence[StartBar], *, simulated: bool) -> dict[str, Any]:
    return {
        "uirevision": "start-up",
        "meta": {"simulated": simulated},
        "barmode": "overlay",  # each piece has its base: the pieces lie end to end
        "height": FRAME_PX + ROW_PX * len(bars),
        "hovermode": "closest",
        "uniformtext": {"minsize": 9, "mode": "hide"},
        "legend": {"orientation": "h", "y": -0.2, "traceorder": "normal"},
        "xaxis": {
            "automargin": True,
            "rangemode": "tozero",
            "title": {"text": f"{_unit(bars)[1]} since the request"},
        },
        "yaxis": {
            "automargin": True,
            "type": "category",
            "categoryorder": "array",
            "categoryarray": [bar.label for bar in reversed(bars)],
            "title": {"text": "start (UTC)"},
        },
    }


def _cells(bar: StartBar, words: Words) -> tuple[str, ...]:
    """A row of the table; a stage without a length says why, and is never 0."""
    total = words(bar.total)
    if bar.outcome in ("so far", "ended here"):
        total = f"{total}, {bar.outcome}"
    return (
        bar.label,
        bar.pod or MISSING,
        bar.gpus or MISSING,
        *(
            f"{MISSING} {part.missing}"
            if part.seconds is None
            else f"{words(part.seconds)}, with {' and '.join(part.joined)}"
            if part.joined
            else words(part.seconds)
            for part in bar.parts
        ),
        total,
    )
