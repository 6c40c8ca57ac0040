from datetime import timedelta
from decimal import Decimal

import pytest

from economics.models import RevenueLine, UsageEstimate, UsageHour
from economics.selectors import pod_money
from economics.services.close import close_day
from economics.services.counting import count_usage
from economics.services.metering import seal_hours
from economics.services.revenue import post_revenue
from fleet.models import Pod
from tests.economics.services.rows import (
    DAY,
    NEXT_MIDNIGHT,
    STARTED,
    at,
    pod,
    price,
    sample,
)
from tests.factories import make_health_change


def read(served, when, seconds, *, started=STARTED):
    """A reading of a server that serves 6 uncached, 3 cached and 1 completion a second."""
    sample(served, when, 9 * seconds, 3 * seconds, seconds, started=started)


def ended(*, until, **columns):
    """The pod of the story, read at 10:40 and 10:40:50 and gone since `until`."""
    served = pod(status="terminated", billed_until=until, **columns)
    read(served, at(10, 40), 60)
    read(served, at(10, 40, 50), 110)
    return served


def estimates():
    return [
        (
            row.reason,
            row.uncached_prompt_tokens,
            row.cached_prompt_tokens,
            row.completion_tokens,
        )
        for row in UsageEstimate.objects.filter(superseded_at__isnull=True)
    ]


def measured():
    return sum(row.completion_tokens for row in UsageHour.objects.all())


def test_the_seconds_before_a_kill_are_estimated_by_the_pace_before_them():
    ended(until=at(10, 40, 58))

    count_usage(at(11))

    assert estimates() == [("end", 48, 24, 8)]
    row = UsageEstimate.objects.get()
    assert (row.from_at, row.to_at) == (at(10, 40, 50), at(10, 40, 58))
    assert row.basis == "500 tokens in the 50 s before × 8 s, at most 8,000: 80"
    assert (row.at_most_tokens, row.made_at, row.earns) == (8_000, at(11), False)


def test_measured_tokens_never_hold_an_estimate():
    ended(until=at(10, 40, 58))

    count_usage(at(11))

    assert measured() == 110


def test_an_estimate_is_made_once():
    ended(until=at(10, 40, 58))

    count_usage(at(11))
    count_usage(at(11, 1))

    assert len(estimates()) == 1


def test_an_end_is_judged_when_late_samples_had_their_time():
    ended(until=at(10, 40, 58))

    count_usage(at(10, 55))

    assert estimates() == []


def test_the_peak_bounds_an_estimate():
    served = ended(until=at(10, 40, 58))
    served.deployment.peak_tokens_per_second = Decimal("5.9")
    served.deployment.save()

    count_usage(at(11))

    assert estimates() == [("end", 24, 12, 4)]
    assert UsageEstimate.objects.get().at_most_tokens == 40


@pytest.mark.parametrize(
    ("columns", "dead_at"),
    [({"terminate_sent_at": at(10, 40, 54)}, None), ({}, at(10, 40, 54))],
    ids=["delete sent", "probe refused"],
)
def test_a_server_serves_no_longer_than_until_its_end_was_seen(columns, dead_at):
    served = ended(until=at(10, 50), **columns)
    if dead_at is not None:
        make_health_change(served, "dead", at=dead_at)

    count_usage(at(11, 10))

    assert estimates() == [("end", 24, 12, 4)]


def test_a_long_silence_is_estimated_for_fifteen_minutes_at_most(settings):
    settings.ESTIMATE_MOST_SECONDS = 900
    ended(until=at(14))

    count_usage(at(15))

    assert sum(row[3] for row in estimates()) == 900
    assert UsageEstimate.objects.last().to_at == at(10, 55, 50)


def test_the_time_between_two_servers_is_estimated():
    served = pod()
    read(served, at(10, 40), 60)
    read(served, at(10, 40, 50), 110)
    read(served, at(10, 41, 10), 3, started=at(10, 41))

    count_usage(at(10, 42))

    assert estimates() == [("restart", 60, 30, 10)]
    assert measured() == 113


def test_a_silence_of_the_probe_needs_no_estimate():
    served = pod()
    read(served, at(10, 40), 60)
    read(served, at(13, 40), 500)

    count_usage(at(13, 41))

    assert (estimates(), measured()) == ([], 500)


def test_an_idle_server_is_not_thought_to_have_served():
    served = pod(status="terminated", billed_until=at(10, 50))
    read(served, at(10, 40), 60)
    read(served, at(10, 41), 60)

    count_usage(at(11, 10))

    assert estimates() == []


def test_an_estimate_over_the_hour_is_split_and_loses_nothing():
    served = pod(status="terminated", billed_until=at(11, 0, 3))
    read(served, at(10, 59), 60)
    read(served, at(10, 59, 50), 110)

    count_usage(at(12))

    hours = list(UsageEstimate.objects.values_list("hour_start", "completion_tokens"))
    assert hours == [(at(10), 10), (at(11), 3)]


def test_a_sample_that_arrives_after_all_takes_the_estimate_back():
    served = ended(until=at(10, 40, 58))
    count_usage(at(11))
    read(served, at(10, 40, 55), 114)

    count_usage(at(11, 1))

    assert estimates() == [("end", 17, 8, 2)]
    assert measured() == 114
    assert UsageEstimate.objects.filter(superseded_at=at(11, 1)).count() == 1


def booked():
    return sum(RevenueLine.objects.values_list("amount_usd", flat=True))


def test_estimates_earn_nothing_unless_a_setting_says_so(settings):
    settings.ESTIMATES_EARN = False
    price(ended(until=at(10, 40, 58)))
    count_usage(at(12))
    seal_hours(at(12))

    post_revenue(at(12))

    assert not RevenueLine.objects.filter(estimate__isnull=False).exists()


def test_estimates_that_earn_are_lines_of_their_own_tagged_estimated(settings):
    settings.ESTIMATES_EARN = True
    served = ended(until=at(10, 40, 58))
    price(served)
    count_usage(at(12))
    seal_hours(at(12))

    post_revenue(at(12))
    post_revenue(at(12, 1))

    lines = RevenueLine.objects.filter(estimate__isnull=False)
    assert [(line.token_class, line.tokens, line.provenance) for line in lines] == [
        ("uncached_prompt", 48, "estimated"),
        ("cached_prompt", 24, "estimated"),
        ("completion", 8, "estimated"),
    ]
    assert pod_money(served, at(12)).revenue_usd == booked()


def test_revenue_of_an_estimate_that_was_wrong_is_taken_back_by_lines(settings):
    settings.ESTIMATES_EARN = True
    served = ended(until=at(10, 40, 58))
    price(served)
    count_usage(at(12))
    post_revenue(at(12))
    Pod.objects.update(billed_until=at(10, 40, 55))
    read(served, at(10, 40, 55), 115)

    for _ in range(2):
        count_usage(at(13))
        seal_hours(at(13))
        post_revenue(at(13))

    lines = RevenueLine.objects.filter(estimate__isnull=False)
    assert sum(line.amount_usd for line in lines) == 0
    assert lines.filter(corrects__isnull=False).count() == 3
    assert RevenueLine.objects.filter(usage_hour__isnull=False).exists()


def test_a_closed_day_is_corrected_in_the_next_open_one(settings):
    settings.ESTIMATES_EARN = True
    served = ended(until=at(10, 40, 58))
    price(served)
    close_day(DAY, NEXT_MIDNIGHT + timedelta(hours=1))
    sample(served, at(10, 40, 57), 1044, 348, 116)

    count_usage(NEXT_MIDNIGHT + timedelta(hours=2))
    post_revenue(NEXT_MIDNIGHT + timedelta(hours=2))

    backs = RevenueLine.objects.filter(corrects__isnull=False)
    assert {line.day for line in backs} == {NEXT_MIDNIGHT.date()}
