"""A sandbox on a loopback port inside the test process, with a clock moved by hand."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
import uvicorn

from fleet.sandbox.app import create_app
from fleet.sandbox.settings import SandboxSettings
from tests.clock import Clock
from tests.sandbox import contract

KEY = "sandbox-key"
ENGINE_KEY = "sk-engine"
ARGS = (
    "--model meta-llama/Llama-3.1-8B-Instruct --served-model-name llama-3.1-8b "
    f"--tensor-parallel-size 1 --api-key {ENGINE_KEY} --enable-prefix-caching "
    "--enable-prompt-tokens-details --max-model-len 8192"
)
START_SECONDS = 10.0


def pod_body(name: str = "kerne-test-a-1", **changes: Any) -> dict[str, Any]:
    """A create body such as the console sends; a change to None takes a field out."""
    body: dict[str, Any] = {
        "name": name,
        "image": "vllm/vllm-openai:v0.32.0",
        "args": ARGS,
        "gpu": {"id": "NVIDIA GeForce RTX 4090", "count": 1},
        "disk": 40,
        "ports": ["8000/http"],
        "env": {"KERNE_SANDBOX_ENGINE": "replay"},
        "cloud": "SECURE",
    }
    return {key: value for key, value in (body | changes).items() if value is not None}


def wait_for(condition: Callable[[], Any], seconds: float = START_SECONDS) -> Any:
    """The first true result of `condition`; an error when none comes in time."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while time.monotonic() < deadline:
        if result := condition():
            return result
        pause.wait(0.02)
    raise AssertionError(f"nothing came in {seconds} s")


@dataclass
class Sandbox:
    """The running sandbox and ways to talk to it; answers are held to the contract."""

    settings: SandboxSettings
    clock: Clock
    url: str = ""
    _thread: threading.Thread | None = None
    _end: Callable[[], None] | None = None
    http: requests.Session = field(default_factory=requests.Session)

    def start(self) -> Sandbox:
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve()), daemon=True
        )
        self._thread.start()
        wait_for(lambda: self.url)
        return self

    def stop(self) -> None:
        self.http.close()
        if self._end is not None and self._thread is not None:
            self._end()
            self._thread.join(START_SECONDS)
            self._end = None

    async def _serve(self) -> None:
        """uvicorn without its main loop, whose ticks of 0.1 s would add up over tests."""
        app = create_app(self.settings, clock=self.clock)
        config = uvicorn.Config(
            app, port=0, log_level="error", timeout_graceful_shutdown=1, ws="none"
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        end, loop = asyncio.Event(), asyncio.get_running_loop()
        self._end = lambda: loop.call_soon_threadsafe(end.set)  # type: ignore[assignment]
        await server.startup()
        port = server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        await end.wait()
        await server.shutdown()

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = KEY,
        **more: Any,
    ) -> requests.Response:
        """One request; an answer under /v2 that breaks the contract is a failed test."""
        headers = {} if key is None else {"Authorization": f"Bearer {key}"}
        headers |= more.pop("headers", {})
        response = self.http.request(
            method, self.url + path, json=body, headers=headers, timeout=20, **more
        )
        if path.startswith("/v2/") and contract.contract_path() and not more.get("stream"):
            given = {name.lower(): value for name, value in response.headers.items()}
            broken = contract.response_violations(
                method, path.partition("?")[0], response.status_code, given, response.text
            )
            assert broken == []
        return response

    def ask(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """The answer's JSON with exact numbers; the status must be the one expected."""
        response = self.send(method, path, body)
        assert response.status_code == status, response.text
        return json.loads(response.text, parse_float=Decimal) if response.text else None

    def create(self, name: str = "kerne-test-a-1", **changes: Any) -> dict[str, Any]:
        """A new pod, PROVISIONING."""
        made: dict[str, Any] = self.ask(
            "POST", "/v2/pods", pod_body(name, **changes), status=201
        )
        return made

    def serving(self, name: str = "kerne-test-a-1", **changes: Any) -> dict[str, Any]:
        """A new pod whose replay engine answers."""
        pod = self.create(name, **changes)
        self.clock.forward(seconds=self.settings.provisioning_seconds)
        self.pod(pod["id"])  # the engine begins to load when somebody looks
        self.clock.forward(
            seconds=self.settings.starting_seconds + self.settings.replay_load_seconds
        )
        return self.pod(pod["id"])

    def pod(self, pod_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/v2/pods/{pod_id}")
        return found

    def act(self, pod_id: str, action: str) -> Any:
        status = 204 if action == "terminate" else 200
        return self.ask(
            "POST", f"/v2/pods/{pod_id}/action", {"action": action}, status=status
        )

    def order(self, *faults: dict[str, Any]) -> None:
        self.ask("POST", "/sandbox/faults", list(faults), status=201)

    def truth(self, pod_id: str) -> dict[str, Any]:
        """What the sandbox knows of one pod."""
        pods = self.ask("GET", "/sandbox/truth")["pods"]
        return next(pod for pod in pods if pod["id"] == pod_id)

    def balance(self) -> Decimal:
        query = {"query": "{ myself { clientBalance } }"}
        answer = self.ask("POST", "/graphql", query)
        return Decimal(answer["data"]["myself"]["clientBalance"])

    def engine(self, pod_id: str, method: str, path: str, **more: Any) -> requests.Response:
        """A request to the pod's port through the proxy, with the engine's key."""
        headers = {"Authorization": f"Bearer {ENGINE_KEY}"} | more.pop("headers", {})
        url = f"{self.url}/proxy/{pod_id}/8000{path}"
        return self.http.request(method, url, headers=headers, timeout=20, **more)

    def chat(self, pod_id: str, content: str, **more: Any) -> dict[str, Any]:
        """The usage of one chat."""
        body = {
            "model": "llama-3.1-8b",
            "messages": [{"role": "user", "content": content}],
            "max_tokens": 3,
        }
        response = self.engine(pod_id, "POST", "/v1/chat/completions", json=body | more)
        assert response.status_code == 200, response.text
        if not more.get("stream"):
            used: dict[str, Any] = response.json()["usage"]
            return used
        lines = [
            line[6:] for line in response.text.splitlines() if line.startswith("data: ")
        ]
        assert lines[-1] == "[DONE]"
        last: dict[str, Any] = json.loads(lines[-2])["usage"]
        return last


def settings_for(folder: Path, **changes: Any) -> SandboxSettings:
    """Short delays, money at once, and time that passes only by the clock."""
    chosen: dict[str, Any] = {
        "state_dir": folder,
        "engine": "replay",
        "billing_run_seconds": 0,
        "tick_seconds": 0,
    }
    return SandboxSettings(**chosen | changes)
