"""What a probe said becomes a sample, facts and a state."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from fleet.models import Deployment, EngineSample, Health, HealthChange, Pod, PodStatus
from fleet.services.probing import apply, last_scrape, sweep
from fleet.vllm.client import ProbeResult
from fleet.vllm.health import Miss
from fleet.vllm.metrics import EngineCounters, Finishes
from tests.clock import NOON, Clock
from tests.factories import make_pod

pytestmark = pytest.mark.django_db

STARTED = Decimal("1773136800.5")
METRICS = Path(__file__).resolve().parents[2] / "recordings" / "vllm_0_32_metrics.txt"


class Engine(BaseHTTPRequestHandler):
    """A vLLM that is up, has counters, and lists no model."""

    def do_GET(self) -> None:
        body = METRICS.read_bytes() if self.path == "/metrics" else b"{}"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Nothing: a test's output is the test's."""


@pytest.fixture
def httpd() -> Iterator[str]:
    """The address of an Engine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Engine) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def counters(**numbers: object) -> EngineCounters:
    figures: dict[str, object] = {
        "prompt_tokens": 900,
        "cached_prompt_tokens": 300,
        "generation_tokens": 200,
        "iteration_tokens": 50,
        "requests_finished": 7,
        "requests_running": 0,
        "requests_waiting": 0,
        "kv_cache_usage": 0.25,
        "process_start_time": STARTED,
        "prefix_cache_hits": None,
        "prefix_cache_queries": None,
    }
    return EngineCounters(**(figures | numbers))


def answer(
    at: datetime = NOON, read: EngineCounters | None = None, **facts: object
) -> ProbeResult:
    figures: dict[str, object] = {
        "key": "1",
        "at": at,
        "health_status": 200,
        "miss": Miss.NONE,
        "health_error": "",
        "latency_seconds": 0.01,
        "models_status": 200,
        "model_listed": True,
        "counters": read,
        "metrics_error": "",
        "version": "",
    }
    return ProbeResult(**(figures | facts))


def refused(at: datetime) -> ProbeResult:
    return answer(
        at,
        health_status=None,
        miss=Miss.REFUSED,
        health_error="no connection",
        latency_seconds=None,
        models_status=None,
        model_listed=None,
    )


@pytest.fixture
def loading() -> Pod:
    return make_pod(
        status=PodStatus.PROVISIONING,
        ready_at=None,
        health=Health.UNKNOWN,
        health_since=None,
        probed_at=None,
        answered_at=None,
        engine_version="",
    )


def book(pod: Pod, result: ProbeResult) -> Health:
    return apply(Pod.objects.get(pk=pod.pk), result, now=result.at)


def test_counters_are_kept_as_they_were_read(loading):
    book(loading, answer(read=counters(finishes=Finishes(4, 1, 2, 0))))

    sample = EngineSample.objects.get()
    assert (sample.requests_stop, sample.requests_aborted) == (4, 2)
    assert (sample.prompt_tokens, sample.cached_prompt_tokens) == (900, 300)
    assert (sample.completion_tokens, sample.requests_finished) == (200, 7)
    assert sample.process_started_at == datetime.fromisoformat(
        "2026-03-10T10:00:00.5+00:00"
    )


def test_the_same_answer_booked_twice_is_one_sample(loading):
    book(loading, answer(read=counters()))
    book(loading, answer(read=counters()))

    assert EngineSample.objects.count() == 1
    assert HealthChange.objects.count() == 1


def test_the_first_ready_lets_the_pod_serve_and_forgets_the_failures(loading):
    Deployment.objects.update(launch_failures=2)

    assert book(loading, answer(read=counters(), version="0.32.0")) == Health.READY

    loading.refresh_from_db()
    assert (loading.status, loading.ready_at) == (PodStatus.SERVING, NOON)
    assert loading.engine_version == "0.32.0"
    assert Deployment.objects.get().launch_failures == 0


def test_a_pod_that_does_not_answer_yet_is_loading_and_not_dead(loading):
    for tick in range(10):
        state = book(loading, refused(NOON + timedelta(seconds=10 * tick)))

    assert state == Health.LOADING
    assert Pod.objects.get().status == PodStatus.PROVISIONING


def test_three_misses_after_ready_are_dead_and_one_answer_is_alive():
    pod = make_pod(probed_at=NOON - timedelta(seconds=10))
    states = [
        book(pod, refused(NOON + timedelta(seconds=10 * tick))).value for tick in range(3)
    ]
    states.append(book(pod, answer(NOON + timedelta(seconds=30), counters())).value)

    assert states == ["ready", "ready", "dead", "ready"]
    assert [row.health for row in HealthChange.objects.all()] == ["dead", "ready"]


def test_an_engine_that_stands_still_with_work_is_hung_behind_a_healthy_answer():
    pod = make_pod()
    for tick in range(13):
        at = NOON + timedelta(seconds=10 * tick)
        state = book(pod, answer(at, counters(requests_running=2)))

    assert state == Health.HUNG
    assert "no step for 120 s with 2 requests pending" in Pod.objects.get().health_reason


def test_an_idle_engine_is_not_hung():
    pod = make_pod()
    for tick in range(30):
        state = book(pod, answer(NOON + timedelta(seconds=10 * tick), counters()))

    assert state == Health.READY


def test_metrics_that_cannot_be_read_leave_no_sample_and_say_why():
    pod = make_pod()
    wrong = "/metrics is 5.0 MB, more than the limit of 1 MiB"

    assert book(pod, answer(metrics_error=wrong)) == Health.READY
    assert not EngineSample.objects.exists()
    assert Pod.objects.get().metrics_error == wrong


def test_a_probe_does_not_undo_a_stop_that_came_meanwhile(loading):
    stale = Pod.objects.get(pk=loading.pk)
    loading.move_to(PodStatus.TERMINATING, now=NOON)
    apply(stale, answer(read=counters()), now=NOON)

    assert Pod.objects.get().status == PodStatus.TERMINATING


def test_the_time_in_which_nobody_looked_is_unknown_in_hindsight():
    """Six intervals of 10 s and one timeout of 15 s after the last probe."""
    pod = make_pod(probed_at=NOON, health_since=NOON - timedelta(hours=1))
    book(pod, answer(NOON + timedelta(hours=1), counters()))

    assert [(row.health, row.at) for row in HealthChange.objects.all()] == [
        ("unknown", NOON + timedelta(seconds=75)),
        ("ready", NOON + timedelta(hours=1)),
    ]
    assert Pod.objects.get().health_since == NOON + timedelta(hours=1)


def test_a_probe_that_is_only_late_leaves_no_gap():
    pod = make_pod(probed_at=NOON)
    book(pod, answer(NOON + timedelta(seconds=75), counters()))

    assert not HealthChange.objects.exists()


def test_a_last_scrape_keeps_counters_and_says_of_how_many_pods(httpd):
    pod = make_pod(base_url=httpd)
    make_pod(base_url="")
    make_pod(base_url="http://127.0.0.1:9")

    assert last_scrape(Pod.objects.all(), clock=Clock()) == 1
    pod.refresh_from_db()
    assert pod.last_scrape_at == NOON
    assert EngineSample.objects.get().pod == pod


def test_a_sweep_asks_every_pod_and_says_what_it_found(httpd):
    good = make_pod(base_url=httpd, probed_at=NOON)
    make_pod(base_url="http://127.0.0.1:9", probed_at=NOON)
    make_pod(base_url=httpd, provider="another")

    assert sweep(provider_names=("runpod",), clock=Clock()) == "2 pods: 2 ready"
    assert EngineSample.objects.get().pod == good
    assert sorted(Pod.objects.values_list("probe_misses", flat=True)) == [0, 0, 1]
