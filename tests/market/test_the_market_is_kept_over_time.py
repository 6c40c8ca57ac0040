"""Prices are appended when they change, and seen again when they do not."""

from datetime import timedelta
from decimal import Decimal

import pytest
import requests

from economics.models import (
    MarketEndpoint,
    MarketListing,
    MarketModel,
    MarketPrice,
    MarketVolume,
)
from economics.openrouter.errors import MarketError
from economics.openrouter.parse import endpoint_readings
from economics.services.market_watch import read_market, take_endpoints
from economics.tasks import market_read, watch_market
from fleet.models import JobRun, ServedModel
from fleet.services.jobs import JobFailed
from tests.clock import NOON
from tests.factories import make_model, make_variant
from tests.market.market_server import Answers, client_of, model, offer, priced

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SLUG = "z-ai/glm-5"


@pytest.fixture
def row(db: None) -> MarketModel:
    return MarketModel.objects.create(
        source="openrouter",
        slug=SLUG,
        name="GLM 5",
        first_seen_at=NOON,
        last_seen_at=NOON,
    )


def take(row: MarketModel, *told, after: int = 0) -> int:
    readings, _ = endpoint_readings(told)
    return take_endpoints(row, readings, now=NOON + after * HOUR)


def steps() -> list[tuple[Decimal, timedelta, timedelta]]:
    return [
        (each.prompt, each.observed_from - NOON, each.last_observed_at - NOON)
        for each in MarketPrice.objects.order_by("observed_from")
    ]


def test_a_price_that_holds_is_one_row_that_was_seen_again(row):
    assert [take(row, priced(), after=n) for n in range(3)] == [1, 0, 0]

    assert steps() == [(Decimal("6E-7"), 0 * HOUR, 2 * HOUR)]


def test_a_price_that_changes_is_a_new_row_and_the_old_one_keeps_its_last_sight(row):
    take(row, priced())
    take(row, priced(), after=1)

    assert take(row, priced(prompt="0.0000005"), after=2) == 1

    assert steps() == [
        (Decimal("6E-7"), 0 * HOUR, 1 * HOUR),
        (Decimal("5E-7"), 2 * HOUR, 2 * HOUR),
    ]


@pytest.mark.parametrize("text", ["0.000000002", "0.0000027500000000000004"])
def test_the_smallest_and_the_noisiest_price_survive_the_database(row, text):
    take(row, priced(prompt=text))
    changed = take(row, priced(prompt=text), after=1)

    assert changed == 0
    assert MarketPrice.objects.get().prompt == Decimal(text)


def test_an_offer_that_is_told_no_more_keeps_its_last_day(row):
    take(row, offer("Alder"), offer("Birch"))
    take(row, offer("Birch"), after=1)

    seen = dict(MarketEndpoint.objects.values_list("provider", "last_seen_at"))
    assert seen == {"Alder": NOON, "Birch": NOON + HOUR}


def test_the_same_reading_twice_changes_nothing(row):
    take(row, priced())

    assert take(row, priced(prompt="0.1")) == 0
    assert len(steps()) == 1


def test_an_answer_that_comes_late_changes_nothing(row):
    take(row, priced(), after=2)

    assert take(row, priced(prompt="0.1"), after=1) == 0
    assert steps() == [(Decimal("6E-7"), 2 * HOUR, 2 * HOUR)]


def market(**more) -> Answers:
    told = {
        "/models": {"data": [model()]},
        f"/models/{SLUG}/endpoints": {"data": {"endpoints": [offer()]}},
        "/datasets/rankings-daily": {
            "data": [{"date": "2026-03-04", "model_permaslug": SLUG, "total_tokens": "17"}],
            "meta": {"as_of": "2026-03-04T06:00:00Z"},
        },
    }
    return Answers(told | more)


def glm() -> ServedModel:
    served = make_model(slug="glm", name="GLM")
    make_variant(served_model=served, repository="zai-org/GLM-5-NVFP4")
    return served


def test_our_models_are_followed_by_the_repository_of_their_weights():
    glm()

    read = read_market(client_of(market(), api_key="k"), source="openrouter", now=NOON)

    assert (read.followed, read.endpoints, read.changed, read.volumes) == (1, 1, 1, 1)
    assert MarketModel.objects.get().endpoints_read_at == NOON
    assert MarketVolume.objects.get().tokens == 17


def test_a_slug_that_an_operator_wrote_counts_before_the_repository():
    served = glm()
    MarketListing.objects.create(
        served_model=served, openrouter_slug="z-ai/other", changed_at=NOON
    )

    read = read_market(client_of(market(), api_key="k"), source="openrouter", now=NOON)

    assert SLUG not in read.sentence()
    assert not MarketEndpoint.objects.filter(model__slug="z-ai/other").exists()


def test_a_restated_day_of_tokens_replaces_the_one_before():
    read_market(client_of(market(), api_key="k"), source="openrouter", now=NOON)
    restated = {
        "data": [{"date": "2026-03-04", "model_permaslug": SLUG, "total_tokens": "19"}],
        "meta": {},
    }
    later = market(**{"/datasets/rankings-daily": restated})

    read_market(client_of(later, api_key="k"), source="openrouter", now=NOON + HOUR)

    (volume,) = MarketVolume.objects.all()
    assert (volume.tokens, volume.as_of) == (19, NOON + HOUR)


def test_without_a_key_prices_are_read_and_rankings_are_not():
    glm()
    answers = market()

    read = read_market(client_of(answers), source="openrouter", now=NOON)

    assert read.changed == 1 and read.volumes == 0
    assert "no rankings without a key" in read.sentence()
    assert not any("rankings" in (each.url or "") for each in answers.asked)


def test_offers_that_do_not_come_are_told_and_the_rest_is_kept():
    glm()
    silent = market(**{f"/models/{SLUG}/endpoints": requests.ConnectTimeout("late")})

    read = read_market(client_of(silent, api_key="k"), source="openrouter", now=NOON)

    assert "ConnectTimeout" in read.sentence() and read.volumes == 1
    assert MarketModel.objects.get().endpoints_read_at is None


def test_a_market_that_went_silent_is_not_asked_fifty_times():
    models = [model(f"a/m{n}", hugging_face_id=f"a/m{n}") for n in range(9)]
    for each in models:
        make_variant(repository=each["id"])
    told = {f"/models/{each['id']}/endpoints": (503, {}) for each in models}
    answers = market(**{"/models": {"data": models}}, **told)

    read = read_market(client_of(answers), source="openrouter", now=NOON)

    assert len(answers.asked) == 1 + 3
    assert "gave up until the next run" in read.sentence()


def test_a_list_of_models_that_does_not_come_changes_nothing():
    read_market(client_of(market()), source="openrouter", now=NOON)

    with pytest.raises(MarketError):
        read_market(client_of(Answers({})), source="openrouter", now=NOON + HOUR)

    assert MarketModel.objects.get().last_seen_at == NOON


def test_the_job_says_that_what_is_known_stays():
    with pytest.raises(JobFailed, match="what is known of the market stays"):
        market_read(NOON, client=client_of(Answers({"/models": (503, {})})))


def test_a_setting_switches_the_watch_off(settings):
    settings.MARKET_WATCH = False

    watch_market()

    assert not JobRun.objects.exists()


def test_play_prices_never_stand_among_real_ones():
    read_market(client_of(market()), source="openrouter", now=NOON)
    read_market(client_of(market()), source="simulated", now=NOON)

    assert MarketModel.objects.filter(slug=SLUG).count() == 2
