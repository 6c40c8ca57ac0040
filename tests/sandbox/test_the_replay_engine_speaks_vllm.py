import json
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fleet.sandbox.demand import demand_between, parse_demand
from fleet.sandbox.engines.command import parse_command
from fleet.sandbox.engines.exposition import read_tokens
from tests.sandbox.harness import ARGS, Sandbox

RECORDING = Path(__file__).parents[1] / "recordings" / "vllm_0_32_metrics.txt"
DEMAND = (
    "prompt_tokens_per_hour=7200000,cached_share=0.4,completion_tokens_per_hour=1800000"
)
LONG = "one shared beginning of more than a block of thirty-two tokens; "


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_usage_adds_up_to_the_counters_and_to_the_truth(sandbox: Sandbox):
    pod = sandbox.serving()
    used = [
        sandbox.chat(pod["id"], LONG + "first"),
        sandbox.chat(pod["id"], LONG + "second", max_tokens=7),
        sandbox.chat(
            pod["id"],
            LONG + "third",
            stream=True,
            stream_options={"include_usage": True},
        ),
    ]

    metrics = read_tokens(sandbox.engine(pod["id"], "GET", "/metrics").text)

    cached = [use["prompt_tokens_details"]["cached_tokens"] for use in used]
    assert cached == [0, 64, 64]
    assert metrics.prompt == sum(use["prompt_tokens"] for use in used)
    assert metrics.cached_prompt == sum(cached)
    assert metrics.completion == sum(use["completion_tokens"] for use in used) == 13
    assert sandbox.truth(pod["id"])["tokens"] == {
        "uncached_prompt": metrics.uncached_prompt,
        "cached_prompt": metrics.cached_prompt,
        "completion": metrics.completion,
    }


def test_the_truth_keeps_the_tokens_of_a_terminated_pod(sandbox: Sandbox):
    pod = sandbox.serving()
    sandbox.chat(pod["id"], "hello")
    sandbox.act(pod["id"], "terminate")

    assert sandbox.truth(pod["id"])["tokens"]["completion"] == 3


def test_background_counters_are_the_demand_however_often_they_are_read(sandbox: Sandbox):
    env = {"KERNE_SANDBOX_ENGINE": "replay", "KERNE_REPLAY_DEMAND": DEMAND}
    pod = sandbox.create(env=env)
    sandbox.clock.forward(seconds=1)
    sandbox.pod(pod["id"])  # STARTING: the engine loads for half a second from now
    ready = sandbox.clock.now + timedelta(seconds=0.5)
    for _ in range(5):
        sandbox.clock.forward(seconds=777)
        sandbox.engine(pod["id"], "GET", "/metrics")

    counted = read_tokens(sandbox.engine(pod["id"], "GET", "/metrics").text)

    assert counted == demand_between(ready, sandbox.clock.now, parse_demand(DEMAND))


def test_the_exposition_has_the_names_and_labels_of_a_recorded_one(sandbox: Sandbox):
    pod = sandbox.serving()
    ours = samples(sandbox.engine(pod["id"], "GET", "/metrics").text)
    recorded = samples(RECORDING.read_text())

    def shapes(found):
        return {
            (name, frozenset(key for key, _ in labels), dict(labels).get("source"))
            for name, labels in found
            if not name.endswith("_bucket")
        }

    assert shapes(ours) <= shapes(recorded)


def test_the_parts_of_the_exposition_agree(sandbox: Sandbox):
    env = {"KERNE_SANDBOX_ENGINE": "replay", "KERNE_REPLAY_DEMAND": DEMAND}
    pod = sandbox.serving(env=env)
    sandbox.clock.forward(seconds=3600)
    found = samples(sandbox.engine(pod["id"], "GET", "/metrics").text)

    def value(name: str, **labels: str) -> float:
        return sum(
            number
            for (sample, given), number in found.items()
            if sample == name and labels.items() <= dict(given).items()
        )

    by_source = "vllm:prompt_tokens_by_source_total"
    assert value("vllm:prompt_tokens_total") == value(by_source)
    assert value("vllm:prompt_tokens_cached_total") == value(
        by_source, source="local_cache_hit"
    )
    assert value("vllm:iteration_tokens_total_sum") == value(
        "vllm:generation_tokens_total"
    ) + value(by_source, source="local_compute")
    assert value("vllm:request_success_total") == value(
        "vllm:e2e_request_latency_seconds_count"
    )
    assert 0 < value("vllm:kv_cache_usage_perc") <= 1
    assert value("vllm:num_requests_running") >= 1
    assert value("vllm:iteration_tokens_total_count") > 0


def test_the_engines_key_guards_v1_and_nothing_else(sandbox: Sandbox):
    pod = sandbox.serving()
    wrong = {"Authorization": "Bearer wrong"}

    def status(path: str) -> int:
        return sandbox.engine(pod["id"], "GET", path, headers=wrong).status_code

    assert [status("/health"), status("/metrics"), status("/version")] == [200] * 3
    assert status("/v1/models") == 401
    assert (
        sandbox.engine(pod["id"], "GET", "/v1/models").json()["data"][0]["id"]
        == "llama-3.1-8b"
    )


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (
            {"model": "other", "messages": [{"role": "user", "content": "x"}]},
            404,
            "does not exist",
        ),
        ({"messages": []}, 400, "at least one message"),
        ({"messages": [{"role": "user"}]}, 400, "a text is required"),
        (
            {"messages": [{"role": "user", "content": "x"}], "max_tokens": 0},
            400,
            "at least 1",
        ),
        (
            {"messages": [{"role": "user", "content": "x" * 9000}]},
            400,
            "maximum context length",
        ),
        ([], 400, "JSON object"),
    ],
)
def test_a_chat_vllm_would_refuse_is_refused_and_not_counted(sandbox, body, status, told):
    pod = sandbox.serving()

    response = sandbox.engine(pod["id"], "POST", "/v1/chat/completions", json=body)

    assert response.status_code == status
    assert told in response.json()["error"]["message"]
    assert sandbox.truth(pod["id"])["tokens"]["uncached_prompt"] == 0


def test_a_stream_arrives_in_pieces(sandbox: Sandbox):
    pod = sandbox.serving()
    body = {
        "messages": [{"role": "user", "content": "x"}],
        "max_tokens": 40,
        "stream": True,
    }

    with sandbox.engine(
        pod["id"], "POST", "/v1/chat/completions", json=body, stream=True
    ) as response:
        chunks = list(response.iter_content(None))

    assert len(chunks) > 10
    text = b"".join(chunks).decode()
    assert text.endswith("data: [DONE]\n\n")
    last = json.loads(text.split("\n\n")[-3].removeprefix("data: "))
    assert last["choices"][0]["finish_reason"] == "length"


def test_a_command_line_is_read_for_what_matters():
    command = parse_command(ARGS + " --port 9000 --no-enable-prefix-caching", {})

    assert command.served_names == ("llama-3.1-8b",)
    assert (command.api_key, command.port) == ("sk-engine", 9000)
    assert (command.prefix_caching, command.prompt_tokens_details) == (False, True)
    assert parse_command("serve org/model --quantization=fp8", {}).served_names == (
        "org/model",
    )
    assert parse_command("", {"VLLM_API_KEY": "k"}).api_key == "k"


@pytest.mark.parametrize(
    "args", ["--model 'open", "--max-model-len 8k", "--api-key", "--port 0"]
)
def test_a_command_line_vllm_cannot_start_with_ends_the_container(sandbox: Sandbox, args):
    pod = sandbox.create(args=args)
    sandbox.clock.forward(seconds=2)

    assert sandbox.pod(pod["id"])["status"] == "EXITED"


def test_without_prompt_tokens_details_usage_does_not_tell_cached_tokens(sandbox: Sandbox):
    pod = sandbox.serving(args="--served-model-name llama-3.1-8b --api-key sk-engine")

    assert sandbox.chat(pod["id"], "hello")["prompt_tokens_details"] is None
