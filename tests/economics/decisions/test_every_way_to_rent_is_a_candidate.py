"""Machines on offer as candidates: on demand, by the hour, serverless and spot."""

from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from economics.calc.decide import Candidate, Way, confidence
from economics.calc.hours import hour_start
from economics.models import UsageHour
from economics.selectors.decisions.answer import Decision
from fleet.models import OfferKind, OfferSource, Stock
from tests.economics.decisions.worlds import decided, offers
from tests.factories import (
    make_balance,
    make_deployment,
    make_fleet,
    make_llama,
    make_offer,
    make_pod,
    make_user,
)

pytestmark = pytest.mark.django_db
LLAMA = "llama-3.1-8b"
SPOT_CLOUD = "spotmarket"


@pytest.fixture
def spot_cloud(settings: Any) -> None:
    settings.SPOT_PROVIDER_NAME = SPOT_CLOUD


@pytest.fixture
def no_spot(settings: Any) -> None:
    settings.SPOT_PROVIDER_NAME = ""


def offered(kind: OfferKind, **columns: Any) -> None:
    """One RTX 4090 at $0.30/h of another kind, listed by the catalog just now."""
    make_offer(
        **{
            "provider": settings.PROVIDER_NAME,
            "kind": kind,
            "source": OfferSource.CATALOG,
            "usd_per_gpu_hour": Decimal("0.30"),
            "max_count": 1,
            "seen_at": timezone.now(),
        }
        | columns
    )


def of(found: Decision, way: Way) -> list[Candidate]:
    return [
        each
        for each in found.candidates
        if each.model == LLAMA and each.serving.way is way and not each.cannot_run
    ]


def test_every_machine_is_a_candidate_all_day_and_by_the_hour():
    offers()

    found = decided()

    whole, hours = of(found, Way.ON_DEMAND), of(found, Way.HOURS)
    assert whole and len(whole) == len(hours)
    one = hours[0]
    assert one.title.endswith("13:00 to 21:00 UTC") and one.key.endswith("~hours")
    # 8 h and 90 s + 16.06 GB at 0.3 GB/s of loading, for a third of an even day
    assert one.serving.share == Decimal(8) / 24
    assert one.serving.hours == 8 + one.serving.starting > 8
    assert "the hours of demand are not published" in confidence(one)[1]


def test_the_hours_are_those_of_our_own_tokens():
    offers()
    fleet = make_fleet(simulated=settings.KERNE_SANDBOX)
    pod = make_pod(deployment=make_deployment(fleet=fleet, variant=make_llama()))
    day = hour_start(timezone.now()) - timedelta(days=2)
    for hour, tokens in ((3, 100), (5, 500), (12, 300), (20, 100)):
        UsageHour.objects.create(
            pod=pod,
            hour_start=day.replace(hour=hour),
            completion_tokens=tokens,
        )

    one = of(decided(), Way.HOURS)[0]

    # 05:00 to 13:00 has 800 of 1,000 tokens
    assert one.serving.words == "05:00 to 13:00 UTC"
    assert one.serving.share == Decimal("0.8")
    assert "not published" not in confidence(one)[1]


def test_serverless_workers_are_candidates_and_open_their_plan_sheet():
    offers()
    offered(OfferKind.SERVERLESS)

    (one,) = of(decided(speeds_of=LLAMA), Way.SERVERLESS)[:1]

    assert one.serving.busy_only and one.serving.starting > 0
    assert "24 starts a day are assumed" in confidence(one)[1]
    client = Client()
    client.force_login(make_user())
    assert "serverless" in client.get(one.plan_link).content.decode()


def test_spot_is_a_candidate_where_a_cloud_sells_it(spot_cloud: None):
    offers()
    offered(OfferKind.INTERRUPTIBLE, provider=SPOT_CLOUD)
    make_balance(provider=SPOT_CLOUD, balance_usd=Decimal(7), read_at=timezone.now())

    found = decided()

    (one,) = of(found, Way.SPOT)[:1]
    assert 0 < one.serving.useful < 1
    assert one.balance.value == Decimal(7)  # its own account pays
    assert "interruptions per pod-hour are assumed" in confidence(one)[1]
    assert Way.SPOT not in [each.way for each in found.unused]


def test_a_way_that_cannot_be_used_says_why(no_spot: None):
    found = decided()

    assert {each.way: each.reason for each in found.unused} == {
        Way.SERVERLESS: "no connected cloud lists a price for it now",
        Way.SPOT: "no connected cloud sells interruptible pods",
        Way.HOURS: "no pod is on offer that could run by the hour",
    }


def test_prices_that_cannot_be_ordered_here_are_counted_in_the_reason(no_spot: None):
    offers()
    elsewhere = {"provider": "vast", "source": OfferSource.GPUHUNT}
    offered(OfferKind.INTERRUPTIBLE, **elsewhere)
    offered(OfferKind.INTERRUPTIBLE, **elsewhere, product="b", gpu_type_id="NVIDIA L4")

    found = decided()

    assert not of(found, Way.SPOT)
    why = next(each.reason for each in found.unused if each.way is Way.SPOT)
    assert why == (
        "no connected cloud sells interruptible pods; 2 prices of others, from $0.30 per "
        "GPU-hour, can not be ordered from this console"
    )


def test_what_is_out_of_stock_is_refused_with_that_reason():
    offers()
    offered(OfferKind.SERVERLESS, stock=Stock.NONE)

    found = decided()

    (one,) = of(found, Way.SERVERLESS)[:1]
    assert one.cannot_rent == f"it is out of stock at {settings.PROVIDER_NAME}"
    refused = {each.key: why for each, why in found.goals[0].answer.refused}
    assert refused[one.key].sentence == (
        f"It cannot be rented now: it is out of stock at {settings.PROVIDER_NAME}."
    )


def test_the_page_leads_to_the_planner_of_the_hours_with_the_model_filled_in(
    no_spot: None,
):
    offers()
    client = Client()
    client.force_login(make_user())

    page = unescape(client.get("/decide/").content.decode())

    assert "Not looked at, spot: no connected cloud sells interruptible pods." in page
    assert "What should run hour by hour" in page
    link = decided().goals[0].answer.nearest.schedule_link
    assert f'href="{link}"' in page and link.startswith("/schedule/?model=")
    slug = link.partition("=")[2]
    planner = client.get(link).content.decode()
    assert f'<option value="{slug}" selected>' in planner
