"""The page: every figure with source and age, missing ones with a reason, CSV as shown."""

import csv
import io
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import make_user
from tests.market.boards import make_glm, make_market, told

pytestmark = pytest.mark.django_db
NOISE = "0.0000027500000000000004"


@pytest.fixture
def viewer(db: None) -> Client:
    client = Client()
    client.force_login(make_user("vera"))
    return client


def text(client: Client, query: str = "") -> str:
    page = client.get(f"/market/{query}")
    assert page.status_code == 200
    return page.content.decode()


def rows(client: Client, query: str = "") -> list[dict[str, str]]:
    answer = client.get(f"/market/offers.csv{query}")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_rivals_stand_with_source_and_age(viewer):
    make_glm()
    make_market(now=timezone.now())

    page = text(viewer, "?model=glm-5")

    assert "2 offers of z-ai/glm-5, cheapest first" in page
    assert "the sandbox&#x27;s market, simulated" in page
    assert 'class="tag simulated"' in page
    assert "Place 1 of 3, cheapest first" in page
    assert "⁻² ÷ (" in page


def test_what_is_not_told_is_a_dash_with_its_reason(viewer):
    make_glm()
    bare = told("Alder", "1", "1", "1", latency_last_30m=None, uptime_last_1d=None)
    del bare["pricing"]["input_cache_read"]
    make_market(bare, now=timezone.now())

    page = text(viewer, "?model=glm-5")

    assert "unknown: not told, so a cached prompt costs as another" in page
    assert "unknown: not told; it needs a key of OpenRouter" in page


def test_a_model_that_the_market_does_not_have_says_why(viewer):
    make_glm()

    assert "The market lists none with the repository of its weights" in text(
        viewer, "?model=glm-5"
    )


def test_a_name_of_another_is_no_code(viewer):
    make_glm()
    make_market(told("<script>x</script>", "1", "1", "1"), now=timezone.now())

    assert "<script>x" not in text(viewer, "?model=glm-5")


def test_the_csv_is_what_is_filtered_with_every_digit(viewer):
    make_glm()
    noisy = told("Alder", "1", "1", "1")
    noisy["pricing"]["prompt"] = NOISE
    make_market(noisy, told("=Birch", "1", "1", "0.002"), now=timezone.now())

    both, one = rows(viewer, "?model=glm-5"), rows(viewer, "?model=glm-5&provider=alder")

    assert {each["provider"] for each in both} == {"Alder", "'=Birch"}
    assert [each["prompt_usd_per_token"] for each in one] == [NOISE]
    small = next(each for each in both if each["provider"] == "'=Birch")
    assert small["completion_usd_per_token"] == "0.000000002"
    assert small["source"] == "simulated"


def test_without_a_price_of_ours_rivals_are_still_shown(viewer):
    make_glm(priced=False)
    make_market(now=timezone.now())

    page = text(viewer, "?model=glm-5")

    assert "no token price is set for GLM-5" in page
    assert "Prompt: the floor is $0.6000/1M (Alder fp8); we have no price" in page


@pytest.mark.parametrize("name", ["prompt", "cached", "completion"])
def test_each_panel_of_dots_is_drawn(viewer, name):
    make_glm()
    make_market(now=timezone.now())

    chart = viewer.get(f"/market/dots/{name}.json?model=glm-5").json()

    assert chart["empty"] == ""
    assert sorted(chart["figure"]["data"][0]["y"]) == ["Alder fp8", "Birch fp8"]


def test_lines_hold_our_price_and_theirs(viewer):
    make_glm()
    make_market(now=timezone.now())

    chart = viewer.get("/market/lines.json?model=glm-5&class=prompt").json()

    prices = {trace["name"]: trace["y"][0] for trace in chart["figure"]["data"]}
    assert prices == {"Alder fp8": 0.6, "Birch fp8": 1.0, "our price": 0.6}


@pytest.mark.parametrize(
    "query",
    [
        "?model=\x00&source=moon&class=x&provider=" + "y" * 5000,
        "?model=glm-5&source=csv",
        "?source=openrouter",
        "",
    ],
)
@pytest.mark.parametrize(
    "address",
    ["/market/", "/market/offers.csv", "/market/lines.json", "/market/dots/x.json"],
)
def test_nonsense_and_emptiness_break_nothing(viewer, address, query):
    make_glm()
    make_market(now=timezone.now())

    assert viewer.get(address + query).status_code == 200


def test_more_offers_need_no_more_queries(viewer, django_assert_max_num_queries):
    make_glm()
    make_market(
        *(told(f"P{n}", f"{n}", "1", "1") for n in range(1, 30)), now=timezone.now()
    )

    with django_assert_max_num_queries(33):
        text(viewer, "?model=glm-5")


def test_a_page_of_the_market_shows_a_price_of_two_billionths(viewer):
    make_glm()
    make_market(told("Alder", "0.002", "0.002", "0.002"), now=timezone.now())

    page = text(viewer, "?model=glm-5")

    assert 'title="$0.000000002 per token">$0.002<' in page
    assert Decimal("0.000000002") * 1_000_000 == Decimal("0.002")
