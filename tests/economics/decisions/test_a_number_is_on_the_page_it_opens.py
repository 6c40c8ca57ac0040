"""Each number of a deployment's advice is shown by the page that its link opens."""

import re
from html import unescape

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from economics.calc.decide.candidate import Input
from economics.calc.decide.changes import figure_words
from economics.templatetags.decisions import numbers_of
from tests.economics.decisions.test_a_verb_opens_its_filled_in_sheet import (
    RTX_4090,
    llama_on,
)
from tests.economics.decisions.worlds import DAY, closed_days, decided, llama_market, offers
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
    client.force_login(User.objects.filter(username="ada").first() or make_user("ada"))
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


def test_the_rent_of_a_candidate_is_the_offer_that_it_opens_and_its_disk():
    offers()
    found = decided(speeds_of="llama-3.1-8b")
    rents = {
        each.figures[Input.RENT].link: each.figures[Input.RENT] for each in found.candidates
    }

    two = rents[
        "/offers/?provider=sandbox&gpu=NVIDIA+GeForce+RTX+4090&kind=on_demand&count=2"
    ]
    page = text_of(two.link)

    assert two.source == (
        "sandbox secure, on-demand: 2 × $0.74 + $0.0051 for 37 GB of disk; "
        "the catalog of sandbox"
    )
    assert f"{two.mid:.4f}" == "1.4851"
    assert "$0.74" in page and "$1.48" in page  # a GPU, and two of them
    assert "H100 SXM NVIDIA" not in page


@pytest.mark.parametrize("slug", ["llama-3.1-8b", "glm-5"])
@pytest.mark.parametrize("name", [Input.PRICE, Input.DEMAND])
def test_price_and_demand_of_a_candidate_are_on_the_page_that_they_open(slug, name):
    offers()
    if slug == "llama-3.1-8b":
        llama_market()
    candidate = next(e for e in decided(speeds_of=slug).candidates if e.model == slug)
    figure = candidate.figures[name]

    page = text_of(figure.link)

    assert figure.link == f"/decide/market/{slug}/"
    assert figure_words(name, figure) in page
    assert figure.source in page


def test_the_market_of_a_model_that_nobody_knows_is_not_found():
    client = Client()
    client.force_login(make_user("ada"))

    assert client.get("/decide/market/nonsense/").status_code == 404
