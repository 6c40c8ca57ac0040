from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from economics.models import DayClose, TokenPrice, UsageHour
from tests import factories
from tests.economics.services.rows import DAY, at, pod, price, sample


def run(*words):
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_settle_usage_counts_seals_and_books():
    served = pod()
    price(served)
    sample(served, at(10, 59), 1000, 400, 200)

    assert "1 samples counted, 1 hours sealed, 1 hours booked" in run("settle_usage")
    assert UsageHour.objects.count() == 1


def test_settle_usage_names_hours_without_a_price():
    served = pod()
    sample(served, at(10, 59), 1000, 400, 200)

    assert "1 hours have no token price" in run("settle_usage")


def test_close_day_closes_one_day_once():
    pod(billed_until=at(12))

    assert "is closed" in run("close_day", "--day", "2026-03-04")
    assert "was closed before" in run("close_day", "--day", "2026-03-04")
    assert DayClose.objects.get().day == DAY


def test_close_day_without_a_day_closes_what_is_due():
    pod(billed_until=at(12))

    assert "closed 2026-03-04, 2026-03-05" in run("close_day")


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("4 March", "write a day as 2026-03-01"),
        ("2199-01-01", "can not be closed before"),
        ("2026-03-05", "2026-03-04 is not closed yet"),
    ],
)
def test_close_day_says_what_is_wrong(day, sentence):
    pod(billed_until=at(12))

    with pytest.raises(CommandError, match=sentence):
        run("close_day", "--day", day)


PRICES = ("--uncached-prompt", "0.60", "--cached-prompt", "0.12", "--completion", "1.92")


def test_set_price_sets_a_price_from_an_hour_on():
    model = factories.make_model()

    run("set_price", model.slug, *PRICES, "--from", "2026-03-04T12:00")

    assert TokenPrice.objects.get().valid_from == at(12)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (("--completion", "cheap"), "--completion is 'cheap'"),
        (("--completion", "-1"), "a price is 0 or more"),
        (("--from", "noon"), "--from is 'noon'"),
        (("--from", "2026-03-04T12:30"), "full hour, UTC"),
    ],
)
def test_set_price_says_what_is_wrong_and_saves_nothing(changes, sentence):
    model = factories.make_model()
    with pytest.raises(CommandError, match=sentence):
        run("set_price", model.slug, *PRICES, *changes)
    assert not TokenPrice.objects.exists()


def test_set_price_lists_the_models_it_knows():
    model = factories.make_model()
    with pytest.raises(CommandError, match=model.slug):
        run("set_price", "gpt-9", *PRICES)
