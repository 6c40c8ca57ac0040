from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from tests.plan.test_the_plan_page_ranks_every_option import LLAMA, page_of

CSV = "/plan/options.csv?model=llama-3.1-8b"
RUNPOD_SPOTLESS = "&provider=runpod&kind=on_demand"
A100 = "&gpu=NVIDIA+A100-SXM4-80GB"


@pytest.fixture
def planned(planner: Client, answer_speeds: Callable[[], None]) -> Client:
    page_of(planner, LLAMA)
    answer_speeds()
    return planner


def rows_of(client: Client, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def places(page: str) -> set[str]:
    return set(
        re.findall(r'class="small muted">([a-z]+)[^<]*, (?:on|spot|serv|inter)', page)
    )


def test_the_list_holds_what_the_address_asks_for(planned: Client):
    every = page_of(planned, LLAMA + "&all=1")
    some = page_of(planned, LLAMA + "&all=1" + RUNPOD_SPOTLESS)

    assert len(places(every)) > 3
    assert places(some) == {"runpod"} and ", serverless" not in some


def test_a_gpu_is_chosen_by_its_canonical_name(planned: Client):
    rows = rows_of(planned, CSV + A100)

    assert rows and {row["gpu_type_id"] for row in rows} == {"NVIDIA A100-SXM4-80GB"}
    assert len({row["provider"] for row in rows}) > 1


def test_what_is_not_offered_gets_a_sentence(planned: Client):
    page = page_of(planned, LLAMA + "&provider=nobody")
    refusal = planned.get(CSV + "&provider=nobody")

    assert "Provider &#x27;nobody&#x27; offers nothing; choose one of" in page
    assert refusal.status_code == 422 and "offers nothing" in refusal.content.decode()


def test_a_filter_that_leaves_nothing_says_so(planned: Client):
    page = page_of(planned, LLAMA + "&provider=lambda&kind=serverless")

    assert "no offer is of the chosen provider, rental and GPU at once" in page


def test_an_option_that_is_not_looked_at_is_not_passed_off_as_the_asked_one(
    planned: Client,
):
    assert "is not among those" in page_of(planned, LLAMA + "&option=nobody")
    assert "is not among those" not in page_of(planned, LLAMA)


def test_the_csv_has_every_option_in_the_order_of_the_page(planned: Client):
    rows = rows_of(planned, CSV)
    costs = [Decimal(row["cost_usd_per_million_tokens"]) for row in rows if row["verdict"]]

    assert [row["rank"] for row in rows] == [str(n + 1) for n in range(len(rows))]
    assert len(rows) > 60 and costs == sorted(costs)


def test_the_csv_keeps_signs_and_decimals(planned: Client):
    rows = rows_of(planned, CSV + "&utilization=0.3")
    losing = [row for row in rows if row["profit_usd_per_day"].startswith("-")]

    assert losing and not [row for row in rows if "'" in row["profit_usd_per_day"]]
    for row in losing:
        assert Decimal(row["profit_usd_per_day"]) < 0
        day = Decimal(row["usd_per_replica_hour"]) * 24
        filled = Decimal("0.3") if row["rental_kind"] == "serverless" else 1
        assert Decimal(row["usd_per_day"]) == day * filled


def test_serverless_says_that_only_filled_time_is_paid(planned: Client):
    page = page_of(planned, LLAMA + "&kind=serverless")
    tiles = page[page.index("plan-tiles") : page.index("The arithmetic")]

    assert "only filled time is paid" in tiles and "0.0 %" not in tiles


def test_a_machine_that_costs_nothing_is_not_called_serverless(planned: Client):
    page = page_of(planned, LLAMA + "&provider=vast&gpu_price_factor=0")

    assert "nothing is paid" in page and "only filled time" not in page


def test_the_way_to_bring_a_model_stands_beside_the_choice(planned: Client):
    assert "Bring a model (config.json or hub name)" in page_of(planned, LLAMA)
