import json
from decimal import Decimal

import pytest

from economics.models import (
    BookImport,
    DailyProfit,
    LoggedRequest,
    LogHour,
    RevenueLine,
)
from economics.selectors import unpriced_models
from economics.services.book_imports import preview_file, take_in
from economics.services.close import close_day
from economics.services.request_logs import REQUESTS, forget_requests
from economics.services.revenue import post_revenue
from fleet.csv_files import FileRefused
from tests import factories
from tests.economics.services.rows import DAY, MIDNIGHT, NEXT_MIDNIGHT, at, pod, price
from tests.fleet.services.resource_rows import make_endpoint

NOW = at(20)


@pytest.fixture
def deployment():
    return factories.make_deployment(slug="llama-a", created_at=MIDNIGHT)


@pytest.fixture
def serverless(deployment):
    """The deployment has an endpoint and no pod, so no counter tells of it."""
    make_endpoint(deployment=deployment, provider_id="endpoint7")
    return deployment


def request(n, *, ended="2026-03-04T14:03:07Z", **columns):
    return {
        "request_id": f"r{n}",
        "ended_at": ended,
        "deployment": "llama-a",
        "prompt_tokens": 1_000,
        "cached_tokens": 400,
        "completion_tokens": 50,
        "finish_reason": "stop",
    } | columns


def log(*rows) -> bytes:
    return "\n".join(json.dumps(row) for row in rows).encode()


def take(*rows, name="log.jsonl"):
    return take_in(REQUESTS, log(*rows), name=name, acting_user="ada", now=NOW)


def test_requests_become_hours_of_their_deployment(deployment):
    done = take(request(1), request(2), request(3, ended="2026-03-04T15:00:00Z"))

    assert done == "3 requests, 2 hours of a model"
    hours = LogHour.objects.values_list(
        "deployment__slug", "hour_start", "completion_tokens", "requests_stop"
    )
    assert list(hours) == [("llama-a", at(14), 100, 2), ("llama-a", at(15), 50, 1)]


def test_the_same_file_twice_is_refused(deployment):
    take(request(1))

    with pytest.raises(FileRefused, match="This file was imported on"):
        take(request(1), name="another name.jsonl")

    assert BookImport.objects.count() == LogHour.objects.count() == 1


def test_the_same_request_in_two_files_or_twice_in_one_counts_once(deployment):
    take(request(1), request(2), request(2))
    preview = preview_file(REQUESTS, log(request(2), request(3)), name="next", now=NOW)

    take(request(2), request(3))

    assert "1 have an id that was counted before" in preview.shown.sentences[1]
    assert sum(LogHour.objects.values_list("completion_tokens", flat=True)) == 150


def test_one_bad_row_keeps_the_whole_file_out(deployment):
    with pytest.raises(FileRefused) as refused:
        take(request(1), request(2, cached_tokens=1_001))

    assert str(refused.value.faults[0]) == (
        "Line 2, cached_tokens is '1001'; it is part of prompt_tokens, so write at most "
        "1,000."
    )
    assert not BookImport.objects.exists() and not LoggedRequest.objects.exists()


def test_a_preview_changes_nothing(deployment):
    preview = preview_file(REQUESTS, log(request(1)), name="log", now=NOW)

    assert preview.row_count == 1
    assert not BookImport.objects.exists() and not LogHour.objects.exists()


def test_reasoning_is_inside_completion_where_told_and_unknown_where_not(deployment):
    take(request(1, reasoning_tokens=30), request(2), request(3, ended="2026-03-04T15:00Z"))

    hours = LogHour.objects.values_list("completion_tokens", "reasoning_tokens")
    assert list(hours) == [(100, 30), (50, None)]


def test_failed_requests_and_those_without_a_completion_are_not_billed(deployment):
    take(
        request(1, finish_reason="error"),
        request(2, completion_tokens=0),
        request(3, finish_reason="abort"),
    )

    hour = LogHour.objects.get()
    assert (hour.completion_tokens, hour.uncached_prompt_tokens) == (50, 600)
    assert (hour.free_prompt_tokens, hour.free_completion_tokens) == (2_000, 50)
    assert (hour.requests_failed, hour.requests_aborted, hour.requests_stop) == (1, 1, 1)


@pytest.mark.parametrize(
    "found_by",
    [
        {"deployment": "llama-a"},
        {"deployment": "", "api_base": "https://pod00042x-8000.proxy.runpod.net/v1"},
        {"deployment": "", "model": "the-model"},
        {"deployment": "", "model": "hosted_vllm/the-model"},
        {"deployment": "", "model": "anything", "model_group": "The-Model"},
    ],
    ids=["name", "address", "model", "provider and model", "group"],
)
def test_a_request_finds_its_deployment(deployment, found_by):
    deployment.variant.served_model.slug = "the-model"
    deployment.variant.served_model.save()
    pod(deployment=deployment, provider_id="pod00042x")

    take(request(1, **found_by))

    assert LogHour.objects.get().deployment == deployment


def test_a_model_of_several_deployments_is_kept_as_a_model(deployment):
    factories.make_deployment(variant=deployment.variant)
    name = deployment.variant.repository

    take(request(1, deployment="", model=name))

    hour = LogHour.objects.get()
    assert hour.deployment is None
    assert hour.served_model == deployment.variant.served_model


def test_a_request_that_could_be_two_deployments_revenue_is_not_guessed(serverless):
    factories.make_deployment(slug="llama-b", variant=serverless.variant)

    with pytest.raises(FileRefused, match="has several; write one of llama-a, llama-b"):
        take(request(1, deployment="", model=serverless.variant.repository))


def test_a_name_that_nobody_knows_is_named(deployment):
    with pytest.raises(FileRefused, match="deployment is 'nobody'; write one of llama-a"):
        take(request(1, deployment="nobody"))
    with pytest.raises(FileRefused, match="model is 'gpt-9'; write one of"):
        take(request(1, deployment="", model="gpt-9"))


def test_a_deployment_with_counters_earns_by_those_and_not_by_its_log(deployment):
    served = pod(deployment=deployment)
    price(served)

    take(request(1))
    post_revenue(NOW)

    assert LogHour.objects.get().earns is False
    assert not RevenueLine.objects.exists()


def test_a_serverless_deployment_earns_by_its_log(serverless):
    factories.make_price(
        served_model=serverless.variant.served_model,
        valid_from=MIDNIGHT,
        uncached_prompt_usd_per_token=Decimal("0.000001"),
        cached_prompt_usd_per_token=Decimal("0.0000001"),
        completion_usd_per_token=Decimal("0.000002"),
    )
    take(request(1), request(2))

    post_revenue(NOW)
    post_revenue(NOW)

    lines = {line.token_class: line for line in RevenueLine.objects.all()}
    assert {name: line.amount_usd for name, line in lines.items()} == {
        "uncached_prompt": Decimal("0.001200"),
        "cached_prompt": Decimal("0.000080"),
        "completion": Decimal("0.000200"),
    }
    assert {line.deployment for line in lines.values()} == {serverless}


def test_its_day_closes_with_the_tokens_of_the_log(serverless):
    factories.make_price(served_model=serverless.variant.served_model, valid_from=MIDNIGHT)
    take(request(1), request(2))

    close_day(DAY, NEXT_MIDNIGHT.replace(hour=1))

    row = DailyProfit.objects.get(scope="deployment")
    assert (row.uncached_prompt_tokens, row.completion_tokens) == (1_200, 100)
    assert row.revenue_usd == sum(RevenueLine.objects.values_list("amount_usd", flat=True))
    assert row.unpriced_tokens == 0


def test_without_a_price_its_tokens_are_listed_and_not_booked_at_zero(serverless):
    take(request(1))

    assert post_revenue(NOW).unpriced_hours == 1
    assert [(each.tokens, each.hours) for each in unpriced_models()] == [(1_050, 1)]


def test_requests_that_come_after_the_close_are_a_line_of_the_open_day(serverless):
    factories.make_price(served_model=serverless.variant.served_model, valid_from=MIDNIGHT)
    take(request(1))
    close_day(DAY, NEXT_MIDNIGHT.replace(hour=1))
    later = NEXT_MIDNIGHT.replace(hour=2)
    take_in(REQUESTS, log(request(2)), name="late", acting_user="ada", now=later)

    post_revenue(later)

    assert {line.day for line in RevenueLine.objects.all()} == {DAY, later.date()}


def test_ids_are_forgotten_in_time_and_their_hours_stay(deployment, settings):
    take(request(1))
    settings.REQUEST_LOG_DAYS = 1

    assert forget_requests(at(23)) == 0
    assert forget_requests(NEXT_MIDNIGHT.replace(hour=15)) == 1
    assert LogHour.objects.count() == 1
