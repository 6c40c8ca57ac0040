"""Every real price of 1,238 offers through parser and database, to the last digit.

Skipped where the day's data is not at hand (KERNE_TEST_DATA or ../shared/data).
"""

import csv
import json
import os
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from economics.models import MarketModel, MarketPrice
from economics.openrouter.parse import endpoint_readings
from economics.selectors.market_board import rates_told
from economics.services.market_watch import take_endpoints
from tests.clock import NOON

DATA = Path(os.environ.get("KERNE_TEST_DATA", Path(__file__).parents[3] / "shared/data"))
FILE = DATA / "market" / "endpoints.csv"

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FILE.exists(), reason=f"{FILE.name} is not at hand"),
]


def offers() -> dict[str, list[dict]]:
    """The day's offers by model, in the words of the API."""
    found = defaultdict(list)
    with FILE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            told = json.loads(row["pricing_json"], parse_float=Decimal)
            found[row["model_slug"]].append(
                {
                    "provider_name": row["provider_name"],
                    "tag": row["endpoint_id"],
                    "quantization": row["quantization"],
                    "pricing": told,
                    "status": int(row["status"]),
                }
            )
    return found


def test_no_real_price_loses_a_digit():
    kept = 0
    for slug, told in offers().items():
        readings, _ = endpoint_readings(told)
        model = MarketModel.objects.create(
            source="openrouter",
            slug=slug,
            name=slug,
            first_seen_at=NOON,
            last_seen_at=NOON,
        )
        take_endpoints(model, readings, now=NOON)
        rows = MarketPrice.objects.filter(endpoint__model=model).select_related("endpoint")
        by_tag = {row.endpoint.tag: row for row in rows}
        for each in told:
            row = by_tag.get(each["tag"])
            if row is None:  # a price below 0: a router without one of its own
                assert Decimal(each["pricing"]["prompt"]) < 0
                continue
            kept += 1
            assert row.prompt == Decimal(each["pricing"]["prompt"])
            assert row.completion == Decimal(each["pricing"]["completion"])
            cached = each["pricing"].get("input_cache_read")
            assert row.cached_prompt == (Decimal(cached) if cached else None)
            assert rates_told(row).uncached_prompt == row.prompt
    assert kept > 1_200
