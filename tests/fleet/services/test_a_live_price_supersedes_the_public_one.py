from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fleet.market.gpu_names import H100_SXM
from fleet.models import ModelVariant, OfferSource
from fleet.selectors.comparison import SHAPES, compare, side_by_side
from fleet.selectors.offers import best_offers
from fleet.selectors.shape_fit import ShapeFit
from fleet.services.market import load_public_prices
from fleet.services.offers import mark_unlisted, store
from tests.factories import make_llama, make_offer
from tests.fleet.services.test_prices_are_step_lines import reading

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _shipped(db: None, settings) -> None:
    settings.PROVIDER_NAME = "runpod"
    load_public_prices(now=NOW)


def h100(price: str, at: datetime = NOW, **changes: object):
    plain = {"product": H100_SXM, "gpu_type_id": H100_SXM, "gpu_name": "H100 SXM"}
    return reading(price, at, **(plain | changes))


def runpod_h100() -> list[tuple[str, str]]:
    return [
        (str(each.usd_per_gpu_hour), each.source)
        for each in best_offers(NOW, gpu_type_ids=[H100_SXM], kinds=["on_demand"])
        if (each.provider, each.cloud) == ("runpod", "SECURE")
    ]


def test_without_a_live_price_the_public_one_counts():
    assert runpod_h100() == [("3.9900", "fixture")]


def test_a_live_price_takes_its_place_and_says_that_it_replaces_it():
    store([h100("4.19")], source=OfferSource.CATALOG)

    assert runpod_h100() == [("4.1900", "runpod_catalog")]
    (live,) = [each for each in best_offers(NOW) if each.is_live]
    assert live.superseded == 1


def test_of_two_live_sources_the_newest_word_counts():
    store([h100("4.19", NOW - HOUR)], source=OfferSource.CATALOG)
    store([h100("4.29")], source=OfferSource.GPUHUNT)

    assert runpod_h100() == [("4.2900", "gpuhunt")]


def test_another_product_of_the_provider_is_not_superseded():
    store([h100("4.19")], source=OfferSource.CATALOG)

    others = [each for each in best_offers(NOW) if each.provider == "aws"]

    assert len(others) == 5 and {each.source for each in others} == {"fixture"}


def test_what_gpuhunt_lists_no_more_gives_way_to_the_public_price_again():
    store([h100("4.19", NOW - HOUR)], source=OfferSource.GPUHUNT)
    mark_unlisted(providers=["runpod"], source=OfferSource.GPUHUNT, seen_before=NOW)

    assert runpod_h100() == [("3.9900", "fixture")]


def test_play_prices_do_not_stand_beside_real_ones():
    make_offer(provider="sandbox", seen_at=NOW)

    assert "sandbox" not in {each.provider for each in best_offers(NOW)}


def test_only_the_catalog_of_our_provider_can_be_ordered():
    store([h100("4.19")], source=OfferSource.CATALOG)

    orderable = [each for each in best_offers(NOW) if each.rentable_here]

    assert [(each.provider, each.gpu_type_id) for each in orderable] == [
        ("runpod", H100_SXM)
    ]


def test_offers_come_cheapest_first_and_only_those_that_hold_the_count():
    found = best_offers(NOW, gpu_type_ids=[H100_SXM], counts=[8], kinds=["on_demand"])

    prices = [each.usd_per_gpu_hour for each in found]
    assert prices == sorted(prices)
    assert all(each.max_count >= 8 for each in found)
    assert "vast" not in {each.provider for each in found}


def test_the_offers_cost_one_query(django_assert_num_queries):
    with django_assert_num_queries(1):
        best_offers(NOW)


def verdicts(fit: ShapeFit) -> dict[str, str]:
    shapes = compare(NOW, variant=make_llama(), fits=lambda *_: fit, shapes=SHAPES[:1])
    return {
        f"{row.offer.provider} {row.offer.cloud}".strip(): row.verdict
        for row in shapes[0].rows
    }


def test_the_comparison_names_the_cheapest_that_runs():
    assert verdicts(ShapeFit(ok=True, reasons=())) == {
        "runpod COMMUNITY": "cheapest",
        "digitalocean": "runs",
        "runpod SECURE": "runs",
        "lambda": "runs",
        "aws": "runs",
    }


def test_what_does_not_run_is_never_called_cheap():
    said = compare(
        NOW,
        variant=make_llama(),
        fits=lambda *_: ShapeFit(ok=False, reasons=("640 GB are less than 744 GB.",)),
        shapes=SHAPES[:1],
    )

    assert {row.verdict for row in said[0].rows} == {"does not run"}
    assert said[0].runs is False
    assert {row.fit.reasons for row in said[0].rows if row.fit} == {
        ("640 GB are less than 744 GB.",)
    }


def test_each_reason_is_a_number_or_a_day():
    shapes = compare(
        NOW, variant=make_llama(), fits=lambda *_: ShapeFit(ok=True, reasons=())
    )
    aws = next(row for row in shapes[0].rows if row.offer.provider == "aws")

    assert aws.usd_per_hour == Decimal("55.04")
    assert aws.reasons == (
        "156% dearer than the cheapest here.",
        "A public price of 2026-11-09, not live: ask before you reckon with it.",
        "Not orderable from this console.",
    )


def test_glm_5_does_not_run_on_eight_h100_and_the_reason_says_what_it_needs():
    glm = ModelVariant.objects.get(repository="zai-org/GLM-5-FP8")

    by_key = {each.shape.key: each for each in compare(NOW, variant=glm)}

    assert {row.verdict for row in by_key["8xH100"].rows} == {"does not run"}
    assert "GiB" in by_key["8xH100"].fits[0][1].reasons[0]
    assert by_key["8xH200"].rows[0].verdict == "cheapest"


def test_providers_are_rows_and_shapes_are_columns():
    rows = side_by_side(compare(NOW, variant=None))

    prices = {
        f"{row.provider} {row.cloud}".strip(): [
            str(cell.usd_per_hour.normalize()) if cell else "-" for cell in row.cells
        ]
        for row in rows
    }
    assert prices["runpod SECURE"] == ["31.92", "14.32", "36.72", "27.16", "0.74"]
    assert prices["lambda"] == ["31.92", "22.32", "-", "53.52", "-"]
    assert prices["aws"] == ["55.04", "27.45", "63.3", "-", "-"]
    aws = next(row for row in rows if row.provider == "aws")
    assert (aws.spot.sold, aws.billing_unit) == (True, "second")
