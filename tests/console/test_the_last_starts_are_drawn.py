"""The starts of a deployment: bars by stage, the median of earlier ones, table and CSV."""

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import Deployment, Pod, PodBoot, PodStatus
from fleet.selectors.start_bars import last_starts
from tests.factories import NOW, make_deployment, make_pod, make_transition

pytestmark = pytest.mark.django_db


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def start(deployment: Deployment, ago: float, loading: float, **columns: object) -> Pod:
    """Asked for `ago` minutes before NOW: billed after 1 min, its container runs after 3,
    weights load from minute 4 for `loading` minutes, ready one minute later."""
    begun = NOW - minutes(ago)
    pod = make_pod(
        deployment=deployment,
        requested_at=begun,
        sent_at=begun,
        billed_from=begun + minutes(1),
        **(
            {
                "container_started_at": begun + minutes(3),
                "ready_at": begun + minutes(5 + loading),
            }
            | columns
        ),
    )
    make_transition(pod, "requested", "creating", at=begun)
    make_transition(pod, "creating", "provisioning", at=begun + minutes(1))
    if pod.ready_at is not None and pod.container_started_at is not None:
        PodBoot.objects.create(
            pod=pod,
            read_at=pod.ready_at,
            weights_from=begun + minutes(4),
            weights_until=begun + minutes(4 + loading),
        )
    return pod


@pytest.fixture
def five_starts(deployment: Deployment) -> list[Pod]:
    """Loading took 2, 3 and 9 min in the past (ready after 7, 8, 14), newest 4 (9)."""
    return [
        start(deployment, 400, 2),
        start(deployment, 300, 3),
        start(deployment, 200, 9),
        start(deployment, 100, 4),
    ]


def read(client: Client, name: str, deployment: Deployment):
    return client.get(reverse(f"fleet:{name}", args=[deployment.pk]))


def test_the_finding_compares_the_newest_start_with_those_before_it(
    operator: Client, deployment: Deployment, five_starts: list[Pod]
):
    body = read(operator, "start-up", deployment).json()

    assert body["empty"] == ""
    assert body["caption"] == (
        "Start-up took 9 min, 4 min of it weights; "
        "the median of the 3 starts before it is 8 min."
    )


def test_the_median_of_a_stage_is_of_earlier_starts_only(
    deployment: Deployment, five_starts: list[Pod]
):
    found = last_starts(deployment, now=NOW)

    assert found.median is not None
    assert [part.seconds for part in found.median.parts] == [0, 60, 120, 60, 180, 60]


def test_a_start_that_goes_on_is_drawn_as_far_as_it_is(deployment: Deployment):
    start(
        deployment,
        *(4, 0),
        status=PodStatus.PROVISIONING,
        ready_at=None,
        container_started_at=None,
    )

    [bar] = last_starts(deployment, now=NOW).bars

    assert (bar.outcome, bar.total) == ("so far", 240.0)
    assert [part.missing for part in bar.parts[3:]] == ["not reached"] * 3
    assert [part.seconds for part in bar.parts[3:]] == [None] * 3


def test_a_start_whose_log_told_nothing_is_a_gap_and_not_a_zero(
    operator: Client, deployment: Deployment
):
    start(deployment, 100, 4, container_started_at=None)

    table = read(operator, "start-up-table", deployment).content.decode()
    [row] = rows_of(read(operator, "start-up-csv", deployment))

    assert "— with machine and image" in table
    assert row["weights_seconds"] == ""
    assert row["told_together"] == (
        "machine and image + engine start + weights + graphs and cache"
    )


def test_a_deployment_without_a_start_borrows_the_median_of_others_and_says_so(
    deployment: Deployment,
):
    other = make_deployment(fleet=deployment.fleet, variant=deployment.variant)
    start(other, 300, 3)
    start(deployment, 100, 4)

    assert last_starts(deployment, now=NOW).compared == "1 start alike of other deployments"


def test_two_starts_of_one_minute_are_two_bars(deployment: Deployment):
    start(deployment, 100, 4)
    start(deployment, 100, 4)

    labels = [bar.label for bar in last_starts(deployment, now=NOW).bars]

    assert len(set(labels)) == 2


def test_nothing_started_has_a_sentence(operator: Client, deployment: Deployment):
    body = read(operator, "start-up", deployment).json()

    assert body["empty"] == "No pod of it was started yet."
    assert body["empty"] in read(operator, "start-up-table", deployment).content.decode()
    assert rows_of(read(operator, "start-up-csv", deployment)) == []


def test_the_file_holds_the_bars_in_seconds(
    operator: Client, deployment: Deployment, five_starts: list[Pod]
):
    rows = rows_of(read(operator, "start-up-csv", deployment))

    assert [row["request_to_ready_seconds"] for row in rows] == [
        *("540.000", "840.000", "480.000", "420.000"),
        "480.000",
    ]
    assert rows[0]["pod"] == five_starts[-1].name
    assert (rows[-1]["pod"], rows[-1]["outcome"]) == ("", "median of 3")


def test_the_number_of_starts_costs_no_statements(
    deployment: Deployment, five_starts: list[Pod], django_assert_max_num_queries
):
    with django_assert_max_num_queries(5):
        last_starts(deployment, now=NOW)


def test_the_page_of_a_deployment_has_the_figure_and_a_serverless_one_has_not(
    operator: Client, deployment: Deployment
):
    address = reverse("fleet:start-up", args=[deployment.pk])
    assert address in read(operator, "deployment", deployment).content.decode()

    Deployment.objects.filter(pk=deployment.pk).update(
        rental_kind="serverless", workers_max=1, max_usd_per_worker_hour=1
    )
    assert address not in read(operator, "deployment", deployment).content.decode()


def rows_of(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode())))
