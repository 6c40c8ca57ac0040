from datetime import timedelta
from decimal import Decimal
from functools import partial

from fleet import tasks
from fleet.models import JobResult, JobRun, MarketOffer, OfferSource
from fleet.providers.gpuhunt_catalog import MarketReading, read_market
from fleet.services import market
from fleet.tasks import read_other_providers, recorded
from tests.clock import NOON
from tests.fleet.services.test_prices_are_step_lines import reading

DAY = timedelta(days=1)


def told(*offers, answered=("aws",), failures=None) -> MarketReading:
    return MarketReading(list(offers), list(answered), failures or {})


def aws(price: str, *, day: int = 0, product: str = "p5.48xlarge"):
    return reading(price, NOON + day * DAY, provider="aws", product=product, cloud="")


def test_a_reading_is_stored_with_who_answered_and_who_did_not(db: None):
    said = market.refresh(read=lambda: told(aws("6.88"), failures={"gcp": "HTTP 503"}))

    assert said == "1 offer, 1 new, 0 prices changed of 1 providers; no answer: gcp"
    assert MarketOffer.objects.get().source == OfferSource.GPUHUNT


def test_what_a_provider_lists_no_more_is_out_of_stock(db: None):
    market.refresh(read=lambda: told(aws("6.88"), aws("2.00", product="p4d")))
    market.refresh(read=lambda: told(aws("6.88", day=1)))

    stock = dict(MarketOffer.objects.values_list("product", "stock"))
    assert stock == {"p5.48xlarge": "UNKNOWN", "p4d": "NONE"}


def test_a_provider_that_did_not_answer_keeps_its_offers(db: None):
    market.refresh(read=lambda: told(aws("6.88")))
    other = reading("3.00", NOON + DAY, provider="gcp", cloud="")
    market.refresh(read=lambda: told(other, answered=("gcp",), failures={"aws": "late"}))

    assert MarketOffer.objects.get(provider="aws").stock == "UNKNOWN"


def test_without_a_network_the_job_says_so_and_nothing_changes(db: None, settings):
    settings.MARKET_PRICES_URL = "http://127.0.0.1:9"
    market.refresh(read=lambda: told(aws("6.88")))
    ask_nobody_else = partial(read_market, offline=("aws",), online=())

    recorded("read_market", partial(read_other_providers, read=ask_nobody_else))

    run = JobRun.objects.get(name="read_market")
    assert run.result == JobResult.FAILED
    assert run.summary == (
        "no price catalog answered (1 asked; aws: not reachable); the prices known so "
        "far stay"
    )
    assert MarketOffer.objects.get().usd_per_gpu_hour == Decimal("6.88")


def test_the_shipped_prices_come_also_where_nobody_may_be_asked(db: None, settings):
    settings.MARKET_PRICES = False

    tasks.read_market()
    tasks.read_market()

    assert MarketOffer.objects.filter(source=OfferSource.FIXTURE).count() > 30
    assert not JobRun.objects.filter(name="read_market").exists()
