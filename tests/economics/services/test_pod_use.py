from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from economics.models import CostLine, DailyProfit, DayUse, PodHourUse, Scope
from economics.selectors.booked_day import booked_day
from economics.selectors.pod_use import running_uses, stored_use
from economics.services.accrual import accrue
from economics.services.billing import read_billing
from economics.services.close import close_day
from economics.services.pod_use import book_pod_use
from fleet.models import Health, Pod
from tests.economics.services.bills import SaidBill
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, at, pod, sample
from tests.factories import make_health_change

READY = at(10, 34)


def rented(**columns) -> Pod:
    """The pod of the story, ready after four minutes."""
    return pod(**({"ready_at": READY} | columns))


def watched(of: Pod, begin, minutes: int, *, tokens_a_minute: int = 0, start: int = 0):
    """A sample every minute of [begin, begin + minutes]."""
    for minute in range(minutes + 1):
        moment = begin + timedelta(minutes=minute)
        sample(of, moment, 0, 0, start + minute * tokens_a_minute)


def judged(of: Pod, hour: int = 10) -> tuple[int, ...]:
    """Seconds of start-up, serving, idle, down and unknown, of an hour."""
    accrue(at(12))
    book_pod_use(at(12, 20))
    row = PodHourUse.objects.get(pod=of, hour_start=at(hour))
    return (
        *(row.start_up_seconds, row.serving_seconds, row.idle_seconds),
        *(row.down_seconds, row.unknown_seconds),
    )


def test_an_hour_is_start_up_then_serving_then_idle():
    one = rented()
    watched(one, READY, 10, tokens_a_minute=100)
    watched(one, at(10, 45), 17, start=1000)

    assert judged(one) == (240, 10 * 60, 16 * 60, 0, 0)


def test_a_pod_that_was_never_ready_only_started_up():
    assert judged(rented(ready_at=None)) == (1800, 0, 0, 0, 0)


def test_seconds_that_nobody_saw_are_unknown():
    one = rented()
    watched(one, READY, 5)

    assert judged(one) == (240, 0, 300, 0, 1800 - 540)


def test_a_server_that_does_not_answer_is_down_whatever_its_samples_say():
    one = rented()
    watched(one, READY, 28)
    make_health_change(one, Health.READY, at=READY)
    make_health_change(one, Health.HUNG, at=at(10, 40))
    make_health_change(one, Health.READY, at=at(10, 50))

    assert judged(one) == (240, 0, 960, 600, 0)


def test_health_that_is_not_known_is_unknown_and_not_down():
    one = rented()
    make_health_change(one, Health.UNKNOWN, at=READY)

    assert judged(one) == (240, 0, 0, 0, 1560)


def test_after_its_end_was_sent_a_pod_is_down():
    one = rented(billed_until=at(10, 44), terminate_sent_at=at(10, 43))
    watched(one, READY, 9)

    assert judged(one) == (240, 0, 540, 60, 0)


def test_an_hour_is_judged_when_it_is_sealed_and_once():
    watched(rented(), READY, 28)
    accrue(at(11, 1))

    assert book_pod_use(at(11, 14)) == 0
    assert book_pod_use(at(11, 15)) == 1
    assert book_pod_use(at(11, 16)) == 0


def test_the_database_refuses_seconds_that_do_not_add_up():
    row = {
        "pod": rented(),
        "hour_start": at(10),
        "seconds": 1800,
        "start_up_seconds": 240,
        "serving_seconds": 0,
        "idle_seconds": 0,
        "down_seconds": 0,
        "unknown_seconds": 0,
        "booked_at": at(12),
    }
    with pytest.raises(IntegrityError, match="adds_up"), transaction.atomic():
        PodHourUse.objects.create(**row)


def test_the_uses_of_a_closed_day_add_up_to_its_cost():
    one = rented()
    watched(one, READY, 100, tokens_a_minute=7)
    rented(deployment=one.deployment, ready_at=None)
    bill = SaidBill()
    bill.say(one, at(10), "0.333333", "0.004999")
    read_billing(provider=bill, now=at(20))

    close_day(DAY, NEXT_MIDNIGHT + timedelta(minutes=20))

    (row,) = DayUse.objects.all()
    stored = stored_use(row)
    lines = CostLine.objects.filter(day=DAY).aggregate(usd=Sum("amount_usd"))["usd"]
    profit = DailyProfit.objects.get(scope=Scope.DEPLOYMENT)
    assert stored.cost_usd == profit.cost_usd == lines
    assert (stored.shared_usd, stored.serverless_usd, stored.pending_usd) == (0, 0, 0)
    assert min(stored.start_up_usd, stored.serving_usd, stored.unknown_usd) > 0


def test_a_correction_is_split_as_the_hour_that_it_corrects():
    one = rented()
    watched(one, READY, 28)
    accrue(NEXT_MIDNIGHT)
    close_day(DAY, NEXT_MIDNIGHT + timedelta(minutes=20))
    bill = SaidBill()
    bill.say(one, at(10), "0.407", "0.005")  # 0.037 more than booked

    read_billing(provider=bill, now=NEXT_MIDNIGHT + timedelta(hours=1))

    day = DAY + timedelta(days=1)
    found = running_uses(day, booked_day(day), {}, at(23) + timedelta(days=1))[
        one.deployment_id
    ]
    assert found.start_up_usd == Decimal("0.004933")  # 240 of 1800 s
    assert found.idle_usd == Decimal("0.032067")
    assert found.start_up_usd + found.idle_usd == Decimal("0.037")


def test_of_an_open_day_what_runs_up_is_pending():
    one = rented()
    accrue(at(11))

    def found():
        running = {one.deployment_id: Decimal("0.02")}
        uses = running_uses(DAY, booked_day(DAY), running, at(11, 15))
        return uses[one.deployment_id]

    assert (found().pending_usd, found().unknown_usd) == (Decimal("0.395"), 0)
    book_pod_use(at(11, 15))
    assert found().pending_usd == Decimal("0.02")
    assert found().start_up_usd == Decimal("0.05")
