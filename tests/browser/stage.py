"""A console on a stage: a database, a web server, a sandbox cloud and a worker's hands.

The worker is a thread that runs the scheduled jobs when a test asks for them: nothing
waits for a beat, and nothing happens that the test has not called for. It is a thread
because Playwright's event loop runs in the test's own, where a sweep could begin none.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.db import connections
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from economics.tasks import accrue_costs, check_guardrails, settle_usage
from fleet import tasks
from fleet.models import Pod, PodStatus
from fleet.selectors.providers import provider_names
from fleet.services import provisioning
from tests.sandbox.harness import Sandbox, settings_for

WORK_SECONDS = 90
AWAKE_SECONDS = 15
ROUNDS = 40  # of half a second in the worst case: what is ordered serves long before
AT_ONCE = {"provisioning_seconds": 0.0, "starting_seconds": 0.0, "replay_load_seconds": 0.0}

Result = TypeVar("Result")


class Crew:
    """The worker's hands: one thread with a database connection of its own."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "crew")

    def do(self, work: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Run it in the worker's thread and give back what it gave."""
        return self._pool.submit(work, *args, **kwargs).result(WORK_SECONDS)

    def go_home(self) -> None:
        self.do(connections.close_all)
        self._pool.shutdown()


@dataclass
class Stage:
    """A running console; `cloud` is what it rents from."""

    url: str
    cloud: Sandbox
    crew: Crew
    ticked_at: float = 0.0

    def jobs(self, *jobs: Callable[[], None]) -> None:
        """Run scheduled jobs, one after another, as the worker would."""
        for job in jobs:
            self.crew.do(job)

    def tick(self) -> None:
        """What happens within a minute: rent, end, compare with the cloud, probe."""
        self.jobs(tasks.reconcile, _rent_what_is_due, tasks.list_cloud, tasks.probe)
        self.ticked_at = time.monotonic()

    def stay_awake(self) -> None:
        """Tick again after a while: a console whose jobs stand still says so on top."""
        if time.monotonic() - self.ticked_at > AWAKE_SECONDS:
            self.tick()
            self.jobs(settle_usage, tasks.tend_resources)

    def serve(self) -> None:
        """Tick until every pod that is wanted serves."""
        for _ in range(ROUNDS):
            self.tick()
            if self.crew.do(_settled):
                return
        raise AssertionError(f"after {ROUNDS} rounds: {self.crew.do(_states)}")

    def keep_books(self) -> None:
        """Count, price, accrue, and look at the limits and alert rules."""
        self.jobs(settle_usage, accrue_costs, check_guardrails, tasks.watch_alerts)

    def cookies(self, user: User) -> list[dict[str, str]]:
        """What the browser of a person who has logged in holds."""
        client = Client()
        self.crew.do(client.force_login, user)
        return [
            {"name": name, "value": morsel.value, "url": self.url}
            for name, morsel in client.cookies.items()
        ]


def _rent_what_is_due() -> None:
    for name in provider_names():
        for pod_id in provisioning.due(provider_name=name, now=timezone.now()):
            tasks.provision_pod(pod_id)


def _settled() -> bool:
    wanted = Pod.objects.exclude(status__in=(PodStatus.TERMINATED, PodStatus.FAILED))
    return not wanted.exclude(status=PodStatus.SERVING).exists()


def _states() -> list[tuple[str, str, str]]:
    return list(Pod.objects.values_list("name", "status", "status_reason"))


def now() -> datetime:
    """The present; the sandbox's clock and the console's are the same one."""
    return timezone.now()


@contextmanager
def sandbox(folder: Path, **changes: Any) -> Iterator[Sandbox]:
    """A sandbox whose pods are ready at once, and settings that point at it."""
    cloud = Sandbox(settings_for(folder, **(AT_ONCE | changes)), now)  # type: ignore[arg-type]
    cloud.start()
    try:
        with override_settings(
            RUNPOD_API_URL=cloud.url,
            RUNPOD_GRAPHQL_URL=f"{cloud.url}/graphql",
            RUNPOD_PROXY_URL=f"{cloud.url}/proxy/{{pod_id}}/{{port}}",
            RUNPOD_ENDPOINT_BASE_URL=f"{cloud.url}/v2",
            SPOT_PROVIDER_URL=cloud.url,
            OPENROUTER_URL=f"{cloud.url}/openrouter/api/v1",
        ):
            yield cloud
    finally:
        cloud.stop()


@contextmanager
def crew() -> Iterator[Crew]:
    hands = Crew()
    try:
        yield hands
    finally:
        hands.go_home()


@contextmanager
def stage(folder: Path, **changes: Any) -> Iterator[Stage]:
    """A console over the database in use."""
    with crew() as hands, sandbox(folder, **changes) as cloud:
        server = LiveServer("localhost")
        try:
            yield Stage(str(server), cloud, hands)
        finally:
            server.stop()
