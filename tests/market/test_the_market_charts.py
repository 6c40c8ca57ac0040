from datetime import timedelta
from decimal import Decimal

from economics.charts.price_dots import OURS, PriceDot, price_dots
from economics.charts.token_price_lines import (
    PriceLine,
    Step,
    corners,
    token_price_lines,
)
from tests.clock import NOON

DAY = timedelta(days=1)
DOTS = [
    PriceDot("Birch", Decimal("1.00")),
    PriceDot("Alder", Decimal("0.60")),
    PriceDot("Gone", Decimal("0.10"), apart=True),
]


def line(
    *steps: tuple[str, int, int], label: str = "Alder", ours: bool = False
) -> PriceLine:
    """Steps by price and by the days ago of their first and last sight."""
    return PriceLine(
        label,
        tuple(Step(Decimal(p), NOON - a * DAY, NOON - b * DAY) for p, a, b in steps),
        ours,
    )


def drawn(*lines: PriceLine):
    return token_price_lines(
        lines,
        of="completion",
        since=NOON - 30 * DAY,
        now=NOON,
        gap_after=timedelta(hours=25),
        simulated=True,
    )


def test_each_offer_is_a_dot_and_ours_is_another_mark():
    chart = price_dots(DOTS, Decimal("0.80"), of="prompt", simulated=False)

    rivals, apart, ours = chart.figure["data"]
    assert dict(zip(rivals["y"], rivals["x"], strict=True)) == {"Birch": 1.0, "Alder": 0.6}
    assert (apart["y"], apart["marker"]["symbol"]) == (["Gone"], "circle-open")
    assert (ours["y"], ours["x"]) == ([OURS], [0.8])
    order = chart.figure["layout"]["yaxis"]["categoryarray"]
    assert order == ["Birch", "Alder", "Gone", OURS]


def test_the_caption_is_the_finding_and_what_does_not_count_sets_no_floor():
    chart = price_dots(DOTS, Decimal("0.80"), of="prompt", simulated=False)

    assert chart.caption == (
        "Prompt: the floor is $0.6000/1M (Alder); at $0.8000/1M 1 of 2 are cheaper"
    )
    cheapest = price_dots(DOTS, Decimal("0.50"), of="prompt", simulated=False)
    assert cheapest.caption.endswith("at $0.5000/1M nobody is cheaper than we are")
    nothing = price_dots([], None, of="cached prompt", simulated=False)
    assert nothing.caption == "Cached prompt: no rival that counts has a price for it"


def test_the_table_has_the_same_rows_as_the_dots():
    chart = price_dots(DOTS, Decimal("0.80"), of="prompt", simulated=False)

    assert ("Alder", "0.600000", "yes") in chart.table.rows
    assert ("Gone", "0.100000", "no") in chart.table.rows
    assert chart.table.rows[-1] == (OURS, "0.800000", "—")


def test_play_data_is_marked_in_the_figure():
    assert price_dots(DOTS, None, of="prompt", simulated=True).figure["layout"]["meta"][
        "simulated"
    ]
    assert drawn(line(("1", 3, 0))).figure["layout"]["meta"]["simulated"]


def test_a_price_that_changed_overnight_has_no_gap():
    found = corners(
        line(("1.0", 9, 5), ("0.8", 4, 0)),
        since=NOON - 30 * DAY,
        gap_after=timedelta(hours=25),
    )

    assert found == [
        (NOON - 9 * DAY, Decimal("1.0")),
        (NOON - 4 * DAY, Decimal("0.8")),
        (NOON, Decimal("0.8")),
    ]


def test_a_silence_is_a_gap_and_a_line_ends_where_it_was_last_seen():
    found = corners(
        line(("1.0", 9, 7), ("0.8", 4, 3)),
        since=NOON - 30 * DAY,
        gap_after=timedelta(hours=25),
    )

    assert found[2] == (NOON - 7 * DAY, None)
    assert found[-1] == (NOON - 3 * DAY, Decimal("0.8"))


def test_what_began_before_is_drawn_from_the_edge():
    found = corners(line(("1", 60, 0)), since=NOON - 30 * DAY, gap_after=DAY)

    assert found[0] == (NOON - 30 * DAY, Decimal(1))


def test_the_caption_names_the_lowest_and_the_largest_move():
    chart = drawn(
        line(("2.0", 20, 11), ("1.5", 10, 0)), line(("1.0", 20, 0), label="Birch")
    )

    assert chart.caption == (
        "Completion: the lowest last price is $1.0000/1M (Birch); Alder fell 25% since "
        "2026-02-18"
    )


def test_at_most_twelve_rivals_are_drawn_and_ours_always():
    rivals = [line((f"{n}", 3, 0), label=f"r{n:02d}") for n in range(1, 20)]

    chart = drawn(*rivals, line(("99", 3, 0), label="our price", ours=True))

    names = [trace["name"] for trace in chart.figure["data"]]
    assert len(names) == 13 and names[-1] == "our price" and names[0] == "r01"
    assert chart.figure["layout"]["meta"]["left_out"] == 7
