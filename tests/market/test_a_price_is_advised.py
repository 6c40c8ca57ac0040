"""Advice for a deployment: the market, our cost, and what each price would mean."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.calc.pricing_advice import Verdict
from economics.calc.unknown import Unknown
from economics.models import UsageHour
from economics.selectors.price_advice import price_advice
from fleet.models import Deployment
from tests.clock import NOON
from tests.factories import make_deployment, make_fleet, make_pod, make_user
from tests.market.boards import make_glm, make_market, told

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def served(*, peak: int | None = 2000, priced: bool = True, now=NOON, **mix) -> Deployment:
    """One replica at $0.36/h that served 1.8 M tokens in the one hour it was billed."""
    glm = make_glm(priced=priced)
    deployment = make_deployment(
        fleet=make_fleet(simulated=True),
        variant=glm.variants.first(),
        peak_tokens_per_second=peak,
    )
    start = now.replace(minute=0, second=0, microsecond=0) - 2 * HOUR
    pod = make_pod(
        deployment=deployment,
        usd_per_pod_hour=Decimal("0.36"),
        container_disk_gb=0,
        billed_from=start,
        billed_until=start + HOUR,
    )
    UsageHour.objects.create(
        pod=pod,
        hour_start=start,
        uncached_prompt_tokens=600_000,
        cached_prompt_tokens=600_000,
        completion_tokens=600_000,
    )
    return deployment


def advice_of(deployment: Deployment, now=NOON):
    found = price_advice([deployment], slug="", now=now)
    assert found is not None
    return found


def test_the_numbers_follow_from_each_other():
    make_market()
    found = advice_of(served())

    # ours and Alder: (0.60 + 0.12 + 1.92) / 3 = 0.88; Birch: (1 + 0.2 + 3.2) / 3
    assert found.board.standing.ours == Decimal("0.88")
    assert found.cost == Decimal("0.2")  # 0.36 USD carried by 1.8 M tokens
    assert round(found.margin, 4) == Decimal("0.7727")
    assert found.break_even == Decimal("0.2")
    assert found.utilization == Decimal("0.25")
    # middle (0.88 + 1.4666...) / 2 = 1.1733..., 5 % below it is 1.1146...
    assert found.advice.verdict is Verdict.RAISE
    assert round(found.advice.price, 4) == Decimal("1.1147")
    assert round(found.advice.least, 6) == Decimal("0.083333")
    assert found.sentence.startswith("Raise $0.8800/1M to $1.1147/1M: 5 % below")


def test_the_classes_move_by_one_factor():
    make_market()

    prompt, cached, completion = advice_of(served()).classes

    assert (prompt.ours, prompt.floor) == (Decimal("0.6"), Decimal("0.6"))
    assert prompt.middle == Decimal("0.8")
    assert round(prompt.advised, 4) == Decimal("0.7600")
    assert round(completion.advised / prompt.advised, 6) == Decimal("3.2")
    assert round(cached.advised / prompt.advised, 6) == Decimal("0.2")


def test_each_price_says_what_must_be_sold():
    make_market()

    effects = {each.words: each for each in advice_of(served()).effects}

    ours = effects["our price"]
    # 24 x 0.36 / 0.88 per million = 9.818 M tokens a day, of 172.8 M at peak
    assert round(ours.tokens_per_day) == 9_818_182
    assert round(ours.utilization.utilization, 4) == Decimal("0.0568")
    # 1.8 M an hour are 43.2 M a day, 38.016 USD, against 8.64
    assert ours.usd_per_day == Decimal("29.376")
    assert effects["break-even at today's utilization"].usd_per_day == 0
    prices = [each.price for each in effects.values()]
    assert prices == sorted(prices)


def test_a_market_below_our_cost_gets_the_truth():
    make_market(told("Alder", "0.03", "0.03", "0.03"))

    found = advice_of(served())

    assert found.advice.verdict is Verdict.LEAVE
    assert found.sentence.startswith("No price both sells and pays here")
    assert (
        "this machine needs $0.0833/1M, the market's middle is $0.0300/1M" in found.sentence
    )
    assert isinstance(found.classes[0].advised, Unknown)


@pytest.mark.parametrize(
    ("columns", "why"),
    [({"peak": None}, "the peak throughput"), ({"peak": 2000}, "the market lists none")],
)
def test_without_a_peak_or_a_market_there_is_no_advice_and_a_reason(columns, why):
    if columns["peak"] is None:
        make_market()

    found = advice_of(served(**columns))

    assert isinstance(found.advice, Unknown) and why in found.advice.reason
    assert found.sentence.startswith("No advice: ")
    assert found.cost == Decimal("0.2")  # what is known is said all the same


def test_without_a_price_of_ours_one_is_proposed():
    make_market()

    found = advice_of(served(priced=False))

    assert found.sentence.startswith("Charge $1.1147/1M")
    assert isinstance(found.margin, Unknown)
    assert isinstance(found.classes[0].advised, Unknown)


def test_a_deployment_that_never_ran_has_no_cost_and_says_so():
    make_market()
    idle = make_deployment(
        fleet=make_fleet(simulated=True), variant=make_glm().variants.first()
    )

    found = advice_of(idle)

    assert isinstance(found.cost, Unknown) and isinstance(found.advice, Unknown)


def test_the_prices_page_shows_it_within_its_queries(django_assert_max_num_queries):
    client = Client()
    client.force_login(make_user("ada"))
    now = timezone.now()
    make_market(now=now)
    first = served(now=now)
    other = make_deployment(fleet=first.fleet, variant=first.variant)

    with django_assert_max_num_queries(33):
        page = client.get(f"/prices/?model={first.variant.served_model_id}")

    said = page.content.decode()
    assert "Raise $0.8800/1M to $1.1147/1M" in said
    assert f"deployment={other.slug}" in said
    assert "the sandbox&#x27;s market, simulated" in said


@pytest.mark.parametrize("query", ["?model=x&deployment=\x00", "?model=99999999999", ""])
def test_nonsense_in_the_address_breaks_nothing(query):
    client = Client()
    client.force_login(make_user("ada"))
    served(now=timezone.now())

    assert client.get(f"/prices/{query}").status_code == 200
