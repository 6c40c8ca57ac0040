"""A deployment that changed between pods and an endpoint is paid once for each token."""

import json

import pytest

from economics.models import LogHour
from economics.services.book_imports import take_in
from economics.services.request_logs import REQUESTS
from fleet.csv_files import FileRefused
from fleet.models import PodStatus
from tests import factories
from tests.economics.services.rows import MIDNIGHT, at, pod
from tests.fleet.services.resource_rows import make_endpoint, serverless_columns

NOW = at(20)


@pytest.fixture
def deployment():
    """Pods until 14:30, its endpoint from 14:00 on."""
    found = factories.make_deployment(
        slug="llama-a", created_at=MIDNIGHT, **serverless_columns()
    )
    pod(
        deployment=found,
        provider_id="pod00042x",
        status=PodStatus.TERMINATED,
        billed_from=at(10),
        billed_until=at(14, 30),
    )
    make_endpoint(
        deployment=found, provider_id="endpoint7", is_rental=True, billed_from=at(14)
    )
    return found


def take(ended, **columns):
    entry = {
        "request_id": f"r{ended:%H%M}{columns}"[:100],
        "ended_at": ended.isoformat(),
        "deployment": "llama-a",
        "prompt_tokens": 1_000,
        "completion_tokens": 50,
    } | columns
    return take_in(
        REQUESTS, json.dumps(entry).encode(), name="log", acting_user="ada", now=NOW
    )


@pytest.mark.parametrize(("ended", "earns"), [(at(13), False), (at(15), True)])
def test_its_log_earns_only_after_its_last_pod(deployment, ended, earns):
    take(ended)

    assert LogHour.objects.get().earns is earns


def test_the_log_of_its_endpoint_earns_after_it_went_back_to_pods(deployment):
    deployment.rental_kind = "on_demand"
    deployment.save(update_fields=["rental_kind"])
    deployment.serverlessendpoints.update(billed_until=at(18))
    pod(deployment=deployment, billed_from=at(18))

    take(at(16))
    take(at(19))

    hours = LogHour.objects.order_by("hour_start")
    assert list(hours.values_list("earns", flat=True)) == [True, False]


def test_a_request_that_either_may_have_answered_is_not_guessed(deployment):
    with pytest.raises(FileRefused, match="llama-a had pods and an endpoint then"):
        take(at(14, 15))

    assert not LogHour.objects.exists()


def test_in_an_hour_of_both_the_address_tells_them_apart(deployment):
    def entry(n, base):
        return {
            "request_id": f"r{n}",
            "ended_at": at(14, 15).isoformat(),
            "deployment": "llama-a",
            "api_base": base,
            "prompt_tokens": 1_000 * n,
            "completion_tokens": 50,
        }

    rows = [
        entry(1, "https://pod00042x-8000.proxy.runpod.net/v1"),
        entry(2, "https://api.runpod.ai/v2/endpoint7/openai/v1"),
    ]
    file = "\n".join(map(json.dumps, rows)).encode()
    take_in(REQUESTS, file, name="log", acting_user="ada", now=NOW)

    hours = LogHour.objects.order_by("earns")
    assert list(hours.values_list("earns", "uncached_prompt_tokens")) == [
        (False, 1_000),
        (True, 2_000),
    ]
