"""The founding plan's prices, rows 13 to 19 of its audit, against the shipped prices."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fleet.market.gpu_names import A100_SXM, H100_SXM
from fleet.models import GpuOffer, GpuOfferPrice, MarketOffer, OfferImport, OfferSource
from fleet.selectors.comparison import compare
from fleet.selectors.offers import Offer, best_offers
from fleet.services.market import PUBLIC_PRICES, load_public_prices

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _shipped(db: None) -> None:
    load_public_prices(now=NOW)


def offer(
    provider: str, product: str, *, cloud: str = "", kind: str = "on_demand"
) -> Offer:
    (found,) = [
        each
        for each in best_offers(NOW, kinds=[kind])
        if (each.provider, each.product, each.cloud) == (provider, product, cloud)
    ]
    return found


@pytest.mark.parametrize(
    ("provider", "product", "cloud", "usd_per_hour"),
    [
        ("runpod", A100_SXM, "SECURE", "14.32"),
        ("runpod", A100_SXM, "COMMUNITY", "11.12"),
        ("runpod", H100_SXM, "SECURE", "31.92"),
        ("runpod", H100_SXM, "COMMUNITY", "21.52"),
        ("lambda", "gpu_8x_h100_sxm5", "", "31.92"),
        ("lambda", "gpu_8x_a100_80gb_sxm4", "", "22.32"),
        ("aws", "p5.48xlarge", "", "55.04"),
        ("aws", "p4d.24xlarge", "", "21.96"),
        ("aws", "p4de.24xlarge", "", "27.45"),
        ("digitalocean", "gpu-h100x8-640gb", "", "23.92"),
    ],
)
def test_eight_gpus_cost_what_the_provider_published(
    provider: str, product: str, cloud: str, usd_per_hour: str
):
    found = offer(provider, product, cloud=cloud)

    assert found.usd_per_replica_hour(8) == Decimal(usd_per_hour)


def test_an_instance_has_its_own_price_and_the_derived_one_of_a_gpu():
    p4de = offer("aws", "p4de.24xlarge")

    assert p4de.usd_per_instance_hour == Decimal("27.45")
    assert p4de.usd_per_gpu_hour == Decimal("3.4313")  # 27.45 / 8 = 3.43125, half up


def test_half_an_instance_costs_all_of_it():
    p5 = offer("aws", "p5.48xlarge")

    assert p5.usd_per_replica_hour(4) == Decimal("55.04")
    assert p5.usd_per_replica_hour(16) is None


def test_the_40_gb_a100_is_not_counted_as_the_80_gb_one():
    p4d = offer("aws", "p4d.24xlarge")

    assert (p4d.gpu_type_id, p4d.memory_gb) == ("", 40)


def test_runpod_bills_by_the_second():
    runpod = [each for each in best_offers(NOW) if each.provider == "runpod"]

    assert {each.billing_unit for each in runpod} == {"second"}


def test_a_billing_unit_that_no_source_states_is_left_open():
    assert offer("lambda", "gpu_8x_h100_sxm5").billing_unit == ""


def test_runpod_sells_no_spot_and_the_comparison_says_since_when():
    rows = [row for each in compare(NOW, variant=None) for row in each.rows]
    spot = [row.spot for row in rows if row.offer.provider == "runpod"]

    assert spot and all(each.sold is False for each in spot)
    assert {str(each.as_of) for each in spot} == {"2026-09-11"}
    assert "REST v2 has no bid" in spot[0].words
    assert not [
        each
        for each in best_offers(NOW, kinds=["interruptible"])
        if each.provider == "runpod"
    ]


def test_aws_spot_of_the_h200_is_58_per_cent_off():
    on_demand = offer("aws", "p5en.48xlarge").usd_per_instance_hour
    spot = offer("aws", "p5en.48xlarge", kind="interruptible").usd_per_instance_hour

    assert on_demand and spot
    assert round(1 - spot / on_demand, 2) == Decimal("0.58")


def test_a_serverless_second_is_an_hour_divided_by_3600():
    worker = offer("runpod", "NVIDIA GeForce RTX 4090", kind="serverless")

    assert worker.usd_per_gpu_second == Decimal("0.00031")
    assert worker.usd_per_gpu_hour == Decimal("1.116")


def test_the_price_of_the_h100_has_its_past():
    prices = GpuOfferPrice.objects.filter(
        offer__gpu_type_id=H100_SXM, offer__cloud="SECURE", offer__provider="runpod"
    )

    assert [
        (
            str(row.usd_per_gpu_hour),
            f"{row.valid_from:%m-%d}",
            f"{row.last_observed_at:%m-%d}",
        )
        for row in prices
    ] == [
        ("2.9900", "07-27", "07-27"),
        ("3.2900", "08-19", "08-19"),
        ("3.4900", "10-07", "10-07"),
        ("3.9900", "10-19", "11-09"),
    ]


def test_a_public_price_is_never_live_and_grows_stale():
    fresh = offer("aws", "p5.48xlarge")
    later = NOW + timedelta(days=30)
    (old,) = [each for each in best_offers(later) if each.product == "p5.48xlarge"]

    assert (fresh.is_live, fresh.is_stale, old.is_stale) == (False, False, True)


def test_no_order_is_quoted_a_public_price():
    assert not GpuOffer.objects.exists()
    assert not any(each.rentable_here for each in best_offers(NOW))


def test_the_prices_are_taken_in_once_and_a_newer_list_replaces_them(tmp_path):
    before = MarketOffer.objects.count()
    newer = tmp_path / "public_prices.csv"
    lines = PUBLIC_PRICES.read_text().splitlines()
    newer.write_text("\n".join([lines[0], *(line for line in lines if "aws" in line)]))

    assert load_public_prices(now=NOW) is False
    assert MarketOffer.objects.count() == before
    assert load_public_prices(now=NOW, path=newer) is True
    assert {row.provider for row in MarketOffer.objects.all()} == {"aws"}
    assert OfferImport.objects.filter(source=OfferSource.FIXTURE).count() == 2
