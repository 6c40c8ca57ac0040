from decimal import Decimal

from economics.models import Provenance, RevenueLine, UsageHour
from economics.selectors import unpriced_models
from economics.services.metering import seal_hours, settle_usage
from economics.services.revenue import post_revenue
from tests.economics.services.rows import NEXT_MIDNIGHT, at, pod, price, sample


def serve(of, hour, prompt, cached, completion):
    sample(of, at(hour, 59), prompt, cached, completion)
    settle_usage(at(hour, 59, 30))


def lines():
    return {
        (line.usage_hour.hour_start.hour, line.token_class): line.amount_usd
        for line in RevenueLine.objects.select_related("usage_hour")
    }


def test_a_sealed_hour_becomes_one_line_per_class_at_its_price():
    served = pod()
    tariff = price(served)
    serve(served, 10, 1000, 400, 200)
    seal_hours(at(11, 15))

    post_revenue(at(11, 16))

    assert lines() == {
        (10, "uncached_prompt"): Decimal("0.000600"),
        (10, "cached_prompt"): Decimal("0.000040"),
        (10, "completion"): Decimal("0.000400"),
    }
    assert set(RevenueLine.objects.values_list("price", flat=True)) == {tariff.pk}


def test_an_hour_that_is_not_sealed_is_not_booked():
    served = pod()
    price(served)
    serve(served, 10, 1000, 400, 200)

    assert post_revenue(at(11, 16)).hours == 0
    assert lines() == {}


def test_booking_twice_adds_no_line():
    served = pod()
    price(served)
    serve(served, 10, 1000, 400, 200)
    seal_hours(at(11, 15))
    post_revenue(at(11, 16))

    assert post_revenue(at(11, 17)).hours == 0
    assert len(lines()) == 3


def test_a_new_price_holds_from_its_hour_on_and_not_before():
    served = pod()
    old = price(served)
    new = price(served, valid_from=at(11), completion_usd_per_token=Decimal("0.000010"))
    sample(served, at(11), 0, 0, 100)
    sample(served, at(12), 0, 0, 300)
    settle_usage(NEXT_MIDNIGHT)
    seal_hours(NEXT_MIDNIGHT)

    post_revenue(NEXT_MIDNIGHT)

    booked = RevenueLine.objects.values_list(
        "usage_hour__hour_start", "price", "amount_usd"
    )
    assert list(booked) == [
        (at(10), old.pk, Decimal("0.000200")),
        (at(11), new.pk, Decimal("0.002000")),
    ]


def test_tokens_without_a_price_are_listed_and_not_booked_at_zero():
    served = pod()
    serve(served, 10, 1000, 400, 200)
    seal_hours(at(11, 15))

    posted = post_revenue(at(11, 16))

    assert (posted.hours, posted.unpriced_hours) == (0, 1)
    assert lines() == {}
    (unpriced,) = unpriced_models()
    assert (unpriced.tokens, unpriced.hours, unpriced.since) == (1200, 1, at(10))


def test_tokens_are_booked_once_their_hour_has_a_price():
    served = pod()
    serve(served, 10, 1000, 400, 200)
    seal_hours(at(11, 15))
    post_revenue(at(11, 16))
    price(served)

    assert post_revenue(at(11, 20)).hours == 1
    assert unpriced_models() == []


def test_a_free_class_is_booked_at_zero_and_is_not_unpriced():
    served = pod()
    price(served, cached_prompt_usd_per_token=Decimal(0))
    serve(served, 10, 1000, 400, 200)
    seal_hours(at(11, 15))

    post_revenue(at(11, 16))

    assert lines()[(10, "cached_prompt")] == 0


def test_a_guessed_split_of_the_prompt_is_estimated_and_completion_is_measured():
    served = pod()
    price(served)
    sample(served, at(10, 59), 1000, None, 200)
    settle_usage(at(10, 59, 30))
    seal_hours(at(11, 15))

    post_revenue(at(11, 16))

    tags = dict(RevenueLine.objects.values_list("token_class", "provenance"))
    assert tags == {
        "uncached_prompt": Provenance.ESTIMATED,
        "completion": Provenance.MEASURED,
    }


def test_every_token_is_in_a_line():
    served = pod()
    price(served)
    for hour in range(10, 14):
        serve(served, hour, 1000 * hour, 300 * hour, 77 * hour)
    seal_hours(NEXT_MIDNIGHT)

    post_revenue(NEXT_MIDNIGHT)

    assert UsageHour.objects.filter(booked_at__isnull=True).count() == 0
    assert sum(RevenueLine.objects.values_list("tokens", flat=True)) == 13 * 1077
