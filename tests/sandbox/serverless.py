"""A serverless endpoint of the sandbox and its jobs, for the tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from tests.sandbox.harness import KEY, Sandbox

HEADERS = {"Authorization": f"Bearer {KEY}"}
USD_PER_HOUR = "1.116"  # an RTX 4090 as a worker


def endpoint_body(name: str = "chat", **changes: Any) -> dict[str, Any]:
    """A create body; a change to None takes a field out."""
    body: dict[str, Any] = {
        "name": name,
        "image": "runpod/worker-v1-vllm:v2.7.0",
        "type": "QUEUE",
        "scaling": {"type": "QUEUE_DELAY", "queueDelay": 4},
        "gpu": {"pools": ["ADA_24"], "count": 1},
        "workers": {"min": 0, "max": 3, "idleTimeout": 5},
        "disk": 20,
        "env": {"MODEL_NAME": "meta-llama/Llama-3.1-8B-Instruct"},
    }
    return {key: value for key, value in (body | changes).items() if value is not None}


def chat(tokens: int = 250) -> dict[str, Any]:
    """A job's input; a replay makes 250 tokens a second."""
    messages = [{"role": "user", "content": "hello"}]
    return {"messages": messages, "sampling_params": {"max_tokens": tokens}}


@dataclass
class Endpoint:
    """An endpoint with a cold start of 2 s."""

    sandbox: Sandbox
    id: str

    def call(self, method: str, path: str, body: Any = None) -> requests.Response:
        url = f"{self.sandbox.url}/v2/{self.id}/{path}"
        return self.sandbox.http.request(
            method, url, json=body, headers=HEADERS, timeout=20
        )

    def run(self, given: Any = None) -> str:
        """The id of a new job."""
        answer = self.call("POST", "run", {"input": given or chat()})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def status(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", f"status/{job_id}").json()
        return found

    def health(self) -> dict[str, Any]:
        found: dict[str, Any] = self.call("GET", "health").json()
        return found

    def workers(self) -> dict[str, int]:
        """Workers by status, without the zeros, as the contract's route tells them."""
        told = self.sandbox.ask("GET", f"/v2/serverless/{self.id}/workers")["summary"]
        return {name: count for name, count in told.items() if count and name != "total"}

    def truth(self) -> dict[str, Any]:
        found = self.sandbox.ask("GET", "/sandbox/truth")["serverless"]
        return next(item for item in found if item["id"] == self.id)

    def billed_seconds(self) -> list[int]:
        """Of each worker there was."""
        return [worker["billed_seconds"] for worker in self.truth()["workers"]]

    def update(self, body: dict[str, Any], status: int = 200) -> Any:
        return self.sandbox.ask("PATCH", f"/v2/serverless/{self.id}", body, status=status)


def made(sandbox: Sandbox, **changes: Any) -> Endpoint:
    body = endpoint_body(**changes)
    answer = sandbox.ask("POST", "/v2/serverless", body, status=201)
    return Endpoint(sandbox, answer["id"])
