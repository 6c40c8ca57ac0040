from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fleet.sandbox.billing import Window, floor_to, window_of
from fleet.sandbox.money import Charge, Segment, charge_of
from fleet.sandbox.problems import Problem
from tests.clock import Clock, at
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.harness import Sandbox, pod_body

H200S = {"id": "NVIDIA H200", "count": 8}


def rows(
    sandbox: Sandbox, query: str = "bucketSize=hour&lastN=48"
) -> list[dict[str, Decimal]]:
    found: list[dict[str, Decimal]] = sandbox.ask("GET", f"/v2/billing/pods?{query}")[
        "records"
    ]
    return found


def test_a_pod_costs_its_price_times_its_whole_seconds(sandbox: Sandbox):
    pod = sandbox.create(disk=None)
    sandbox.clock.forward(seconds=90.9)
    sandbox.act(pod["id"], "terminate")

    truth = sandbox.truth(pod["id"])

    assert truth["alive_seconds"] == 90
    assert truth["charge_usd"] == {
        "gpu": "0.018500000000",  # 0.74 USD/h x 90 s / 3600
        "disk": "0.000003424658",  # the least disk, 1 GB x 0.10 USD / 730 h x 90 s
        "total": "0.018503424658",
    }


def test_cost_is_the_price_of_all_gpus_and_no_disk(sandbox: Sandbox):
    pod = sandbox.create(gpu=H200S, disk=200)

    assert pod["cost"] == Decimal("36.72")


def test_the_container_disk_is_billed_apart_while_the_pod_runs(sandbox: Sandbox):
    pod = sandbox.create(disk=73)
    sandbox.clock.forward(hours=10)

    (record,) = rows(sandbox, "bucketSize=day&lastN=1")

    assert record["gpuAmount"] == Decimal("7.40")
    assert record["diskAmount"] == Decimal("0.10")  # 73 GB x 0.10 / 730 h x 10 h
    assert record["totalAmount"] == Decimal("7.50")
    sandbox.act(pod["id"], "stop")
    sandbox.clock.forward(hours=1)
    assert rows(sandbox, "bucketSize=day&lastN=1") == [record]


def test_a_stopped_pod_pays_double_for_its_volume_and_nothing_else(sandbox: Sandbox):
    pod = sandbox.create(disk=None, mounts={"persistent": {"size": 73, "path": "/w"}})
    sandbox.act(pod["id"], "stop")
    before = sandbox.balance()

    sandbox.clock.forward(hours=10)

    assert sandbox.pod(pod["id"])["cost"] == 0
    assert before - sandbox.balance() == Decimal("0.20")  # 73 GB x 0.20 / 730 h x 10 h


@pytest.mark.parametrize(("size", "usd_of_730_hours"), [(999, "69.93"), (1000, "50")])
def test_a_network_volume_is_cheaper_per_gb_from_one_terabyte(
    start_sandbox: StartSandbox, size, usd_of_730_hours
):
    sandbox = start_sandbox()
    body = {"name": "weights", "size": size, "dataCenter": "US-KS-2"}
    sandbox.ask("POST", "/v2/network-volumes", body, status=201)

    sandbox.clock.forward(hours=730)

    assert sandbox.balance() == 500 - Decimal(usd_of_730_hours)


def test_hour_buckets_add_up_to_the_whole_charge(start_sandbox: StartSandbox):
    sandbox = start_sandbox(Clock(at(9, 47, 13)))
    pod = sandbox.create(gpu={"id": "NVIDIA H100 80GB HBM3", "count": 3})
    sandbox.clock.forward(hours=5, seconds=1234)
    sandbox.act(pod["id"], "terminate")

    buckets = rows(sandbox)

    assert [row["startTime"] for row in buckets][:2] == [
        "2026-03-10T09:00:00Z",
        "2026-03-10T10:00:00Z",
    ]
    total = sum(row["totalAmount"] for row in buckets)
    assert abs(total - Decimal(sandbox.truth(pod["id"])["charge_usd"]["total"])) < Decimal(
        "1e-10"
    )
    assert buckets[1]["gpuAmount"] == Decimal("11.97")


def test_the_billing_run_lags_a_running_pod_but_not_an_ended_one(
    start_sandbox: StartSandbox,
):
    sandbox = start_sandbox(Clock(at(12)), billing_run_seconds=300)
    pod = sandbox.create()
    sandbox.clock.forward(seconds=299)
    assert rows(sandbox, "lastN=1")[0]["totalAmount"] == 0
    assert sandbox.balance() == 500
    sandbox.clock.forward(seconds=2)
    (running,) = rows(sandbox, "lastN=1")
    assert running["gpuAmount"] == Decimal("0.061666666667")  # 300 s of 301
    assert sandbox.balance() == 500 - running["totalAmount"]

    sandbox.act(pod["id"], "terminate")

    (ended,) = rows(sandbox, "lastN=1")
    assert ended["gpuAmount"] == Decimal("0.061872222222")  # all 301 s
    assert sandbox.balance() == 500 - ended["totalAmount"]


def test_at_no_credit_a_pod_is_terminated_and_one_with_a_network_volume_stopped(
    start_sandbox: StartSandbox,
):
    sandbox = start_sandbox(opening_balance_usd=Decimal(50), billing_run_seconds=300)
    body = {"name": "weights", "size": 10, "dataCenter": "US-KS-2"}
    volume = sandbox.ask("POST", "/v2/network-volumes", body, status=201)
    mounts = {"network": [{"volumeId": volume["id"], "path": "/w"}]}
    kept = sandbox.create("kept", disk=None, mounts=mounts)
    lost = sandbox.create("lost", disk=None, gpu=H200S)

    sandbox.clock.forward(hours=3)

    assert [pod["name"] for pod in sandbox.ask("GET", "/v2/pods")["pods"]] == ["kept"]
    assert sandbox.pod(kept["id"])["status"] == "EXITED"
    truth = sandbox.truth(lost["id"])
    assert truth["end_reason"] == "terminated: the balance is used up"
    # 37.46 USD/h use 50 USD up in 4,805 s; the run after that is at 5,100 s
    assert truth["alive_seconds"] == 5100


def test_a_create_needs_credit_for_one_hour(start_sandbox: StartSandbox):
    sandbox = start_sandbox(opening_balance_usd=Decimal("36.71"))

    problem = sandbox.ask("POST", "/v2/pods", pod_body(gpu=H200S), status=402)

    assert "36.72 USD" in problem["detail"]
    sandbox.ask("POST", "/sandbox/topup", {"usd": "0.01"})
    sandbox.create(gpu=H200S)


@pytest.mark.parametrize("usd", [5, "-1", "0", "NaN", "much", None, "1e9"])
def test_a_top_up_that_is_no_amount_is_refused(sandbox: Sandbox, usd):
    problem = sandbox.ask("POST", "/sandbox/topup", {"usd": usd}, status=422)

    assert 'want a text such as "100.00"' in problem["errors"][0]
    assert sandbox.balance() == 500


def test_spend_per_hour_counts_compute_and_disks(sandbox: Sandbox):
    sandbox.create(disk=73)
    query = {"query": "query q { myself { currentSpendPerHr, clientBalance } }"}

    answer = sandbox.ask("POST", "/graphql", query)["data"]["myself"]

    assert answer == {"currentSpendPerHr": Decimal("0.75"), "clientBalance": 500}


def test_a_window_is_snapped_to_its_buckets():
    now = at(12, 34).timestamp()
    query = {"startTime": "2026-03-09T05:59:59Z", "endTime": "2026-03-10T07:00:01Z"}

    hours = window_of(query | {"bucketSize": "hour"}, now)
    days = window_of(query, now)

    assert hours == Window(
        floor_to(at(5, day=at(0).date().replace(day=9)).timestamp(), "hour"),
        int(at(8).timestamp()),
        "hour",
    )
    assert days.shown() == {
        "startTime": "2026-03-09T00:00:00Z",
        "endTime": "2026-03-11T00:00:00Z",
    }


@pytest.mark.parametrize(
    ("size", "start"),
    [
        ("hour", "2026-03-10T12:00:00"),
        ("day", "2026-03-10T00:00:00"),
        ("week", "2026-03-09T00:00:00"),
        ("month", "2026-03-01T00:00:00"),
        ("year", "2026-01-01T00:00:00"),
    ],
)
def test_buckets_begin_where_utc_does(size, start):
    begins = datetime.fromisoformat(start).replace(tzinfo=UTC)

    assert floor_to(at(12, 34).timestamp(), size) == int(begins.timestamp())


@pytest.mark.parametrize(
    "query",
    [
        {"startTime": "yesterday"},
        {"startTime": "2026-03-10T00:00:00"},
        {"lastN": "0"},
        {"lastN": "x"},
        {"startTime": "2026-03-10T00:00:00Z", "endTime": "2026-03-10T00:00:00Z"},
    ],
)
def test_a_window_that_makes_no_sense_is_refused(query):
    with pytest.raises(Problem) as refused:
        window_of(query, at(12).timestamp())
    assert refused.value.status in (400, 422)


def test_charges_are_exact_until_their_one_division():
    third = Segment(0, None, Decimal("0.01"), Decimal(0))

    pieces = sum((charge_of([third], n, n + 1) for n in range(3600)), Charge())

    assert pieces.compute_usd == charge_of([third], 0, 3600).compute_usd == Decimal("0.01")
