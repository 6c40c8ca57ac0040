"""docs/schedule.md: what is started, kept and ended within an hour, by hand."""

from pathlib import Path

import numpy as np
import pytest

from economics.planner.schedule.worth import Hour, Terms, best_change, worth_at_start
from tests.economics.formula_page import worked_rows

PAGE, HEADING = str(Path("..") / "schedule"), "A change by hand"
TERMS = Terms(least=0, most=1, usd_per_hour=2.0, earns_usd=3.6, load_hours=1 / 6)


@pytest.mark.parametrize("row", worked_rows(PAGE, HEADING), ids=lambda row: row["why"])
def test_the_page_and_the_change_agree(row):
    worth_next = np.array([float(each) for each in row["worth_next"].split()])

    hold = best_change(
        TERMS,
        int(row["held"]),
        float(row["asked"]),
        int(row["minutes_left"]) / 60,
        worth_next,
    )

    assert hold == int(row["hold"])


def test_a_loaded_replica_is_worth_what_an_hour_earns():
    certain = Hour(np.array([1.0]))

    none, one = worth_at_start(TERMS, [certain])

    assert one == pytest.approx(3.6 - 2.0)
    # Five minutes pass unseen, ten more load: 45 are sold, and 55 are paid.
    assert none == pytest.approx(3.6 * 45 / 60 - 2.0 * 55 / 60)


def test_cases_are_weighed_alike():
    either = Hour(np.array([0.0, 1.0]))

    _, one = worth_at_start(TERMS, [either])

    # Where nothing comes, it is ended after the five minutes that tell.
    assert one == pytest.approx((-2.0 / 12 + 3.6 - 2.0) / 2)


def test_the_next_hour_is_loaded_for_in_this_one():
    quiet, certain = Hour(np.array([0.0])), Hour(np.array([1.0]))

    none, _ = worth_at_start(TERMS, [quiet, certain])

    assert none == pytest.approx(1.6 - 2.0 / 6)


def test_nothing_is_worth_anything_in_an_hour_in_which_it_may_not_run():
    closed = Hour(np.array([1.0]), may_run=False)

    assert list(worth_at_start(TERMS, [closed])) == [0.0, 0.0]


def test_a_utilization_limit_caps_what_is_sold():
    half = Terms(least=0, most=1, usd_per_hour=1.0, earns_usd=3.6, filled=0.5)

    _, one = worth_at_start(half, [Hour(np.array([1.0]))])

    assert one == pytest.approx(1.8 - 1.0)


def test_a_floor_is_never_left():
    floor = Terms(least=1, most=2, usd_per_hour=2.0, earns_usd=3.6)

    assert best_change(floor, 2, 0.0, 0.5, np.zeros(2)) == 1
