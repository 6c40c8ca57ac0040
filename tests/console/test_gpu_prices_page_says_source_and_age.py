import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import MarketOffer, OfferSource, Stock
from fleet.services.market import load_public_prices
from tests.factories import make_offer

H100 = "NVIDIA H100 80GB HBM3"
CSV = "/offers/offers.csv"


@pytest.fixture
def shipped(db: None) -> None:
    load_public_prices(now=timezone.now())


def read(client: Client, address: str = "/offers/") -> str:
    page = client.get(address)
    assert page.status_code == 200
    return " ".join(page.content.decode().split())


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer["Content-Disposition"] == 'attachment; filename="offers.csv"'
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_the_empty_page_says_why_and_where_to_go(operator: Client):
    assert "No price is known yet" in read(operator)


def test_a_public_price_is_marked_with_its_day_and_never_as_live(
    operator: Client, shipped: None
):
    page = read(operator)

    assert "public price of 2026-11-09, not live" in page
    assert "0 live" in page


def test_every_price_has_its_unit(operator: Client, shipped: None):
    page = read(operator, "/offers/?provider=aws")

    assert '$55.04<span class="unit">/h per instance</span>' in page
    assert '$6.88</strong><span class="unit">/h per GPU</span>' in page
    serverless = read(operator, "/offers/?kind=serverless")
    assert '$0.00031<span class="unit">/s per GPU</span>' in serverless


def test_a_stale_price_is_greyed_and_says_so(operator: Client, db: None):
    make_offer(provider="sandbox", seen_at=timezone.now() - timedelta(hours=1))

    page = read(operator)

    assert '<tr class="stale">' in page and ", stale" in page


def test_a_play_clouds_catalog_is_not_called_runpods(operator: Client, db: None):
    make_offer(provider="sandbox", seen_at=timezone.now())

    page = operator.get("/offers/").content.decode()

    assert "catalog of sandbox" in page and "RunPod catalog" not in page


def test_the_filters_come_from_the_address_and_stay_in_it(operator: Client, shipped: None):
    page = read(operator, f"/offers/?gpu={H100}&count=8&kind=on_demand")

    assert f'<option value="{H100}" selected>' in page
    assert '<option value="8" selected>8</option>' in page
    table = page.split("Providers side by side")[0]
    assert "$31.92" in table and "RTX 4090<span" not in table
    assert f"/offers/history.json?gpu={H100.replace(' ', '+')}" in page.replace("%20", "+")


def test_cheapest_comes_first(operator: Client, shipped: None):
    prices = [float(row["usd_per_gpu_hour"]) for row in rows_of(operator, CSV)]

    assert prices == sorted(prices) and len(prices) > 30


def test_gpus_that_we_do_not_know_are_listed_as_such(operator: Client, shipped: None):
    page = read(operator, "/offers/?gpu=unknown")

    assert "not a GPU that we know" in page and "p4d.24xlarge" in page


def test_the_csv_has_what_is_filtered(operator: Client, shipped: None):
    rows = rows_of(operator, f"{CSV}?provider=aws&kind=interruptible")

    assert [(row["product"], row["usd_per_instance_hour"]) for row in rows] == [
        ("p5en.48xlarge", "26.5700")
    ]
    assert rows[0]["region"] == "us-east-2" and rows[0]["is_live"] == "false"


def test_no_cell_of_the_csv_is_run_by_a_spreadsheet(operator: Client, db: None):
    make_offer(provider="sandbox", product="=HYPERLINK(1)", seen_at=timezone.now())

    assert rows_of(operator, CSV)[0]["product"] == "'=HYPERLINK(1)"


def test_stock_by_data_centre_opens_on_the_row(operator: Client, db: None):
    make_offer(
        provider="sandbox",
        seen_at=timezone.now(),
        data_centers=[{"id": "EU-RO-1", "name": "EU Romania 1", "stock": "HIGH"}],
    )

    assert "EU-RO-1: high" in read(operator)


def test_the_chart_is_a_step_line_with_its_table(operator: Client, shipped: None):
    chart = operator.get("/offers/history.json", {"gpu": H100}).json()

    assert {trace["line"]["shape"] for trace in chart["figure"]["data"]} == {"hv"}
    assert chart["empty"] == "" and "per GPU-hour" in chart["caption"]
    page = read(operator)
    assert "2026-10-19 00:00" in page and "$3.9900" in page


def test_a_gpu_without_history_gets_a_sentence(operator: Client, db: None):
    chart = operator.get("/offers/history.json", {"gpu": "nobody"}).json()

    assert chart["empty"] == "No price of nobody was observed in this time."


def test_providers_stand_side_by_side_with_a_verdict(operator: Client, shipped: None):
    comparison = read(operator).split("Providers side by side")[1]

    assert "GLM-5" in comparison and "does not run" in comparison
    assert "not sold" in comparison and "as of 2026-09-11" in comparison
    assert "GiB" in comparison
    assert "runs, cheapest" in read(operator, "/offers/?shape=8xH200")


@pytest.mark.parametrize(
    "query",
    [
        "provider=%00&gpu=%00&kind=weekly&count=0",
        "count=999999999999999999999",
        "count=٣&model=-1",
        "gpu=" + "x" * 5_000,
        "model=" + "9" * 5_000,
        "kind=%F0%9F%92%A9&provider='; drop table --",
    ],
)
def test_nonsense_in_the_address_breaks_nothing(
    operator: Client, shipped: None, query: str
):
    for path in ("/offers/", "/offers/history.json", CSV):
        assert operator.get(f"{path}?{query}").status_code == 200


def test_a_long_list_says_what_is_left_out(operator: Client, db: None):
    now = timezone.now()
    MarketOffer.objects.bulk_create(
        MarketOffer(
            provider="aws",
            source=OfferSource.GPUHUNT,
            product=f"type-{n}",
            display_name="H100",
            memory_gb=80,
            max_count=1,
            usd_per_gpu_hour=n + 1,
            stock=Stock.UNKNOWN,
            seen_at=now,
        )
        for n in range(160)
    )

    assert "The 100 cheapest of 160 are shown" in read(operator)
    assert len(rows_of(operator, CSV)) == 160
