from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fleet.providers.base import ProviderUnavailable
from tests.fleet.providers.conftest import a_request
from tests.fleet.providers.scripted_server import Answer

START = datetime(2026, 11, 20, 7, tzinfo=UTC)
END = datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_the_price_of_a_pod_is_what_the_text_says(server, runpod):
    server.will_play("pod_created")

    assert runpod.create(a_request()).usd_per_pod_hour == Decimal("0.69")


def test_a_billed_amount_keeps_every_digit(server, runpod):
    server.will_play("billing_pods")

    buckets = runpod.billing(START, END, bucket="hour")

    assert [str(b.total_usd) for b in buckets] == [
        "0.5",
        "0.6954794520547945",
        "36.7321000123",
    ]
    assert buckets[1].disk_usd == Decimal("0.0054794520547945")
    assert all(isinstance(b.gpu_usd, Decimal) for b in buckets)


def test_buckets_outside_the_window_are_left_out(server, runpod):
    server.will_play("billing_pods")

    buckets = runpod.billing(START.replace(hour=8), START.replace(hour=9), bucket="hour")

    assert [b.start.hour for b in buckets] == [8]
    assert server.asked[0].query == {
        "startTime": ["2026-11-20T08:00:00Z"],
        "endTime": ["2026-11-20T09:00:00Z"],
        "bucketSize": ["hour"],
    }


def test_a_price_of_zero_is_no_price_and_makes_no_offer(server, runpod):
    server.will_play("catalog_secure", "catalog_community")

    offers = [(o.display_name, o.cloud, str(o.usd_per_gpu_hour)) for o in runpod.offers()]

    assert offers == [
        ("RTX 4090", "SECURE", "0.69"),
        ("H200 SXM", "SECURE", "4.59"),
        ("RTX 4090", "COMMUNITY", "0.34"),
        ("RTX 4090", "", "1.1"),
    ]


def test_stock_is_asked_for_each_cloud_apart(server, runpod):
    server.will_play("catalog_secure", "catalog_community")

    stocks = [(o.display_name, o.cloud, o.stock) for o in runpod.offers()]

    assert stocks == [
        ("RTX 4090", "SECURE", "HIGH"),
        ("H200 SXM", "SECURE", "LOW"),
        ("RTX 4090", "COMMUNITY", "MEDIUM"),
        ("RTX 4090", "", "UNKNOWN"),  # of serverless workers nobody asked
    ]
    assert [asked.query["cloud"] for asked in server.asked] == [["SECURE"], ["COMMUNITY"]]


def test_a_billing_window_in_the_wrong_order_is_refused(runpod):
    with pytest.raises(ValueError, match="give UTC instants in order"):
        runpod.billing(END, START, bucket="hour")


@pytest.mark.parametrize("cost", ['"0.69"', "null", "true", "[]"])
def test_a_cost_that_is_not_a_number_is_not_guessed(server, runpod, cost: str):
    body = (
        '{"pods": [{"id": "p", "name": "n", "status": "RUNNING", '
        f'"createdAt": "2026-11-20T08:00:00Z", "cost": {cost}}}]}}'
    )
    server.will_answer(Answer(200, body.encode()))

    with pytest.raises(ProviderUnavailable, match="cost"):
        runpod.pods()
