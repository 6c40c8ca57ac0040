import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from economics.charts import sparkline_points
from economics.charts.sparkline import zero_line

VALUES = st.lists(
    st.none() | st.decimals(min_value=-1000, max_value=1000, places=2), max_size=40
)


def test_a_rising_line_goes_from_the_lower_left_to_the_upper_right():
    assert (
        sparkline_points([Decimal(0), Decimal(5), Decimal(10)], 20, 12) == "M0 11L10 6L20 1"
    )


def test_a_gap_lifts_the_pen_and_a_lonely_value_is_a_dot():
    path = sparkline_points([Decimal(0), Decimal(10), None, Decimal(10)], 30, 12)
    assert path == "M0 11L10 1M30 1h0"


def test_a_loss_lies_below_the_zero_line():
    values = [Decimal(10), Decimal(-10)]
    assert sparkline_points(values, 10, 22) == "M0 1L10 21"
    assert zero_line(values, 22) == "11"


def test_a_flat_line_of_zeros_lies_in_the_middle():
    assert sparkline_points([Decimal(0), Decimal(0)], 10, 12) == "M0 6L10 6"


def test_nothing_to_draw_is_an_empty_path():
    assert sparkline_points([], 10, 12) == ""
    assert sparkline_points([None, None], 10, 12) == ""


@given(VALUES)
def test_every_point_lies_inside_and_there_is_one_for_every_value(values):
    path = sparkline_points(values, 120, 24)
    points = re.findall(r"[ML]([\d.]+) ([\d.]+)", path)
    assert len(points) == sum(value is not None for value in values)
    for x, y in points:
        assert 0 <= float(x) <= 120
        assert 1 <= float(y) <= 23
