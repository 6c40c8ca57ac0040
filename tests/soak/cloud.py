"""The sandbox inside the test's own process: no sockets, and time only by the clock."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from starlette.types import Message

from fleet.models import Pod
from fleet.providers.base import Balance
from fleet.providers.runpod import RunPodProvider
from fleet.providers.sandbox_spot import SpotMarketProvider
from fleet.sandbox.app import create_app
from fleet.sandbox.pods import Pod as CloudsPod
from fleet.sandbox.settings import SandboxSettings
from fleet.vllm.client import ProbeResult
from fleet.vllm.health import Miss
from fleet.vllm.metrics import EngineCounters, MetricsRejected, parse
from tests.clock import Clock

ADDRESS = "http://127.0.0.1:1"  # nothing listens there: a request that got out would fail
KEY = "sandbox-key"
MAIN, MARKET = "sandbox", "spotmarket"
PREFIXES = {MAIN: "", MARKET: "/spot"}  # of the routes of each account
REQUEST_SECONDS = 0.3  # that a request to the cloud takes by the clock

Reach = Callable[[str], None]


class InProcessCloud:
    """The sandbox's ASGI app, asked one request at a time."""

    def __init__(self, settings: SandboxSettings, clock: Clock) -> None:
        self.clock = clock
        self._loop = asyncio.new_event_loop()
        numbers = itertools.count(1)
        self.app = create_app(
            settings,
            clock=clock,
            make_id=lambda: f"pod{next(numbers):06d}",
            sleep=self._sleep,
        )
        self.cloud, self.market = self.app.state.cloud, self.app.state.spot

    async def _sleep(self, seconds: float) -> None:
        self.clock.forward(seconds=seconds)

    def close(self) -> None:
        for account in (self.cloud, self.market):
            self._loop.run_until_complete(account.close())
        self._loop.close()

    def request(
        self, method: str, target: str, headers: dict[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body. ConnectionResetError where the answer is lost."""
        return self._loop.run_until_complete(self._exchange(method, target, headers, body))

    async def _exchange(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(target)
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
            "server": ("127.0.0.1", 1),
        }
        sent = [{"type": "http.request", "body": body, "more_body": False}]
        got: list[Message] = []

        async def receive() -> Message:
            if sent:
                return sent.pop()
            if parts.path.endswith("/logs"):
                await asyncio.sleep(0.005)  # a log stays open until its reader has enough
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            got.append(message)

        await self.app(scope, receive, send)
        start = next(each for each in got if each["type"] == "http.response.start")
        body = b"".join(each.get("body", b"") for each in got)
        return start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, body

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The sandbox's own interface, with exact numbers."""
        raw = b"" if body is None else json.dumps(body).encode()
        status, _, answer = self.request(method, path, bearer(KEY), raw)
        assert status < 300, answer
        return json.loads(answer, parse_float=Decimal) if answer else None

    def truth(self) -> dict[str, Any]:
        """All that the cloud knows, to the last digit; each pod with its account."""
        found: dict[str, Any] = self.ask("GET", "/sandbox/truth")
        pods = {MAIN: found["pods"], MARKET: self.ask("GET", "/spot/sandbox/truth")["pods"]}
        found["pods"] = [
            pod | {"account": name} for name, each in pods.items() for pod in each
        ]
        return found

    def live(self) -> list[CloudsPod]:
        """Pods that exist, at both accounts, as each was last asked."""
        return [*self.cloud.live(), *self.market.live()]


def bearer(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"}


class Wire(BaseAdapter):
    """Carries the provider's requests to the cloud; `reach` may raise at either end.

    A worker that dies on the wire has asked or not, and never learns which.
    """

    def __init__(self, cloud: InProcessCloud, reach: Reach) -> None:
        super().__init__()
        self._cloud = cloud
        self._reach = reach

    def close(self) -> None:
        """Nothing is open."""

    def send(
        self, request: requests.PreparedRequest, *_: Any, timeout: Any = None, **__: Any
    ) -> requests.Response:
        method, clock = str(request.method), self._cloud.clock
        target = str(request.url).removeprefix(ADDRESS)
        body = request.body or b""
        began = clock.now
        clock.forward(seconds=REQUEST_SECONDS)
        self._reach(f"before_{method}")
        try:
            status, headers, content = self._cloud.request(
                method,
                target,
                dict(request.headers),
                body if isinstance(body, bytes) else body.encode(),
            )
        except ConnectionResetError as lost:
            raise requests.ConnectionError("the answer was lost") from lost
        self._reach(f"after_{method}")
        if (clock.now - began).total_seconds() > timeout[1]:
            raise requests.ReadTimeout(f"no answer in {timeout[1]:g} s")
        response = requests.Response()
        response.status_code = status
        response.headers = CaseInsensitiveDict(headers)
        response.raw = BytesIO(content)
        response.url = str(request.url)
        response.request = request
        return response


class WiredProvider(RunPodProvider):
    """The real client over a Wire; only the balance has another way to the cloud."""

    def __init__(self, cloud: InProcessCloud, reach: Reach) -> None:
        super().__init__(
            api_key=KEY,
            name="sandbox",
            base_url=ADDRESS,
            proxy_url=ADDRESS + "/proxy/{pod_id}/{port}",
            transport=Wire(cloud, reach),
        )
        self._cloud = cloud

    def balance(self) -> Balance | None:
        """The package's own client knows only sockets."""
        return balance_of(self._cloud, MAIN)


class WiredMarket(SpotMarketProvider):
    """The same at the spot market."""

    def __init__(self, cloud: InProcessCloud, reach: Reach) -> None:
        super().__init__(
            sandbox_url=ADDRESS, api_key=KEY, name=MARKET, transport=Wire(cloud, reach)
        )
        self._cloud = cloud

    def balance(self) -> Balance | None:
        return balance_of(self._cloud, MARKET)


def balance_of(cloud: InProcessCloud, account: str) -> Balance:
    """What an account says of its balance."""
    query = {"query": "{ myself { clientBalance currentSpendPerHr } }"}
    myself = cloud.ask("POST", f"{PREFIXES[account]}/graphql", query)["data"]["myself"]
    return Balance(Decimal(myself["clientBalance"]), Decimal(myself["currentSpendPerHr"]))


class Probes:
    """Asks engines through the cloud's proxy. /metrics stands for /health too: a third
    of the requests, and the same answer from an engine that is there or is not."""

    def __init__(self, cloud: InProcessCloud) -> None:
        self._cloud = cloud

    def __call__(
        self, pods: Sequence[Pod], *, clock: Callable[[], datetime]
    ) -> list[ProbeResult]:
        return [self._probe(pod, clock()) for pod in pods]

    def _probe(self, pod: Pod, at: datetime) -> ProbeResult:
        way = pod.base_url.removeprefix(ADDRESS)
        status, _, body = self._cloud.request("GET", f"{way}/metrics", {})
        hit = status == 200
        counters, wrong = read(body) if hit else (None, f"/metrics: status {status}")
        return ProbeResult(
            key=str(pod.pk),
            at=at,
            health_status=status,
            miss=Miss.NONE if hit else Miss.STATUS,
            health_error="" if hit else f"status {status}",
            latency_seconds=0.05,
            models_status=status,
            model_listed=True if hit else None,
            counters=counters,
            metrics_error=wrong,
            version="0.32.0-replay" if hit else "",
        )


def read(body: bytes) -> tuple[EngineCounters | None, str]:
    """The counters, or why there are none."""
    try:
        return parse(body), ""
    except MetricsRejected as rejection:
        return None, str(rejection)


@contextmanager
def running_cloud(folder: Path, clock: Clock, **changes: Any) -> Iterator[InProcessCloud]:
    """A cloud with RunPod's delays and its 5-minute billing run."""
    settings = SandboxSettings(
        state_dir=folder,
        engine="replay",
        tick_seconds=0,
        provisioning_seconds=40,
        starting_seconds=30,
        replay_load_seconds=60,
        requests_per_minute=100_000,
        **changes,
    )
    cloud = InProcessCloud(settings, clock)
    yield cloud
    cloud.close()
