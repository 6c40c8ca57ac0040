"""docs/offers.md works its formulas with figures; these are them."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from fleet.models import OfferSource
from fleet.selectors.offers import best_offers
from fleet.services.market import load_public_prices

PAGE = Path(__file__).resolve().parents[3] / "docs" / "offers.md"
NOW = datetime(2026, 11, 24, tzinfo=UTC)
ROW = re.compile(r"^\| (\w+) (.+) \| ([\d.]+) /(.) per (\w+) \| ([\d.]+) \| ([\d.]+) \|$")
PRODUCTS = {  # words of the page -> product, cloud, kind
    "secure, A100 SXM 80 GB": ("NVIDIA A100-SXM4-80GB", "SECURE", "on_demand"),
    "community, H100 SXM": ("NVIDIA H100 80GB HBM3", "COMMUNITY", "on_demand"),
    "p5.48xlarge, 8x H100": ("p5.48xlarge", "", "on_demand"),
    "p4de.24xlarge, 8x A100 80 GB": ("p4de.24xlarge", "", "on_demand"),
    "serverless, RTX 4090": ("NVIDIA GeForce RTX 4090", "", "serverless"),
}
EXAMPLES = [m.groups() for m in map(ROW.match, PAGE.read_text().splitlines()) if m]


def test_the_page_has_its_five_examples():
    assert {words for _, words, *_ in EXAMPLES} == set(PRODUCTS)


@pytest.mark.parametrize("example", EXAMPLES, ids=[each[1] for each in EXAMPLES])
def test_an_example_is_what_the_console_computes(db: None, example: tuple[str, ...]):
    provider, words, quoted, per, of, per_gpu_hour, replica = example
    load_public_prices(now=NOW)
    product, cloud, kind = PRODUCTS[words]

    (offer,) = [
        each
        for each in best_offers(NOW, kinds=[kind])
        if (each.provider, each.product, each.cloud) == (provider.lower(), product, cloud)
    ]

    told = {
        "h GPU": offer.usd_per_gpu_hour,
        "h instance": offer.usd_per_instance_hour,
        "s GPU": offer.usd_per_gpu_second,
    }
    assert offer.source == OfferSource.FIXTURE
    assert told[f"{per} {of}"] == Decimal(quoted)
    assert offer.usd_per_gpu_hour == Decimal(per_gpu_hour)
    assert offer.usd_per_replica_hour(8) == Decimal(replica)
