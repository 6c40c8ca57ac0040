"""A card at $0.05/h among four rivals at $0.02 and $0.04 per 1M: the one case that pays."""

from decimal import Decimal
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from economics.calc.decide import Input, confidence
from economics.calc.unknown import Unknown
from economics.models import DEFAULT_MARKET, MarketVolume, TakeRate
from economics.selectors.decisions.answer import decide
from fleet.models import MarketOffer
from tests.economics.decisions.worlds import DAY, decided, llama_market, offers
from tests.factories import make_user

pytestmark = pytest.mark.django_db
LLAMA = "llama-3.1-8b"


@pytest.fixture
def cheap() -> None:
    offers(rtx_4090="0.05")
    llama_market()


def test_it_is_recommended_with_its_money_and_its_plan(cheap):
    decision = decided(speeds_of=LLAMA)

    answer = decision.goals[0].answer
    (step,) = answer.steps
    figures = step.candidate.figures
    assert step.candidate.title.startswith("Llama 3.1 8B Instruct")
    assert step.candidate.plan_link.startswith("/plan/?model=llama-3.1-8b&option=")
    assert answer.money.low < answer.money.mid < answer.money.high
    rent, price = figures[Input.RENT].mid, figures[Input.PRICE].mid
    sold = min(figures[Input.DEMAND].mid, figures[Input.SPEED].mid * Decimal("0.7"))
    assert answer.money.mid == sold * price / 10**6 - rent * 24


def test_its_demand_is_no_more_than_the_policy_counts_on(cheap):
    (step,) = decided(speeds_of=LLAMA).goals[0].answer.steps

    demand = step.candidate.figures[Input.DEMAND]
    assert demand.mid == Decimal(7_270_000_000) * Decimal("0.05")
    assert demand.source.startswith("5.0 % of the market; median of 14 days")


def test_its_price_is_slightly_below_the_rivals(cheap):
    (step,) = decided(speeds_of=LLAMA).goals[0].answer.steps

    # 0.26 cached: every prompt token at 0.02, 9.9 % completion at 0.04
    price = step.candidate.figures[Input.PRICE]
    middle = (Decimal(6_550) * Decimal("0.02") + 720 * Decimal("0.04")) / 7_270
    assert round(price.mid, 10) == round(middle * Decimal("0.95"), 10)
    assert price.source.startswith("5 % below the market's middle; 4 offers")


def test_what_is_not_measured_lowers_the_confidence(cheap):
    (step,) = decided(speeds_of=LLAMA).goals[0].answer.steps

    word, why = confidence(step.candidate)
    assert word == "low"
    assert "demand is a share by price, a prior" in why
    assert "speed is no measurement of ours" in why


def test_a_dearer_card_is_another_reason(cheap):

    MarketOffer.objects.filter(gpu_type_id__contains="4090").update(usd_per_gpu_hour="0.74")

    answer = decided(speeds_of=LLAMA).goals[0].answer
    assert answer.is_nothing
    assert "Rent" not in answer.reason.split(":")[0]


def test_without_the_markets_tokens_it_is_reckoned_by_the_file_that_ships(cheap):
    MarketVolume.objects.all().delete()

    demand = decided(speeds_of=LLAMA).candidates[0].figures[Input.DEMAND]
    assert not isinstance(demand.mid, Unknown) and "a file that ships" in demand.source


def test_the_page_shows_it_with_confidence_range_and_links(cheap):
    decision = decided(speeds_of=LLAMA)
    reader = Client()
    reader.force_login(make_user())

    page = unescape(reader.get("/decide/").content.decode())

    (step,) = decision.goals[0].answer.steps
    assert f'<a href="{step.candidate.plan_link}">1× {step.candidate.title}</a>' in page
    assert "confidence: " in page and "Open its plan sheet" in page
    assert "It stops paying when" in page
    assert 'href="#goal-earn-today"' in page and 'id="goal-earn-today"' in page


def test_a_dated_take_rate_lowers_the_net_price_from_its_day_on(cheap):
    decided(speeds_of=LLAMA)
    now = timezone.now()
    before = decide(now=now).candidates[0].figures[Input.PRICE].mid

    tomorrow = now.date() + DAY
    TakeRate.objects.create(
        market=DEFAULT_MARKET,
        rate=Decimal("0.25"),
        valid_from=tomorrow,
        set_by="ada",
        set_at=now,
    )

    same = decide(now=now).candidates[0].figures[Input.PRICE].mid
    then = decide(now=now + DAY).candidates[0].figures[Input.PRICE].mid
    assert (same, then) == (before, before * Decimal("0.75"))
