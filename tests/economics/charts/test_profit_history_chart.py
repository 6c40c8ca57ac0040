import json
import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.money import round_shown
from economics.charts import ProfitDay, profit_history

FIRST = date(2026, 2, 25)
LAST = date(2026, 3, 2)


def row(day, cost, revenue, *, take_rate="0", **flags) -> ProfitDay:
    keeps = 1 - Decimal(take_rate)
    return ProfitDay(
        day=day,
        cost=Decimal(cost),
        revenue=Decimal(revenue),
        profit=Decimal(revenue) * keeps - Decimal(cost),
        break_even_revenue=Decimal(cost) / keeps,
        **flags,
    )


# A good day, a loss, a day without figures, the best day, and a day that is not over.
ROWS = [
    row(date(2026, 2, 25), "57", "95.20", take_rate="0.055"),
    row(date(2026, 2, 26), "57", "58", take_rate="0.055"),
    row(date(2026, 2, 28), "57", "100", take_rate="0.055"),
    row(date(2026, 3, 1), "57", "80", take_rate="0.055"),
    row(date(2026, 3, 2), "38", "20", take_rate="0.055", is_partial=True),
]


def chart(rows=ROWS, first=FIRST, last=LAST):
    return profit_history(rows, first_day=first, last_day=last)


def trace(of, name):
    (found,) = [t for t in of.figure["data"] if t["name"] == name]
    return found


def texts(of):
    return [note["text"] for note in of.figure["layout"]["annotations"]]


def test_a_day_without_neighbours_still_has_its_break_even_line():
    lone = trace(chart([ROWS[0], *ROWS[2:]]), "revenue needed to break even")

    assert lone["mode"] == "lines+markers"
    assert lone["marker"]["symbol"] == "line-ew"
    assert [size > 0 for size in lone["marker"]["size"]] == [True] + [False] * 5


@pytest.mark.parametrize(
    ("cost", "ticks"), [("57", "$,.2f"), ("0.012", "$,.4f"), ("0.0002", "$,.6f")]
)
def test_ticks_are_fine_enough_to_differ(cost: str, ticks: str):
    drawn = chart([row(LAST, cost, "0")])

    assert drawn.figure["layout"]["yaxis"]["tickformat"] == ticks


def test_the_simulated_mark_stands_above_the_plot_and_hides_no_line():
    drawn = chart([row(LAST, "1", "2", is_simulated=True)])
    notes = drawn.figure["layout"]["annotations"]
    (mark,) = [note for note in notes if note["text"].startswith("SIMULATED")]

    assert (mark["y"], mark["yanchor"]) == (1, "bottom")


def test_days_are_utc_date_strings_and_the_zone_stands_at_the_axis():
    drawn = trace(chart(), "profit")
    assert drawn["x"] == [
        "2026-02-25",
        "2026-02-26",
        "2026-02-27",
        "2026-02-28",
        "2026-03-01",
        "2026-03-02",
    ]
    assert "UTC" in chart().figure["layout"]["xaxis"]["title"]["text"]


def test_revenue_goes_up_and_cost_and_fees_go_down():
    drawn = chart()
    assert trace(drawn, "revenue")["y"] == [95.2, 58.0, None, 100.0, 80.0, 20.0]
    assert trace(drawn, "cost")["y"] == [-57.0, -57.0, None, -57.0, -57.0, -38.0]
    assert trace(drawn, "marketplace fees")["y"] == [-5.236, -3.19, None, -5.5, -4.4, -1.1]
    assert drawn.figure["layout"]["barmode"] == "relative"


def test_the_bars_of_a_day_add_up_to_the_profit_line():
    drawn = chart()
    bars = [t["y"] for t in drawn.figure["data"] if t["type"] == "bar"]
    for n, profit in enumerate(trace(drawn, "profit")["y"]):
        if profit is not None:
            assert sum(bar[n] for bar in bars) == pytest.approx(profit)


def test_the_break_even_line_is_the_revenue_needed_and_lies_above_the_cost():
    line = trace(chart(), "revenue needed to break even")["y"]
    assert line[0] == pytest.approx(60.317460, abs=1e-6)
    assert line[2] is None


def test_a_day_that_no_revenue_can_pay_is_a_gap_in_the_break_even_line():
    hopeless = ProfitDay(FIRST, Decimal(5), Decimal(1), Decimal(-5), None)
    drawn = chart([hopeless], FIRST, FIRST)
    assert trace(drawn, "revenue needed to break even")["y"] == [None]
    assert "no revenue can break even" in drawn.table.rows[0][-1]


def test_a_missing_day_is_a_gap_everywhere_and_never_zero():
    drawn = chart()
    for t in drawn.figure["data"]:
        assert t["y"][2] is None
        assert t.get("connectgaps") in (None, False)
    assert drawn.table.rows[2][1:6] == ("—",) * 5
    assert "no data" in texts(drawn)
    assert "1 day has no figures" in drawn.caption


def test_a_run_of_missing_days_gets_one_label():
    drawn = chart(ROWS[-1:])
    assert texts(drawn).count("no data") == 1
    assert "5 days have no figures" in drawn.caption


def test_a_day_that_is_not_closed_is_shaded_and_marked():
    drawn = chart()
    (shade,) = drawn.figure["layout"]["shapes"]
    assert (shade["x0"], shade["x1"]) == ("2026-03-01 12:00", "2026-03-02 12:00")
    assert "partial" in texts(drawn)
    assert drawn.table.rows[-1][-1] == "partial"
    [note] = [
        each for each in drawn.figure["layout"]["annotations"] if each["text"] == "partial"
    ]
    assert (note["x"], note["xanchor"]) == ("2026-03-02 12:00", "right")
    assert trace(drawn, "profit")["marker"]["symbol"][-1] == "circle-open"


def title(of):
    return of.figure["layout"]["title"]["text"]


def test_the_title_states_the_newest_closed_day_and_its_rank():
    assert title(chart()) == "Profit $18.60 on 2026-03-01, 3rd best of 4 closed days"


def test_the_title_says_loss_without_a_minus_sign():
    assert title(chart(ROWS[:2])) == "Loss $2.19 on 2026-02-26, 2nd best of 2 closed days"


def test_the_title_of_the_best_day():
    assert (
        title(chart(ROWS[:3])) == "Profit $37.50 on 2026-02-28, the best of 3 closed days"
    )


def test_the_title_before_a_day_is_closed():
    assert title(chart(ROWS[-1:])) == "Loss $19.10 so far; no day is closed yet"
    assert title(chart(ROWS[:1])).endswith("the first closed day")
    assert title(chart([])) == "No figures yet for these days"


def test_the_rank_reads_right_at_eleventh_and_twenty_first():
    days = [row(FIRST + timedelta(n), "0", str(100 - n)) for n in range(21)]
    assert "21st best" in title(chart(days, FIRST, FIRST + timedelta(20)))
    assert "11th best" in title(chart(days[:11], FIRST, FIRST + timedelta(20)))


def test_the_caption_says_what_was_needed():
    assert "That day earned $80.00 of the $60.32 needed to break even." in chart().caption


def test_simulated_days_are_marked_in_the_data_and_visibly():
    rows = [row(FIRST, "1", "2", is_simulated=True), row(LAST, "1", "2")]
    drawn = chart(rows)
    assert drawn.figure["layout"]["meta"] == {"simulated": True, "simulated_days": 1}
    assert "SIMULATED (hatched, 1 of 6 days)" in texts(drawn)
    assert trace(drawn, "revenue")["marker"]["pattern"]["shape"][0] == "/"
    assert trace(drawn, "revenue")["marker"]["pattern"]["shape"][-1] == ""
    assert "simulated" in drawn.caption
    assert drawn.table.rows[0][-1] == "simulated"


def test_real_days_carry_no_mark():
    drawn = chart()
    assert drawn.figure["layout"]["meta"]["simulated"] is False
    assert not any("SIMULATED" in text for text in texts(drawn))


def test_the_axis_holds_zero_and_shows_dollars_and_a_refresh_keeps_the_zoom():
    layout = chart().figure["layout"]
    assert layout["yaxis"]["rangemode"] == "tozero"
    assert layout["yaxis"]["tickformat"] == "$,.2f"
    assert layout["xaxis"]["automargin"] and layout["yaxis"]["automargin"]
    assert layout["uirevision"] == "profit-history"
    assert "template" not in layout


def test_every_colour_has_six_digits_because_plotly_drops_the_others():
    colours = re.findall(
        r'"(?:color|fillcolor|bordercolor)": "([^"]+)"', json.dumps(chart().figure)
    )
    assert colours
    assert all(re.fullmatch(r"#[0-9a-fA-F]{6}", colour) for colour in colours)


def test_the_figure_is_plain_json():
    assert json.loads(json.dumps(chart().figure, allow_nan=False)) == chart().figure


@given(st.permutations(ROWS))
def test_the_order_of_the_rows_does_not_matter(rows):
    assert chart(rows) == chart()


MONEY = st.decimals(min_value=0, max_value=10_000, places=6)


@given(st.lists(st.tuples(MONEY, MONEY), min_size=1, max_size=30))
def test_the_table_shows_the_figures_that_are_drawn(days):
    rows = [row(FIRST + timedelta(n), *amounts) for n, amounts in enumerate(days)]
    drawn = chart(rows, FIRST, FIRST + timedelta(29))
    for n, amounts in enumerate(rows):
        shown = Decimal(
            drawn.table.rows[n][4].replace("−$", "-").replace("$", "").replace(",", "")
        )
        assert shown == round_shown(amounts.profit)
        assert trace(drawn, "profit")["y"][n] == float(amounts.profit)


@pytest.mark.parametrize(
    ("rows", "first", "last", "sentence"),
    [
        ([ROWS[0], ROWS[0]], FIRST, LAST, "two rows of one day"),
        (ROWS, FIRST + timedelta(1), LAST, "2026-02-25 lies outside"),
        ([], LAST, FIRST, "lies before"),
    ],
)
def test_rows_that_do_not_fit_the_window_are_refused(rows, first, last, sentence):
    with pytest.raises(ValueError, match=sentence):
        chart(rows, first, last)
