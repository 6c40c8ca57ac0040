import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from economics.calc.hours import HOUR, hour_start
from economics.services.billing import read_billing
from fleet.models import Pod
from tests.economics.services.bills import SaidBill
from tests.factories import make_deployment, make_pod

PAGE = "/books/bill/"
FILE = "/books/bill.csv"


@pytest.fixture
def billed(deployment) -> Pod:
    """A pod rented four hours ago; the bill of its second hour is a tenth too high."""
    now = timezone.now()
    begin = hour_start(now) - 4 * HOUR
    rented = make_pod(
        deployment=deployment,
        provider="runpod",
        billed_from=begin,
        container_disk_gb=73,
        listed_usd_per_pod_hour=Decimal("0.74"),
    )
    bill = SaidBill()
    for hour in range(3):
        gpu = "0.814" if hour == 1 else "0.74"
        bill.say(rented, begin + hour * HOUR, gpu, "0.01")
    read_billing(provider=bill, now=now)
    return rented


def text(client: Client, **asked: str) -> str:
    answer = client.get(PAGE, asked)
    assert answer.status_code == 200
    return answer.content.decode()


def days_of(pod: Pod) -> dict[str, str]:
    """Both days, where the pod's hours lie over midnight."""
    begin = pod.billed_from
    return {"first": f"{begin:%Y-%m-%d}", "last": f"{begin + timedelta(hours=4):%Y-%m-%d}"}


def test_days_lead_to_pods_and_pods_to_hours(operator: Client, billed: Pod):
    second = billed.billed_from + HOUR
    days = text(operator)
    assert f"day={second:%Y-%m-%d}" in days and "1 corrected" in days

    pods = text(operator, day=f"{second:%Y-%m-%d}")
    assert f"pod={billed.name}" in pods

    hours = text(operator, pod=billed.name, **days_of(billed))
    assert f"{second:%m-%d %H}:00" in hours
    assert "as much as 360 s more of its price" in hours
    assert "$0.074 GPU, booked on" in hours


def test_the_file_has_the_hours_that_are_filtered(operator: Client, billed: Pod):
    asked = {**days_of(billed), "state": "corrected"}

    answer = operator.get(FILE, asked)

    (row,) = csv.DictReader(answer.content.decode().splitlines())
    assert (row["pod"], row["state"]) == (billed.name, "corrected")
    assert Decimal(row["difference_usd"]) == Decimal("0.074")
    assert Decimal(row["booked_usd"]) == Decimal(row["billed_usd"]) == Decimal("0.824")


def test_page_and_file_have_the_same_sum(operator: Client, billed: Pod):
    rows = csv.DictReader(operator.get(FILE, days_of(billed)).content.decode().splitlines())

    total = sum(Decimal(row["booked_usd"]) for row in rows)

    assert f"${total:,.3f}".rstrip("0") in text(operator, **days_of(billed))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"first": "yesterday"}, "Day is &#x27;yesterday&#x27;; write it as 2026-03-04."),
        ({"last": "2026-02-30"}, "write it as 2026-03-04"),
        ({"day": "٢٠٢٦-٠٣-٠٤"}, "write it as 2026-03-04"),
        ({"first": "2026-03-04", "last": "2026-03-01"}, "swap them"),
        ({"first": "2020-01-01", "last": "2026-03-01"}, "ask for at most 92"),
        ({"state": "fine"}, "choose one of matched, corrected"),
        ({"pod": "nobody\x00"}, "no row of ours has that name"),
        ({"deployment": "x" * 5000}, "there is none of that name"),
    ],
)
def test_nonsense_gets_a_sentence_and_no_rows(operator: Client, billed, asked, words):
    page = text(operator, **asked)
    file = operator.get(FILE, asked)

    assert words in page and billed.name not in page
    assert file.status_code == 422


def test_a_pod_whose_name_is_a_formula_is_text_in_the_file(operator: Client):
    now = timezone.now()
    bill = SaidBill()
    bill.say(Pod(provider_id="=HYPERLINK(1)"), hour_start(now) - HOUR, "2", "0")
    read_billing(provider=bill, now=now)

    assert "'=HYPERLINK(1)" in operator.get(FILE).content.decode()


def test_an_empty_page_says_what_would_be_here(operator: Client):
    assert "No hours here" in text(operator)


@pytest.mark.parametrize("level", ["days", "pods", "hours"])
def test_more_pods_need_no_more_queries(operator: Client, billed: Pod, level):
    asked = days_of(billed)
    if level == "pods":
        asked = {"day": asked["first"]}
    if level == "hours":
        asked |= {"pod": billed.name}

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            text(operator, **asked)
        return len(seen)

    before = queries()
    for _ in range(3):
        make_pod(deployment=make_deployment(), billed_from=billed.billed_from)
    assert queries() == before <= 21


def test_an_hour_that_is_not_booked_yet_is_a_dash_and_not_zero(
    operator: Client, deployment
):
    now = timezone.now()
    rented = make_pod(deployment=deployment, billed_from=hour_start(now))
    bill = SaidBill()
    bill.say(rented, hour_start(now), "0.1", "0")
    read_billing(provider=bill, now=now)

    page = text(operator)

    assert "no line of ours is booked yet" in page
    assert "no bucket is closed yet" in page
