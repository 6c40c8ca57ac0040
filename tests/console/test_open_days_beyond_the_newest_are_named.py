"""Of many days that are not closed the page counts the newest; the others it names."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from economics.calc.hours import DAY, day_of
from economics.services.accrual import accrue
from fleet.models import Deployment
from tests.factories import make_pod

PAGE, FILE = "/books/", "/books/days.csv"


def test_they_are_named_with_a_link_and_are_in_the_file(
    operator: Client, deployment: Deployment
):
    now = timezone.now()
    oldest, *others = (day_of(now) - n * DAY for n in range(4, -1, -1))
    make_pod(
        deployment=deployment,
        billed_from=now - timedelta(days=4),
        billed_until=now,
    )
    accrue(now)

    page = operator.get(PAGE).content.decode()

    assert "Not in these rows:" in page
    assert f'day={oldest}">{oldest}</a>' in page
    assert f'day={others[0]}">{others[0]}</a>' in page
    alone = operator.get(PAGE, {"day": f"{oldest}"}).content.decode()
    assert "Not in these rows:" not in alone and "not closed" in alone
    told = operator.get(FILE).content.decode()
    assert all(f"{day}," in told for day in (oldest, *others))
