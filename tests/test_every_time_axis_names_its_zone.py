"""An axis of time says "(UTC)": the browser of the reader is in another zone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fleet.charts.latency import latency_chart
from fleet.charts.start_up import start_up_chart
from fleet.charts.step_lines import price_history
from fleet.templatetags.numbers import duration_words
from tests.economics.charts.test_plotly_knows_our_figures import CHARTS
from tests.fleet.charts.test_start_up_bars_tell_where_time_went import SECONDS, STAGES, bar
from tests.fleet.charts.test_step_lines_show_gaps import HELD, NOW, SINCE

ROOT = Path(__file__).resolve().parent.parent
A_TIME = re.compile(r"\d{4}-\d{2}|\d{2}-\d{2} \d{2}:\d{2}")
FIGURES = {
    **{name: lambda draw=draw: draw().figure for name, draw in CHARTS.items()},
    "latency": lambda: latency_chart([]).figure,
    "price history": lambda: price_history([HELD], gpu="a", since=SINCE, now=NOW).figure,
    "start-up": lambda: (
        start_up_chart(
            [bar(*SECONDS)],
            None,
            stages=STAGES,
            compared="",
            words=duration_words,
            simulated=False,
        ).figure
    ),
}


def axes_of(figure: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], list[Any]]]:
    """The axes of a figure, each with the values that are drawn along it."""
    layout = figure["layout"]
    for name in [each for each in layout if re.fullmatch(r"[xy]axis\d*", each)]:
        values = [
            each
            for trace in figure["data"]
            if trace.get(f"{name[0]}axis", name[0]) == name.replace("axis", "")
            for each in trace.get(name[0]) or []
        ]
        yield name, layout[name], values


def time_axes(figure: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The axes of a figure that hold instants, days or months."""
    for name, axis, values in axes_of(figure):
        if axis.get("type") == "date" or any(
            isinstance(each, str) and A_TIME.match(each) for each in values
        ):
            yield name, axis


def title_of(axis: dict[str, Any]) -> str:
    return str(axis.get("title", {}).get("text", ""))


@pytest.mark.parametrize("name", FIGURES)
def test_the_time_axis_of_a_figure_names_its_zone(name: str):
    silent = [
        which for which, axis in time_axes(FIGURES[name]()) if "(UTC)" not in title_of(axis)
    ]

    assert silent == []


def test_axes_of_time_are_found():
    found = {name for name, draw in FIGURES.items() if list(time_axes(draw()))}

    assert {"latency", "receivables", "billed", "demand", "start-up"} <= found
    assert not found & {"waterfall", "options", "frontier", "tornado"}


def date_axes(path: Path) -> Iterator[ast.Dict]:
    """Every dictionary of a file that says {"type": "date"}."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Dict) and any(
            isinstance(key, ast.Constant)
            and key.value == "type"
            and isinstance(value, ast.Constant)
            and value.value == "date"
            for key, value in zip(node.keys, node.values, strict=True)
        ):
            yield node


def test_every_axis_of_dates_that_is_written_names_its_zone():
    drawn = [
        (path, axis)
        for app in ("fleet", "economics")
        for path in (ROOT / app).rglob("*.py")
        for axis in date_axes(path)
    ]
    silent = [
        f"{path.relative_to(ROOT)}:{axis.lineno}"
        for path, axis in drawn
        if "(UTC)" not in ast.unparse(axis)
    ]

    assert len(drawn) >= 5
    assert silent == []
