import time

import pytest
import requests

from tests.sandbox.conftest import StartSandbox
from tests.sandbox.harness import Sandbox, pod_body


def names(sandbox: Sandbox) -> list[str]:
    return [pod["name"] for pod in sandbox.ask("GET", "/v2/pods")["pods"]]


def test_a_lost_response_comes_after_the_pod_was_rented(sandbox: Sandbox):
    sandbox.order({"kind": "lost_response", "pod": "kerne-*"})

    with pytest.raises(requests.ConnectionError):
        sandbox.create("kerne-a")

    assert names(sandbox) == ["kerne-a"]
    assert sandbox.ask("GET", "/sandbox/truth")["create_attempts"]["by_name"] == {
        "kerne-a": 1
    }
    sandbox.create("kerne-b")


@pytest.mark.parametrize(
    ("kind", "status"), [("no_capacity", 400), ("low_balance", 402), ("forbidden", 403)]
)
def test_a_refusal_rents_nothing_and_ends_after_its_times(sandbox: Sandbox, kind, status):
    sandbox.order({"kind": kind, "times": 2, "params": {"detail": "as ordered"}})

    for _ in range(2):
        problem = sandbox.ask("POST", "/v2/pods", pod_body(), status=status)
        assert problem["detail"] == "as ordered"

    assert names(sandbox) == []
    sandbox.create()


def test_a_rate_limit_tells_when_to_come_back(sandbox: Sandbox):
    sandbox.order(
        {"kind": "rate_limited", "operation": "listPods", "params": {"retry_after": 7}}
    )
    sandbox.create()

    response = sandbox.send("GET", "/v2/pods")

    assert (response.status_code, response.headers["Retry-After"]) == (429, "7")
    assert len(names(sandbox)) == 1


@pytest.mark.parametrize(("when", "rented"), [("before", 0), ("after", 1)])
def test_a_server_error_may_come_before_or_after_the_effect(sandbox: Sandbox, when, rented):
    params = {"when": when, "status": 503}
    sandbox.order({"kind": "server_error", "operation": "createPod", "params": params})

    sandbox.ask("POST", "/v2/pods", pod_body(), status=503)

    assert len(names(sandbox)) == rented


@pytest.mark.parametrize(("when", "rented"), [("before", 0), ("after", 1)])
def test_a_slow_answer_may_be_slow_before_or_after_the_effect(
    sandbox: Sandbox, when, rented
):
    params = {"seconds": 0.6, "when": when}
    sandbox.order({"kind": "slow", "operation": "createPod", "params": params})
    headers = {"Authorization": "Bearer sandbox-key"}

    with pytest.raises(requests.Timeout):
        requests.post(
            f"{sandbox.url}/v2/pods", json=pod_body(), headers=headers, timeout=0.2
        )

    assert len(names(sandbox)) == rented


def test_a_slow_answer_takes_its_seconds(sandbox: Sandbox):
    sandbox.order({"kind": "slow", "operation": "*", "params": {"seconds": 0.3}})
    started = time.monotonic()

    names(sandbox)

    assert time.monotonic() - started >= 0.3


def test_a_lagging_list_hides_young_pods_which_exist_all_the_same(sandbox: Sandbox):
    sandbox.order({"kind": "list_lag", "times": None, "params": {"seconds": 8}})
    pod = sandbox.create()

    assert names(sandbox) == []
    assert sandbox.pod(pod["id"])["id"] == pod["id"]
    sandbox.clock.forward(seconds=8)
    assert names(sandbox) == [pod["name"]]


def test_a_pod_that_vanishes_is_gone_and_no_longer_billed(sandbox: Sandbox):
    sandbox.order({"kind": "vanish", "pod": "victim", "params": {"after_seconds": 30}})
    victim, other = sandbox.create("victim"), sandbox.create("other")
    assert names(sandbox) == ["victim", "other"]

    sandbox.clock.forward(seconds=30)

    assert names(sandbox) == ["other"]
    sandbox.clock.forward(seconds=30)
    assert sandbox.truth(victim["id"])["alive_seconds"] == 30
    assert sandbox.truth(other["id"])["alive_seconds"] == 60


@pytest.mark.parametrize(
    ("kind", "status", "billed"), [("error", "ERROR", 1), ("exit", "EXITED", 0)]
)
def test_a_container_may_fail_or_exit(sandbox: Sandbox, kind, status, billed):
    pod = sandbox.serving()
    sandbox.order({"kind": kind})

    shown = sandbox.pod(pod["id"])

    assert shown["status"] == status
    assert (shown["cost"] > 0) == bool(billed)
    assert sandbox.engine(pod["id"], "GET", "/health").status_code == 502


def test_a_stuck_pod_is_billed_and_never_starts(sandbox: Sandbox):
    sandbox.order({"kind": "stuck"})
    pod = sandbox.create()

    sandbox.clock.forward(hours=1)

    assert sandbox.pod(pod["id"])["status"] == "PROVISIONING"
    assert float(sandbox.truth(pod["id"])["charge_usd"]["gpu"]) == 0.74


def test_price_drift_makes_cost_differ_from_the_catalog(sandbox: Sandbox):
    sandbox.order({"kind": "price_drift", "params": {"factor": "1.5"}})

    assert float(sandbox.create()["cost"]) == 1.11
    assert float(sandbox.create()["cost"]) == 0.74


def counters(sandbox: Sandbox, pod_id: str) -> dict[str, float]:
    text = sandbox.engine(pod_id, "GET", "/metrics").text
    rows = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name.partition("{")[0]: float(value) for name, _, value in rows}


DEMAND = {
    "KERNE_SANDBOX_ENGINE": "replay",
    "KERNE_REPLAY_DEMAND": "prompt_tokens_per_hour=9000000,"
    "completion_tokens_per_hour=3600000",
}


def test_a_hung_engine_is_healthy_with_frozen_counters_and_work_pending(sandbox: Sandbox):
    pod = sandbox.serving(env=DEMAND)
    sandbox.clock.forward(seconds=30)
    sandbox.order({"kind": "hang"})
    sandbox.pod(pod["id"])
    before = counters(sandbox, pod["id"])

    sandbox.clock.forward(seconds=300)

    after = counters(sandbox, pod["id"])
    assert sandbox.engine(pod["id"], "GET", "/health").status_code == 200
    assert after == before
    assert after["vllm:num_requests_running"] >= 1
    assert after["vllm:generation_tokens_total"] > 0


def test_a_chat_with_a_hung_engine_is_cut_by_the_proxy(start_sandbox: StartSandbox):
    sandbox = start_sandbox(proxy_silence_seconds=0.2)
    pod = sandbox.serving()
    sandbox.order({"kind": "hang"})
    sandbox.pod(pod["id"])

    body = {"messages": [{"role": "user", "content": "hello"}]}
    assert (
        sandbox.engine(pod["id"], "POST", "/v1/chat/completions", json=body).status_code
        == 524
    )


def test_a_counter_reset_is_seen_in_the_process_start_and_the_truth_forgets_nothing(
    sandbox: Sandbox,
):
    pod = sandbox.serving()
    sandbox.chat(pod["id"], "before the reset")
    before = counters(sandbox, pod["id"])
    sandbox.clock.forward(seconds=5)
    sandbox.order({"kind": "counter_reset"})
    sandbox.pod(pod["id"])
    sandbox.clock.forward(seconds=5)

    after = counters(sandbox, pod["id"])

    assert after["vllm:generation_tokens_total"] == 0
    assert after["process_start_time_seconds"] > before["process_start_time_seconds"]
    sandbox.chat(pod["id"], "after the reset")
    assert sandbox.truth(pod["id"])["tokens"]["completion"] == 6
    assert sandbox.truth(pod["id"])["engine_starts"] == 2


def test_metrics_may_be_huge_or_a_page_or_unreachable_and_recover(sandbox: Sandbox):
    pod = sandbox.serving()
    sandbox.order(
        {"kind": "metrics_huge"}, {"kind": "metrics_html"}, {"kind": "engine_down"}
    )

    first, second, third, fourth = (
        sandbox.engine(pod["id"], "GET", "/metrics") for _ in range(4)
    )

    assert first.status_code == 502
    assert len(second.content) == 5_000_000
    assert third.headers["content-type"].startswith("text/html")
    assert fourth.text.startswith("# HELP")


def test_faults_are_shown_and_withdrawn(sandbox: Sandbox):
    sandbox.order({"kind": "forbidden"}, {"kind": "vanish", "times": None})
    shown = sandbox.ask("GET", "/sandbox/faults")["faults"]
    assert [(fault["id"], fault["spent"]) for fault in shown] == [
        ("fault-1", False),
        ("fault-2", False),
    ]

    sandbox.ask("DELETE", "/sandbox/faults/fault-1", status=204)
    assert len(sandbox.ask("GET", "/sandbox/faults")["faults"]) == 1
    sandbox.ask("DELETE", "/sandbox/faults", status=204)
    assert sandbox.ask("GET", "/sandbox/faults") == {"faults": []}
    sandbox.ask("DELETE", "/sandbox/faults/fault-1", status=404)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "meteor"}, "is not one of"),
        ({}, "missing property 'kind'"),
        ("forbidden", "want object"),
        ({"kind": "slow"}, "missing property 'seconds'"),
        ({"kind": "slow", "params": {"seconds": -1}}, "must be >= 0"),
        ({"kind": "slow", "params": {"seconds": 1, "hurry": 1}}, "'hurry' not allowed"),
        ({"kind": "vanish", "operation": "getPod"}, "takes no operation"),
        ({"kind": "forbidden", "operation": "fly"}, "is not one of"),
        ({"kind": "forbidden", "times": 0}, "must be >= 1"),
        ({"kind": "price_drift", "params": {"factor": 1.5}}, "want a text"),
        ({"kind": "price_drift", "params": {"factor": "free"}}, "want a text"),
        ({"kind": "forbidden", "params": []}, "want object"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_with_a_sentence_and_none_is_added(
    sandbox: Sandbox, fault, told
):
    faults = [{"kind": "forbidden"}, fault]

    problem = sandbox.ask("POST", "/sandbox/faults", faults, status=422)

    assert any(told in error for error in problem["errors"])
    assert sandbox.ask("GET", "/sandbox/faults") == {"faults": []}
