from decimal import Decimal

import pytest

from economics.calc.unknown import Unknown
from economics.charts import break_even_bullet


def bullet(earned="40", needed="60", projected: str | None = "80", by_now="30"):
    return break_even_bullet(
        earned=Decimal(earned),
        needed=Decimal(needed),
        projected=None if projected is None else Decimal(projected),
        needed_by_now=Decimal(by_now),
    )


def test_marks_keep_their_proportions_and_the_longest_ends_inside():
    drawn = bullet()
    assert drawn.scale_usd == Decimal("88.0")
    assert drawn.earned_percent == pytest.approx(45.455)
    assert drawn.needed_percent == pytest.approx(68.182)
    assert drawn.projected_percent == pytest.approx(90.909)
    assert drawn.pace_percent == pytest.approx(34.091)


def test_the_caption_says_how_much_is_missing():
    assert bullet().caption == (
        "Earned $40.00 of $60.00 needed today: $20.00 short of break-even. "
        "At this pace ≈$80.00 by 24:00 UTC."
    )


def test_exactly_break_even_is_past_it():
    drawn = bullet(earned="60", projected=None)
    assert drawn.is_past_break_even is True
    assert (
        drawn.caption == "Earned $60.00 of $60.00 needed today: past break-even by $0.00."
    )


def test_an_unknown_break_even_is_not_drawn_and_its_reason_is_said():
    drawn = break_even_bullet(
        earned=Decimal(3),
        needed=Unknown("nobody sells"),
        needed_by_now=Unknown("nobody sells"),
        projected=None,
    )
    assert drawn.needed_percent is None
    assert drawn.pace_percent is None
    assert drawn.is_past_break_even is None
    assert (
        drawn.caption == "Earned $3.00 today. Break-even is unknown because nobody sells."
    )
    assert drawn.table.rows[1] == ("needed for the whole day", "—")


def test_a_day_without_cost_and_revenue_draws_at_zero():
    drawn = bullet(earned="0", needed="0", projected=None)
    assert (drawn.earned_percent, drawn.needed_percent) == (0.0, 0.0)


def test_what_is_needed_by_now_need_not_be_an_even_share_of_the_day():
    drawn = bullet(by_now="6", needed="60", projected=None)
    assert drawn.pace_percent == pytest.approx(9.091)
    assert drawn.needed_percent == pytest.approx(90.909)
