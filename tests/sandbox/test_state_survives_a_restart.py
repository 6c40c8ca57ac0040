from decimal import Decimal

from tests.clock import Clock
from tests.sandbox.conftest import StartSandbox


def test_pods_volumes_and_money_survive_and_billing_runs_through_the_gap(
    start_sandbox: StartSandbox,
):
    clock = Clock()
    first = start_sandbox(clock)
    pod = first.serving(disk=None)
    first.chat(pod["id"], "hello")
    body = {"name": "weights", "size": 10, "dataCenter": "US-KS-2"}
    first.ask("POST", "/v2/network-volumes", body, status=201)
    ended = first.create("ended")
    first.act(ended["id"], "terminate")
    created = clock.now.timestamp()
    first.stop()
    clock.forward(hours=2)

    second = start_sandbox(clock)

    assert second.pod(pod["id"])["status"] == "RUNNING"
    assert second.pod(pod["id"])["createdAt"] == pod["createdAt"]
    assert len(second.ask("GET", "/v2/network-volumes")["networkVolumes"]) == 1
    truth = second.truth(pod["id"])
    assert truth["alive_seconds"] == 7202
    assert Decimal(truth["charge_usd"]["gpu"]) > Decimal("1.48")
    assert truth["tokens"]["completion"] == 3
    assert second.truth(ended["id"])["status"] == "TERMINATED"
    assert second.ask("GET", "/sandbox/truth")["create_attempts"]["total"] == 3
    assert clock.now.timestamp() - created == 7200


def test_engines_start_anew_with_fresh_counters(start_sandbox: StartSandbox):
    clock = Clock()
    first = start_sandbox(clock)
    pod = first.serving()
    first.chat(pod["id"], "hello")
    first.stop()
    second = start_sandbox(clock)
    second.pod(pod["id"])
    clock.forward(seconds=1)

    text = second.engine(pod["id"], "GET", "/metrics").text

    assert "vllm:generation_tokens_total" in text
    assert 'vllm:generation_tokens_total{engine="0",model_name="llama-3.1-8b"} 0.0' in text
    second.chat(pod["id"], "hello again")
    assert second.truth(pod["id"])["tokens"]["completion"] == 6


def test_credit_that_ran_out_during_the_gap_ended_the_pod_then(start_sandbox: StartSandbox):
    clock = Clock()
    first = start_sandbox(
        clock, opening_balance_usd=Decimal("0.74"), billing_run_seconds=300
    )
    pod = first.create(disk=None)
    first.stop()
    clock.forward(hours=48)

    second = start_sandbox(clock, billing_run_seconds=300)

    assert second.ask("GET", "/v2/pods") == {"pods": []}
    assert second.truth(pod["id"])["alive_seconds"] == 3600
    assert -1 < second.balance() <= 0


def test_a_pod_is_on_disk_before_its_create_is_answered(start_sandbox: StartSandbox):
    sandbox = start_sandbox()

    pod = sandbox.create()

    assert (sandbox.settings.state_dir / "pods" / f"{pod['id']}.json").exists()
