"""Each number of a deployment's advice is shown by the page that its link opens."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from economics.templatetags.decisions import numbers_of
from tests.economics.decisions.test_a_verb_opens_its_filled_in_sheet import (
    RTX_4090,
    llama_on,
)
from tests.economics.decisions.worlds import DAY, closed_days, decided, offers
from tests.factories import make_deployment, make_fleet, make_llama, make_user

pytestmark = pytest.mark.django_db
SHOWN = (
    "Contribution a day",
    "Tokens a day",
    "Utilization",
    "Paid hours a day",
    "Rent of a replica",
    "Full speed a day",
)


def text_of(address: str) -> str:
    client = Client()
    client.force_login(make_user("ada"))
    answer = client.get(address)
    assert answer.status_code == 200
    shown = unescape(re.sub(r"<[^>]+>", " ", answer.content.decode()))
    return " ".join(shown.replace("\u2060", "").split())


@pytest.mark.parametrize("name", SHOWN)
def test_the_page_behind_a_number_shows_it(name: str):
    offers()
    row = llama_on(RTX_4090)
    closed_days(row, "5", "-7", "3.25", newest=timezone.now() - DAY, utilization="0.95")
    one = decided().deployments[0]

    words, seen = next((words, seen) for n, words, seen in numbers_of(one) if n == name)

    assert "unknown" not in words
    assert words.removesuffix("/h") in text_of(seen.link)


def test_what_a_fleet_of_one_deployment_is_left_by_is_on_the_days_that_it_opens():
    offers()
    row = llama_on(RTX_4090)
    closed_days(row, "-5", "-7", "-3.25", newest=timezone.now() - DAY)
    gates = next(each for each in decided().gates if each.fleet == row.fleet)
    leave = gates.gate("exit")
    assert leave is not None

    page = text_of("/books/?deployment=llama-a")

    told = [(each.seen_words, each.seen.link) for each in leave.conditions[:2]]
    assert told == [
        ("−$15.25", "/books/?deployment=llama-a"),
        ("$15.25", "/books/?deployment=llama-a"),
    ]
    assert "Contribution of an exit's days −$15.25" in page
    assert "Loss since it was begun $15.25" in page


def test_a_deployment_without_a_closed_day_says_so_on_its_days():
    row = make_deployment(
        fleet=make_fleet(simulated=settings.KERNE_SANDBOX), variant=make_llama()
    )

    assert "unknown: no day is closed yet" in text_of(f"/books/?deployment={row.slug}")
