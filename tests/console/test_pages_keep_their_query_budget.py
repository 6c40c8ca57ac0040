from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from economics.calc.hours import hour_start
from economics.models import DayClose, UsageHour
from fleet.models import Deployment, Pod
from tests.factories import make_job_run, make_lists, make_pod, make_price, make_sample

# Four for the frame (the spending switch, its user, the queues), four for what volumes and
# endpoints cost: booked, running up, per hour of each deployment, and of all.
BUDGET = 33


@pytest.fixture
def five_pods(deployment: Deployment, catalog: None) -> list[Pod]:
    """Five serving pods with samples and unbooked tokens; yesterday is closed, as on any
    day but the first."""
    now = timezone.now()
    DayClose.objects.create(day=(now - timedelta(days=1)).date(), closed_at=now)
    make_price(served_model=deployment.variant.served_model)
    pods = []
    for _ in range(5):
        pod = make_pod(deployment=deployment, provider="sandbox", probed_at=now)
        UsageHour.objects.create(pod=pod, hour_start=hour_start(now), completion_tokens=9)
        make_sample(pod, at=now - timedelta(seconds=20))
        make_sample(pod, at=now - timedelta(seconds=10), completion_tokens=100)
        pods.append(pod)
    make_job_run("reconcile", started_at=now, ended_at=now)
    make_lists("sandbox", read_at=now)
    return pods


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    "name",
    [
        "economics:prices",
        "economics:take-rates",
        "economics:focus-csv",
        "economics:listings",
        "economics:market",
        "economics:market-lines",
        "economics:market-csv",
        "economics:listings-csv",
        "economics:volumes-csv",
        "economics:endpoints-csv",
        "economics:strays-csv",
        "economics:guardrail-limits-csv",
        "economics:take-rates-csv",
        "market-models",
        "fleet:list",
        "fleet:live",
        "fleet:order",
        "fleet:alerts",
        "fleet:alerts-live",
        "fleet:alert-badge",
        "fleet:alert-channels",
        "fleet:alert-rules",
        "fleet:jobs",
        "fleet:offers",
        "fleet:offers-history",
        "fleet:offers-csv",
        "fleet:offers-import",
        "economics:plan",
        "economics:plan-frontier",
        "economics:plan-tornado",
        "economics:plan-options",
        "economics:strategy",
        "economics:model-config",
        "account-tokens",
        "fleet:audit",
        "fleet:audit-csv",
        "api:index",
        "api:fleets",
        "api:profit",
    ],
)
def test_a_page_asks_the_database_at_most_33_times(
    operator: Client, five_pods: list[Pod], name: str
):
    assert queries_of(operator, reverse(name)) <= BUDGET


@pytest.mark.parametrize(
    "name",
    [
        *("overview", "overview-live", "overview-alarms", "profit", "profit-lines"),
        *("profit-json", "profit-table", "profit-lines-csv", "days", "days-csv", "month"),
        *("reconciliation", "reconciliation-csv", "expenses", "expenses-csv"),
        *(
            "statements",
            "statements-csv",
            "receivables-json",
            "receivables-csv",
            "usage",
            "cash",
        ),
    ],
)
def test_a_page_of_the_books_asks_at_most_12_times(
    operator: Client, five_pods: list[Pod], name: str
):
    assert queries_of(operator, reverse(f"economics:{name}")) <= 12


@pytest.mark.parametrize("name", ["figures", "targets", "lines-rows"])
def test_a_piece_of_the_profit_page_asks_at_most_12_times(
    operator: Client, five_pods: list[Pod], name: str
):
    with CaptureQueriesContext(connection) as queries:
        address = reverse(f"economics:profit-{name}")
        assert operator.get(address, headers={"HX-Request": "true"}).status_code == 200

    assert len(queries) <= 12


@pytest.mark.parametrize("name", ["days", "waterfall", "owners", "billed", "week"])
def test_a_figure_of_the_profit_page_asks_at_most_12_times(
    operator: Client, five_pods: list[Pod], name: str
):
    assert queries_of(operator, reverse("economics:profit-figure", args=[name])) <= 12


@pytest.mark.parametrize("name", ["fleet:pod", "fleet:pod-live", "fleet:pod-money"])
def test_a_pod_page_asks_at_most_33_times(
    operator: Client, five_pods: list[Pod], name: str
):
    assert queries_of(operator, reverse(name, args=[five_pods[0].pk])) <= BUDGET


def test_a_deployment_page_asks_at_most_33_times(operator: Client, five_pods: list[Pod]):
    address = reverse("fleet:deployment", args=[five_pods[0].deployment_id])

    assert queries_of(operator, address) <= BUDGET


def test_a_larger_fleet_needs_no_more_queries(operator: Client, five_pods: list[Pod]):
    before = queries_of(operator, reverse("fleet:list"))
    for _ in range(5):
        make_pod(deployment=five_pods[0].deployment, provider="sandbox")

    assert queries_of(operator, reverse("fleet:list")) == before
