"""Real traces, served by the sandbox's replay engine and metered by the real code.

The traces are others' work and are no part of the project: without them the tests skip.
"""

from __future__ import annotations

import asyncio
import csv
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db.models import Sum
from starlette.requests import Request

from economics.models import UsageEstimate, UsageHour
from economics.services.counting import count_usage
from fleet.models import Deployment, EngineSample, Pod
from fleet.sandbox.demand import Tokens
from fleet.sandbox.engines.command import parse_command
from fleet.sandbox.engines.replay import ReplayEngine
from fleet.sandbox.trace_demand import TraceDemand
from fleet.services.probing import sample_of
from fleet.vllm.metrics import parse
from tests.clock import Clock
from tests.economics.services.rows import pod

TRACES = Path(os.environ.get("KERNE_TEST_DATA", Path(__file__).parents[4] / "shared/data"))
AZURE = TRACES / "traces/azure_llm_2023"
HOURLY = TRACES / "traces/servegen_deepseek-r1/hourly.csv"
BLOCK = 16  # every third request finds whole blocks of its prompt in the cache
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not AZURE.exists(), reason=f"no traces at {TRACES}"),
]


def azure(name: str) -> list[tuple[datetime, Tokens]]:
    """Every request of a trace; the instants are UTC with a digit too many."""
    with (AZURE / f"AzureLLMInferenceTrace_{name}.csv").open() as file:
        return [
            (
                datetime.fromisoformat(row["TIMESTAMP"][:26]).replace(tzinfo=UTC),
                tokens(n, int(row["ContextTokens"]), int(row["GeneratedTokens"])),
            )
            for n, row in enumerate(csv.DictReader(file))
        ]


def tokens(n: int, prompt: int, completion: int) -> Tokens:
    cached = prompt // 2 // BLOCK * BLOCK if n % 3 == 0 else 0
    return Tokens(prompt - cached, cached, completion)


class Served:
    """A pod whose engines replay a trace; `truth` is what they served, read or not."""

    def __init__(self, requests: list[tuple[datetime, Tokens]]) -> None:
        self.demand = TraceDemand(requests)
        self.clock = Clock(requests[0][0] - timedelta(seconds=30))
        self.pod = pod(
            requested_at=self.clock.now - timedelta(minutes=1), billed_from=self.clock.now
        )
        self.truth = Tokens()
        self.start()

    def start(self) -> None:
        self.engine = ReplayEngine(
            parse_command("--model m --served-model-name m", {}),
            demand=self.demand,
            clock=lambda: self.clock.now,
            load_seconds=0,
            silence_seconds=0,
            log=lambda text, at=None: None,
        )

    def kill(self) -> None:
        self.truth += asyncio.run(self.engine.tokens())

    def read(self) -> None:
        """A scrape as the probe makes it: the text, our scanner, the row."""
        scope = {"type": "http", "method": "GET", "headers": [], "path": "/metrics"}
        answer = asyncio.run(self.engine.forward(Request(scope), "metrics"))
        row = sample_of(self.pod, parse(bytes(answer.body)), at=self.clock.now)
        EngineSample.objects.bulk_create([row], ignore_conflicts=True)


def booked() -> Tokens:
    names = ("uncached_prompt", "cached_prompt", "completion")
    sums = UsageHour.objects.aggregate(**{name: Sum(f"{name}_tokens") for name in names})
    return Tokens(*(sums[name] for name in names))


@pytest.mark.parametrize("name", ["code", "conv"])
def test_an_hour_of_real_requests_with_restarts_and_gaps_is_booked_to_the_token(name):
    requests = azure(name)
    served = Served(requests)
    for minute in range(60):
        for _ in range(1 if minute % 7 == 3 else 6):  # every seventh minute: a gap
            served.clock.forward(seconds=10)
            served.read()
        if minute % 7 == 3:
            served.clock.forward(seconds=50)
            served.read()
        if minute in (11, 30):
            served.kill()
            served.start()
        if minute % 4 == 0:
            count_usage(served.clock.now)
    served.kill()
    count_usage(served.clock.now)

    assert booked() == served.truth
    total = sum((row for _, row in requests), Tokens())
    assert served.truth == total


def test_a_kill_between_two_readings_loses_no_more_than_is_told():
    served = Served(azure("conv"))
    Deployment.objects.update(peak_tokens_per_second=20_000)
    for _ in range(120):
        served.clock.forward(seconds=10)
        served.read()
    served.clock.forward(seconds=9)
    served.kill()
    Pod.objects.update(status="terminated", billed_until=served.clock.now)
    count_usage(served.clock.now + timedelta(hours=1))

    lost = served.truth - booked()
    estimate = UsageEstimate.objects.aggregate(
        completion=Sum("completion_tokens"), most=Sum("at_most_tokens")
    )
    assert lost.completion > 0
    assert lost.prompt + lost.completion <= estimate["most"]
    assert lost.completion / 3 <= estimate["completion"] <= lost.completion * 3


def test_a_day_of_hourly_rates_is_booked_into_its_hours():
    with HOURLY.open() as file:
        rows = [
            (int(float(row["prompt_tokens"])), int(float(row["completion_tokens"])))
            for row in csv.DictReader(file)
        ]
    midnight = datetime(2026, 3, 4, tzinfo=UTC)
    served = Served(
        [
            (midnight + timedelta(hours=hour, minutes=1 + part), tokens(part, p, c))
            for hour, (prompt, completion) in enumerate(rows)
            for part in range(50)
            for p, c in [(prompt // 50, completion // 50)]
        ]
    )
    for _ in range(len(rows) * 12 + 1):
        served.clock.forward(minutes=5)
        served.read()
    count_usage(served.clock.now)

    hours = dict(UsageHour.objects.values_list("hour_start", "completion_tokens"))
    assert hours == {
        midnight + timedelta(hours=hour): completion // 50 * 50
        for hour, (_, completion) in enumerate(rows)
        if completion
    }
