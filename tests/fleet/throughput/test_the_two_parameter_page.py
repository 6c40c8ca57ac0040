"""Every row of docs/formulas/two-parameter-capacity.md, computed again."""

import pytest

from fleet.throughput.latency import Unknown
from fleet.throughput.two_parameter import (
    SaturatedPoint,
    TwoParameters,
    two_parameters,
)
from tests.economics.formula_page import worked_rows

ROWS = worked_rows("two-parameter-capacity")


def fitted(short_rate: float, long_rate: float) -> TwoParameters | Unknown:
    return two_parameters(
        SaturatedPoint(1024, 1024, short_rate), SaturatedPoint(8192, 1024, long_rate)
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['replica']} {row['r']}")
def test_a_row_of_the_page_is_what_the_code_computes(row):
    found = fitted(float(row["o1"]), float(row["o8"]))
    ratio, cached = float(row["r"]), float(row["c"])
    billed = found.billed_tokens_per_second(ratio, cached)

    assert [
        f"{found.prompt_seconds * 1e6:.3f}",
        f"{found.output_seconds * 1e6:.3f}",
        f"{found.seconds_per_output_token(ratio, cached) * 1e6:.3f}",
        f"{billed:.1f}",
        f"{billed * 86_400 / 1e6:.1f}",
    ] == [row[name] for name in ("a_us", "b_us", "t_us", "billed", "mtok_day")]


def test_both_points_come_out_again():
    found = fitted(1343, 581)

    assert found.billed_tokens_per_second(1, 0) == pytest.approx(2 * 1343)
    assert found.billed_tokens_per_second(8, 0) == pytest.approx(9 * 581)


@pytest.mark.parametrize(
    ("short_rate", "long_rate", "sentence"),
    [
        (1000, 1000, "contradict the formula"),
        (1000, 10, "contradict the formula"),
        (0, 500, "must be above 0"),
        (1000, float("nan"), "must be above 0"),
    ],
)
def test_points_that_say_nothing_are_refused(short_rate, long_rate, sentence):
    told = fitted(short_rate, long_rate)

    assert isinstance(told, Unknown)
    assert sentence in told.reason


def test_two_mixes_that_are_alike_are_refused():
    told = two_parameters(SaturatedPoint(1000, 1000, 900), SaturatedPoint(1100, 1000, 880))

    assert isinstance(told, Unknown)
    assert "measure two mixes that differ" in told.reason


@pytest.mark.parametrize(("ratio", "cached"), [(-1, 0), (10, 1.5), (10, float("nan"))])
def test_a_mix_that_cannot_be_is_refused(ratio, cached):
    with pytest.raises(ValueError, match="it must be"):
        fitted(1343, 581).billed_tokens_per_second(ratio, cached)
