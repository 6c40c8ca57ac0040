"""The queue and the OpenAI route, as the documentation of RunPod's vLLM worker has them."""

import json
from typing import Any

import pytest

from tests.sandbox.conftest import StartSandbox
from tests.sandbox.serverless import Endpoint, chat, made

MODEL = "meta-llama/Llama-3.1-8B-Instruct"
MESSAGES = [{"role": "user", "content": "hello"}]


@pytest.fixture
def warm(start_sandbox: StartSandbox) -> Endpoint:
    """An endpoint whose worker is there; jobs of no length are done at once."""
    sandbox = start_sandbox(serverless_cold_start_seconds=0.0)
    return made(sandbox, workers={"min": 1, "max": 3, "idleTimeout": 5})


def finished(endpoint: Endpoint, given: Any) -> dict[str, Any]:
    job = endpoint.run(given)
    endpoint.sandbox.clock.forward(seconds=60)
    return endpoint.status(job)


def test_the_openai_input_of_a_job_gives_the_engines_own_answer(warm: Endpoint):
    body = {"model": MODEL, "messages": MESSAGES, "max_tokens": 3}

    done = finished(warm, {"openai_route": "/v1/chat/completions", "openai_input": body})

    (answer,) = done["output"]
    assert answer["object"] == "chat.completion"
    assert answer["usage"]["completion_tokens"] == 3


def test_the_openai_route_lists_models_and_tells_a_refusal(warm: Endpoint):
    models = warm.call("GET", "openai/v1/models").json()
    refused = warm.call(
        "POST", "openai/v1/chat/completions", {"model": "other", "messages": MESSAGES}
    )

    assert [model["id"] for model in models["data"]] == [MODEL]
    assert refused.status_code == 400
    assert "`other` does not exist" in refused.json()["error"]["message"]


def test_the_served_name_may_be_another(start_sandbox: StartSandbox):
    env = {"MODEL_NAME": MODEL, "OPENAI_SERVED_MODEL_NAME_OVERRIDE": "llama"}
    sandbox = start_sandbox(serverless_cold_start_seconds=0.0)
    endpoint = made(sandbox, env=env)

    models = endpoint.call("GET", "openai/v1/models").json()

    assert [model["id"] for model in models["data"]] == ["llama"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "messages"),
        ({"messages": []}, "messages"),
        ({"prompt": "x", "sampling_params": {"max_tokens": 0}}, "max_tokens"),
        ({"openai_route": "/v1/embeddings"}, "openai_route"),
        ([], "input"),
    ],
)
def test_a_bad_job_fails_with_a_sentence_and_is_counted(warm: Endpoint, given, said):
    answer = warm.call("POST", "run", {"input": given})
    warm.sandbox.clock.forward(seconds=1)

    done = warm.status(answer.json()["id"])

    assert done["status"] == "FAILED"
    assert said in done["error"]
    assert warm.health()["jobs"]["failed"] == 1


def test_a_job_over_the_timeout_of_its_endpoint_is_cut(warm: Endpoint):
    warm.update({"timeout": 2000})

    done = finished(warm, chat(2500))

    assert done["status"] == "TIMED_OUT"
    assert warm.truth()["tokens"]["completion"] == 0


def test_cancel_and_purge_free_the_queue(warm: Endpoint):
    running = warm.run(chat(25_000))
    waiting = [warm.run() for _ in range(3)]
    assert warm.health()["jobs"]["inQueue"] == 3

    assert warm.call("POST", "purge-queue").json() == {"removed": 3, "status": "completed"}
    assert warm.status(waiting[0])["status"] == "CANCELLED"
    assert warm.status(running)["status"] == "IN_PROGRESS"
    assert warm.call("POST", f"cancel/{running}").json()["status"] == "CANCELLED"
    assert warm.health()["workers"]["idle"] == 1


def test_a_stream_ends_with_its_usage(warm: Endpoint):
    body = {"model": MODEL, "messages": MESSAGES, "max_tokens": 1, "stream": True}
    warm.sandbox.clock.forward(seconds=1)
    answer = _while_time_passes(warm, body)

    lines = [line[6:] for line in answer.splitlines() if line.startswith("data: ")]

    assert lines[-1] == "[DONE]"
    assert json.loads(lines[-2])["usage"]["completion_tokens"] == 1


def _while_time_passes(endpoint: Endpoint, body: dict[str, Any]) -> str:
    import threading

    texts: list[str] = []
    asking = threading.Thread(
        target=lambda: texts.append(
            endpoint.call("POST", "openai/v1/chat/completions", body).text
        )
    )
    asking.start()
    while asking.is_alive():
        endpoint.sandbox.clock.forward(seconds=1)
        asking.join(0.05)
    return texts[0]


@pytest.mark.parametrize("raw", ["", "[]", '{"prompt": "x"}'])
def test_a_body_without_input_is_refused(warm: Endpoint, raw):
    url = f"{warm.sandbox.url}/v2/{warm.id}/run"
    headers = {"Authorization": "Bearer k"}

    assert warm.sandbox.http.post(url, data=raw, headers=headers).status_code == 400


def test_an_unknown_endpoint_or_job_is_not_found(warm: Endpoint):
    assert warm.call("GET", "status/none").status_code == 404
    assert Endpoint(warm.sandbox, "none").call("GET", "health").status_code == 404
