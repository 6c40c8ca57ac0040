"""An axis says of what its numbers are, and no minus stands behind a dollar."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.economics.charts.test_plotly_knows_our_figures import CHARTS
from tests.test_every_time_axis_names_its_zone import FIGURES, axes_of, title_of


def axes_of_numbers(figure: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, axis, values in axes_of(figure):
        if any(isinstance(value, int | float) for value in values):
            yield name, axis


@pytest.mark.parametrize("name", FIGURES)
def test_an_axis_of_numbers_names_its_unit(name: str):
    silent = [
        which for which, axis in axes_of_numbers(FIGURES[name]()) if not title_of(axis)
    ]

    assert silent == []


@pytest.mark.parametrize("name", CHARTS)
def test_an_amount_that_may_be_negative_has_its_sign_before_the_dollar(name: str):
    figure = CHARTS[name]().figure
    bars = [trace["colorbar"] for trace in figure["data"] if "colorbar" in trace]

    assert [bar for bar in bars if "tickprefix" in bar] == []
    assert "$%{z" not in json.dumps(figure)


def test_axes_of_numbers_are_found():
    found = {name for name, draw in FIGURES.items() if list(axes_of_numbers(draw()))}

    assert {"owners", "billed", "receivables", "tornado", "waterfall"} <= found
