"""The engines of all containers: started, watched and ended to match the pods."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp

from fleet.sandbox.demand import DemandParams, parse_demand
from fleet.sandbox.engines.base import Engine
from fleet.sandbox.engines.command import VllmCommand, parse_command
from fleet.sandbox.engines.lease import LeaseGuard
from fleet.sandbox.engines.replay import ReplayEngine
from fleet.sandbox.engines.tiny_model import write_tiny_model
from fleet.sandbox.engines.vllm import VllmEngine
from fleet.sandbox.logs import PodLog
from fleet.sandbox.pods import HAS_CONTAINER, Pod
from fleet.sandbox.settings import SandboxSettings

STOP_ALL_SECONDS = 15.0


@dataclass(frozen=True)
class _Container:
    pod: Pod
    incarnation: int
    engine: Engine
    command: VllmCommand
    loaded_at: datetime


class EngineRoom:
    """One engine per pod that has a container; level-triggered by `match`.

    keep  called with a pod whose token count changed
    load  seconds that a pod's weights take to load
    """

    def __init__(
        self,
        settings: SandboxSettings,
        clock: Callable[[], datetime],
        keep: Callable[[Pod], None],
        load: Callable[[Pod, VllmCommand], float],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._keep = keep
        self._load = load
        self._engines: dict[str, _Container] = {}
        self._logs: dict[str, PodLog] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._last_readings: set[asyncio.Task[None]] = set()
        self._stopping_vllm = 0
        self._closed = False
        self._http: aiohttp.ClientSession | None = None
        self._model: Path | None = None

    def engine(self, pod_id: str) -> Engine | None:
        """The engine in a pod's container, loading or serving."""
        container = self._engines.get(pod_id)
        return None if container is None else container.engine

    def loaded(self) -> list[tuple[Pod, VllmCommand]]:
        """Pods whose replay has its weights."""
        now = self._clock()
        return [
            (item.pod, item.command)
            for item in self._engines.values()
            if item.engine.kind == "replay" and item.loaded_at <= now
        ]

    def log(self, pod_id: str) -> PodLog:
        """The pod's log."""
        return self._logs.setdefault(pod_id, PodLog())

    def say(self, pod_id: str, text: str) -> None:
        """Add a system line to the pod's log."""
        self.log(pod_id).add("system", text, self._clock())

    def match(self, pods: Iterable[Pod]) -> list[tuple[Pod, str]]:
        """Start and end engines to match the pods; pods whose container ended, with why."""
        if self._closed:
            return []
        wanted = {pod.id: pod for pod in pods if pod.status in HAS_CONTAINER}
        failed: list[tuple[Pod, str]] = []
        for pod_id, container in list(self._engines.items()):
            pod = wanted.get(pod_id)
            if pod is None or pod.incarnation != container.incarnation:
                del self._engines[pod_id]
                self._retire(container)
            elif container.engine.ended:
                failed.append((pod, container.engine.ended))
        for pod in wanted.values():
            if pod.id not in self._engines:
                try:
                    self._start(pod)
                except ValueError as error:
                    self.log(pod.id).add("container", f"error: {error}", self._clock())
                    failed.append((pod, str(error)))
        return failed

    async def read_tokens(self) -> None:
        """Note on every pod what its engines, also those just ended, have served."""
        readings = [self._read(container) for container in self._engines.values()]
        await asyncio.gather(*readings, *self._last_readings)

    async def _read(self, container: _Container) -> None:
        pod, incarnation = container.pod, container.incarnation
        served = await container.engine.tokens()
        if pod.engine_tokens.get(incarnation) != served:
            pod.engine_tokens[incarnation] = served
            self._keep(pod)

    def forget(self, pod: Pod) -> None:
        """The pod is gone: end the streams of its log."""
        if log := self._logs.pop(pod.id, None):
            log.close()

    async def close(self) -> None:
        """End every engine and every log stream, and wait until they are gone."""
        self._closed = True
        for container in self._engines.values():
            self._retire(container)
        self._engines.clear()
        for log in self._logs.values():
            log.close()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_ALL_SECONDS)
        if self._http is not None:
            await self._http.close()

    def _start(self, pod: Pod) -> None:
        command = parse_command(str(pod.body.get("args") or ""), pod.env)
        demand_text = pod.env.get("KERNE_REPLAY_DEMAND", "")
        demand = parse_demand(demand_text) if demand_text else None
        self.say(pod.id, f"image {pod.body.get('image', '')}: pull complete")
        kind = self._choose(pod)
        seconds = self._settings.replay_load_seconds + self._load(pod, command)
        engine = self._made(kind, pod, command, demand, seconds)
        self.say(pod.id, f"start container, engine {kind} (sandbox)")
        loaded_at = self._clock() + timedelta(seconds=seconds)
        self._engines[pod.id] = _Container(pod, pod.incarnation, engine, command, loaded_at)
        self._later(engine.start())

    def _choose(self, pod: Pod) -> str:
        """vllm or replay, and a log line when the wish cannot be met."""
        asked = pod.env.get("KERNE_SANDBOX_ENGINE") or self._settings.engine
        if asked not in ("auto", "vllm", "replay"):
            raise ValueError(
                f"KERNE_SANDBOX_ENGINE must be auto, vllm or replay, got {asked!r}"
            )
        if asked == "replay":
            return "replay"
        if self._settings.vllm_python is None:
            if asked == "vllm":
                self.say(pod.id, "no interpreter with vLLM is known: this pod replays")
            return "replay"
        present = self._stopping_vllm
        present += sum(item.engine.kind == "vllm" for item in self._engines.values())
        if present >= self._settings.max_vllm_engines:
            limit = self._settings.max_vllm_engines
            self.say(pod.id, f"{limit} real engines run already: this pod replays")
            return "replay"
        return "vllm"

    def _made(
        self,
        kind: str,
        pod: Pod,
        command: VllmCommand,
        demand: DemandParams | None,
        load_seconds: float,
    ) -> Engine:
        log = self.log(pod.id)

        def write(text: str, at: datetime | None = None) -> None:
            log.add("container", text, at or self._clock())

        lease = None
        if pod.env.get("KERNE_LEASE_SECONDS"):
            lease = LeaseGuard(pod.env, command.api_key, write)
        if kind == "replay" or self._settings.vllm_python is None:
            return ReplayEngine(
                command,
                demand=demand,
                clock=self._clock,
                load_seconds=load_seconds,
                silence_seconds=self._settings.proxy_silence_seconds,
                log=write,
                lease=lease,
            )
        if self._model is None:
            self._model = write_tiny_model(self._settings.state_dir / "tiny-model")
        return VllmEngine(
            command,
            python=self._settings.vllm_python,
            model=self._model,
            http=self.http(),
            log=write,
            silence_seconds=self._settings.proxy_silence_seconds,
            lease=lease,
        )

    def http(self) -> aiohttp.ClientSession:
        """The session to the processes of pods; made when it is first needed."""
        if self._http is None:
            self._http = aiohttp.ClientSession(auto_decompress=False)
        return self._http

    def _retire(self, container: _Container) -> None:
        """Read the engine's counters a last time, then end it."""
        engine = container.engine
        real = engine.kind == "vllm"
        self._stopping_vllm += real
        reading = asyncio.create_task(self._read(container))
        self._last_readings.add(reading)
        reading.add_done_callback(self._last_readings.discard)

        async def stop() -> None:
            try:
                await asyncio.wait([reading])
                await engine.stop()
            finally:
                self._stopping_vllm -= real

        self._later(stop())

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
