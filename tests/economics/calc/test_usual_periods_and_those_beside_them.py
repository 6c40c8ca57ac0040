"""Days that are asked for by one key, and the stretches before and after them."""

from datetime import date

import pytest

from economics.calc.periods import earlier, later, usual_periods

TODAY = date(2026, 3, 4)


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("d", date(2026, 3, 4), TODAY),
        ("e", date(2026, 3, 3), date(2026, 3, 3)),
        ("w", date(2026, 2, 26), TODAY),
        ("t", date(2026, 2, 3), TODAY),
        ("m", date(2026, 3, 1), TODAY),
    ],
)
def test_each_key_has_its_days(key: str, first: date, last: date):
    found = {each.key: each for each in usual_periods(TODAY)}

    assert (found[key].first, found[key].last) == (first, last)


def test_earlier_is_as_long_and_touches():
    found = earlier(date(2026, 2, 26), TODAY)

    assert (found.first, found.last) == (date(2026, 2, 19), date(2026, 2, 25))


def test_later_is_as_long_and_never_beyond_today():
    whole = later(date(2026, 2, 1), date(2026, 2, 7), today=TODAY)
    short = later(date(2026, 2, 20), date(2026, 3, 1), today=TODAY)

    assert whole and (whole.first, whole.last) == (date(2026, 2, 8), date(2026, 2, 14))
    assert short and (short.first, short.last) == (date(2026, 2, 23), TODAY)


def test_nothing_is_later_than_today():
    assert later(date(2026, 3, 1), TODAY, today=TODAY) is None
    assert later(date(2026, 4, 1), date(2026, 4, 2), today=TODAY) is None
