"""Workers come with the jobs and go when idle; every second in between is billed."""

import threading
from decimal import Decimal
from typing import Any

import pytest

from tests.clock import Clock, at
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.harness import Sandbox, wait_for
from tests.sandbox.serverless import Endpoint, chat, endpoint_body, made

DAYS = 24


@pytest.fixture
def endpoint(sandbox: Sandbox) -> Endpoint:
    return made(sandbox)


def test_without_a_job_no_worker_runs_and_nothing_is_billed(endpoint: Endpoint):
    endpoint.sandbox.clock.forward(hours=5)

    assert endpoint.workers() == {}
    assert Decimal(endpoint.truth()["charge_usd"]["total"]) == 0
    assert endpoint.sandbox.balance() == 500


def test_a_job_starts_a_worker_waits_for_it_and_is_answered(endpoint: Endpoint):
    clock = endpoint.sandbox.clock
    job = endpoint.run(chat(250))

    assert endpoint.status(job)["status"] == "IN_QUEUE"
    assert endpoint.workers() == {"initializing": 1}
    clock.forward(seconds=2)
    assert endpoint.status(job)["status"] == "IN_PROGRESS"
    assert endpoint.workers() == {"running": 1}
    clock.forward(seconds=1)
    done = endpoint.status(job)
    assert (done["status"], done["delayTime"], done["executionTime"]) == (
        "COMPLETED",
        2000,
        1000,
    )
    assert done["output"][0]["usage"] == {"input": 8, "output": 250}
    assert endpoint.workers() == {"idle": 1}
    assert endpoint.truth()["tokens"]["completion"] == 250


def test_cold_start_work_and_idle_time_are_billed_to_the_second(endpoint: Endpoint):
    endpoint.run(chat(250))
    endpoint.sandbox.clock.forward(hours=3)

    # 2 s cold start, 1 s of work, 5 s idle, at 1.116 USD/h and 20 GB of disk
    assert endpoint.billed_seconds() == [8]
    charge = endpoint.truth()["charge_usd"]
    assert charge["gpu"] == "0.002480000000"
    assert charge["disk"] == "0.000006088280"
    (record,) = endpoint.sandbox.ask(
        "GET", "/v2/billing/serverless?bucketSize=hour&lastN=5"
    )["records"]
    assert record["serverlessId"] == endpoint.id
    assert record["gpuAmount"] == Decimal("0.00248")
    assert record["totalAmount"] == Decimal(charge["total"])
    assert endpoint.sandbox.balance() == 500 - record["totalAmount"]


def test_a_second_job_in_time_finds_the_worker_warm(endpoint: Endpoint):
    clock = endpoint.sandbox.clock
    endpoint.run(chat(250))
    clock.forward(seconds=6)  # idle since 3 s
    job = endpoint.run(chat(250))

    assert endpoint.status(job)["status"] == "IN_PROGRESS"
    clock.forward(hours=1)
    assert endpoint.billed_seconds() == [2 + 1 + 3 + 1 + 5]


def test_a_long_queue_starts_workers_up_to_the_most(endpoint: Endpoint):
    clock = endpoint.sandbox.clock
    for _ in range(10):
        endpoint.run(chat(2500))  # 10 s each

    seen = []
    for _ in range(4):
        seen.append(sum(endpoint.workers().values()))
        clock.forward(seconds=4)
    assert seen == [1, 2, 3, 3]
    clock.forward(minutes=5)
    assert endpoint.truth()["jobs"] == {"COMPLETED": 10}
    assert endpoint.workers() == {}


@pytest.mark.parametrize("steps", [[300.0], [0.25] * 240 + [240.0]])
def test_a_clock_that_jumps_bills_what_one_that_ticks_does(endpoint: Endpoint, steps):
    for _ in range(6):
        endpoint.run(chat(1000))
    for step in steps:
        endpoint.sandbox.clock.forward(seconds=step)
        endpoint.workers()

    # workers start at 0, 4 and 8 s and are ready 2 s later; three, two and one jobs of 4 s
    # end at 14 s on all of them, and 5 idle seconds later they go
    assert endpoint.billed_seconds() == [19, 15, 11]


def test_request_count_keeps_one_worker_for_so_many_jobs(sandbox: Sandbox):
    endpoint = made(
        sandbox,
        scaling={"type": "REQUEST_COUNT", "requestCount": 4},
        workers={"min": 0, "max": 5},
    )
    for _ in range(9):
        endpoint.run()

    assert endpoint.workers() == {"initializing": 3}


def test_the_least_number_of_workers_runs_without_jobs(sandbox: Sandbox):
    endpoint = made(sandbox, workers={"min": 1, "max": 3, "idleTimeout": 5})
    sandbox.clock.forward(hours=1)

    assert endpoint.workers() == {"idle": 1}
    assert endpoint.billed_seconds() == [3600]
    endpoint.update({"workers": {"min": 0}})
    sandbox.clock.forward(minutes=1)
    assert endpoint.workers() == {}


def test_without_traffic_it_falls_to_two_workers_and_then_to_none(sandbox: Sandbox):
    endpoint = made(sandbox, workers={"min": 3, "max": 5, "idleTimeout": 5})
    path = f"/v2/serverless/{endpoint.id}"
    sandbox.clock.forward(hours=3 * DAYS - 1)
    assert sandbox.ask("GET", path)["workers"]["max"] == 5
    sandbox.clock.forward(hours=2)
    assert sandbox.ask("GET", path)["workers"] == {"min": 2, "max": 2, "idleTimeout": 5}
    assert endpoint.workers() == {"idle": 2}
    sandbox.clock.forward(hours=4 * DAYS)

    assert sandbox.ask("GET", path)["workers"] == {"min": 0, "max": 0, "idleTimeout": 5}
    day = 24 * 3600
    assert sorted(endpoint.billed_seconds()) == [3 * day, 7 * day, 7 * day]
    job = endpoint.run()
    sandbox.clock.forward(hours=1)
    assert endpoint.status(job)["status"] == "IN_QUEUE"
    endpoint.update({"workers": {"max": 1}})
    sandbox.clock.forward(minutes=1)
    assert endpoint.status(job)["status"] == "COMPLETED"


def test_an_ended_endpoint_ends_its_workers_and_their_cost(endpoint: Endpoint):
    sandbox = endpoint.sandbox
    job = endpoint.run(chat(25_000))
    sandbox.clock.forward(seconds=10)
    sandbox.ask("DELETE", f"/v2/serverless/{endpoint.id}", status=204)
    sandbox.clock.forward(hours=1)

    assert endpoint.billed_seconds() == [10]
    assert endpoint.call("GET", f"status/{job}").status_code == 404
    records = sandbox.ask("GET", "/v2/billing/serverless?bucketSize=day&lastN=1")["records"]
    assert records[0]["totalAmount"] == 500 - sandbox.balance()


def test_workers_and_jobs_survive_a_restart(start_sandbox: StartSandbox):
    clock = Clock()
    first = start_sandbox(clock)
    endpoint = made(first)
    job = endpoint.run(chat(2500))
    first.stop()
    clock.forward(hours=1)
    again = Endpoint(start_sandbox(clock), endpoint.id)

    assert again.status(job)["status"] == "COMPLETED" or again.truth()["jobs"]
    assert again.billed_seconds() == [2 + 10 + 5]


def test_without_credit_workers_stop(start_sandbox: StartSandbox):
    sandbox = start_sandbox(
        Clock(at(12)), opening_balance_usd=Decimal("0.50"), billing_run_seconds=300
    )
    endpoint = made(sandbox, workers={"min": 1, "max": 1, "idleTimeout": 5})
    sandbox.clock.forward(hours=3)
    endpoint.workers()

    (worker,) = endpoint.truth()["workers"]
    # 0.50 USD last 1,609 s at 1.1187 USD/h; the run after that is at 1,800 s
    assert (worker["billed_seconds"], worker["end_reason"]) == (
        1800,
        "the balance is used up",
    )
    assert endpoint.workers() == {}


def test_the_platform_fee_is_a_line_of_its_own(start_sandbox: StartSandbox):
    sandbox = start_sandbox(serverless_fee_share=Decimal("0.1"))
    endpoint = made(sandbox)
    endpoint.run(chat(250))
    sandbox.clock.forward(hours=1)

    (record,) = sandbox.ask("GET", "/v2/billing/serverless?lastN=1")["records"]

    assert record["feeAmount"] == Decimal("0.000248")
    parts = ("gpuAmount", "cpuAmount", "diskAmount", "feeAmount")
    assert record["totalAmount"] == sum(record[part] for part in parts)
    (everything,) = sandbox.ask("GET", "/v2/billing?lastN=1")["records"]
    assert everything["serverlessFeeAmount"] == record["feeAmount"]
    assert everything["totalAmount"] == record["totalAmount"]


def test_a_volume_with_the_weights_makes_the_next_cold_start_short(
    start_sandbox: StartSandbox,
):
    sandbox = start_sandbox(download_gb_per_second=0.5, volume_gb_per_second=2.0)
    body = {"name": "weights", "size": 100, "dataCenter": "US-KS-2"}
    disk = sandbox.ask("POST", "/v2/network-volumes", body, status=201)["id"]
    endpoint = made(sandbox, networkVolumes=[disk])
    for _ in range(2):
        endpoint.run(chat(250))
        sandbox.clock.forward(minutes=10)
        endpoint.workers()

    # 16 GB: 32 s from the hub, 8 s from the volume; 2 s start, 1 s work, 5 s idle
    assert endpoint.billed_seconds() == [40, 16]
    sandbox.ask("DELETE", f"/v2/network-volumes/{disk}", status=409)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gpu": {"pools": ["NOPE"]}}, "unknown GPU pools"),
        ({"workers": {"min": 4}}, "exceeds workers.max"),
        ({"networkVolumes": ["none"]}, "network volume"),
        (
            {
                "scaling": {"type": "REQUEST_COUNT", "requestCount": 1},
                "workers": {"idleTimeout": 5},
            },
            "idleTimeout",
        ),
        ({"cpu": [{"id": "cpu5c", "vcpuCount": 2}]}, "one of gpu and cpu"),
    ],
)
def test_an_endpoint_against_the_rules_is_refused(sandbox: Sandbox, changes, said):
    body = endpoint_body(**changes)

    problem = sandbox.ask("POST", "/v2/serverless", body, status=400)

    assert said in problem["detail"]
    assert sandbox.ask("GET", "/v2/serverless")["endpoints"] == []


def test_a_change_names_only_what_it_changes(endpoint: Endpoint):
    before = endpoint.sandbox.ask("GET", f"/v2/serverless/{endpoint.id}")

    after = endpoint.update({"workers": {"max": 7}, "env": {"MODEL_NAME": "a/B-1B"}})

    assert after["workers"] == {"min": 0, "max": 7, "idleTimeout": 5}
    assert after["gpu"] == before["gpu"]
    endpoint.update({"workers": {"min": 8}}, status=400)
    endpoint.update({"bogus": 1}, status=422)
    assert endpoint.sandbox.ask("GET", f"/v2/serverless/{endpoint.id}") == after


def test_a_worker_that_runs_old_settings_is_stale(endpoint: Endpoint):
    endpoint.run()
    endpoint.update({"env": {"MODEL_NAME": "a/B-1B"}})

    told = endpoint.sandbox.ask("GET", f"/v2/serverless/{endpoint.id}/workers")

    assert told["endpointVersion"] == 2
    assert [(item["version"], item["isStale"]) for item in told["workers"]] == [(1, True)]


def test_runsync_waits_for_its_result(endpoint: Endpoint):
    answers: list[Any] = []
    asking = threading.Thread(
        target=lambda: answers.append(
            endpoint.call("POST", "runsync?wait=10000", {"input": chat(250)}).json()
        )
    )
    asking.start()
    wait_for(lambda: endpoint.workers())
    endpoint.sandbox.clock.forward(seconds=3)
    asking.join(10)

    assert answers[0]["status"] == "COMPLETED"
