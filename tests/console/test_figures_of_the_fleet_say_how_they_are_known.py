"""The fleet list: a chip per column and fleet, and no old rate shown as one of now."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.calc.profit import Provenance
from economics.views.pod_today import pods_today
from fleet.models import Fleet, Pod
from fleet.views.throughput import throughput
from tests.factories import NOW, make_orphan, make_pod, make_sample

LIST = "/fleet/"


def chips(page: str) -> dict[str, str]:
    """The tag of each column, by its name."""
    found = re.findall(
        r"<span>(Price|Tokens|Profit today|Age) "
        r'<details class="prov left" data-tag="(\w+)"',
        page,
    )
    return dict(found)


def sampled(pod: Pod, seconds: int) -> None:
    """Two samples a minute apart, 600 tokens between them; the newest `seconds` old."""
    newest = NOW - timedelta(seconds=seconds)
    make_sample(pod, at=newest - timedelta(seconds=60))
    make_sample(pod, at=newest, prompt_tokens=600)


def test_real_money_is_agreed_counted_and_running_up(operator: Client, pod: Pod):
    assert chips(operator.get(LIST).content.decode()) == {
        "Price": "accrued",
        "Tokens": "measured",
        "Profit today": "accrued",
        "Age": "billed",
    }


def test_play_money_is_said_to_be_that_in_every_column(operator: Client, pod: Pod):
    Fleet.objects.update(simulated=True)

    assert set(chips(operator.get(LIST).content.decode()).values()) == {"simulated"}


def test_a_price_of_which_only_the_quote_is_known_is_an_estimate(
    operator: Client, pod: Pod
):
    Pod.objects.update(usd_per_pod_hour=None)

    found = chips(operator.get(LIST).content.decode())

    assert (found["Price"], found["Profit today"]) == ("estimated", "estimated")


def test_a_fleet_without_a_pod_has_no_chips(operator: Client, deployment: object):
    assert chips(operator.get(LIST).content.decode()) == {}


def test_what_nobody_ordered_says_whose_list_it_is_from(operator: Client):
    make_orphan(name="forgotten-notebook")

    page = operator.get(LIST).content.decode()

    assert "own lists of what runs, each at the price that they name" in page


@pytest.mark.django_db
def test_the_money_of_a_pod_has_the_tag_of_its_weakest_part():
    sure = make_pod()
    guessed = make_pod(deployment=sure.deployment, usd_per_pod_hour=None)

    found = pods_today([sure.pk, guessed.pk], NOW)

    assert found[sure.pk].provenance == Provenance.ACCRUED
    assert found[guessed.pk].provenance == Provenance.ESTIMATED


# Probed every 10 s with a patience of 15 s: two missed are 35 s, ten are 115 s.
@pytest.mark.parametrize(("seconds", "is_old"), [(10, False), (35, False), (36, True)])
@pytest.mark.django_db
def test_a_rate_of_which_two_readings_were_missed_is_old(seconds: int, is_old: bool):
    pod = make_pod()
    sampled(pod, seconds)

    rate = throughput([pod], now=NOW)[pod.pk]

    assert (rate.tokens_per_minute, rate.is_old) == (Decimal(600), is_old)


@pytest.mark.django_db
def test_a_rate_of_which_ten_readings_were_missed_is_a_dash_with_its_age():
    pod = make_pod()
    sampled(pod, 116)

    rate = throughput([pod], now=NOW)[pod.pk]

    assert str(getattr(rate.tokens_per_minute, "reason", "")) == (
        "the newest engine sample is 1 min 56 s old"
    )
    assert rate.requests_running is None


def test_an_old_rate_is_greyed_and_says_so(operator: Client, pod: Pod):
    now = timezone.now()
    make_sample(pod, at=now - timedelta(seconds=120))
    make_sample(pod, at=now - timedelta(seconds=60), prompt_tokens=600)

    for address in (LIST, f"/fleet/deployments/{pod.deployment_id}/"):
        page = operator.get(address).content.decode()
        assert re.search(r'class="(cell )?num stale"', page)
        assert ">stale</span>" in page
