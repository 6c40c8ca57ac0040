"""Every rented pod that has a lease hears from us; one told to end does not."""

from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from fleet.models import Pod, PodStatus
from fleet.selectors.leases import lease_ends_at, lease_seconds_for
from fleet.services.jobs import JobFailed
from fleet.services.leases import renew_all
from fleet.services.provisioning import provision
from tests.clock import NOON, Clock
from tests.factories import make_deployment, make_pod
from tests.fleet.services.conftest import allow

pytestmark = pytest.mark.django_db


@pytest.fixture
def guard() -> Iterator[tuple[str, list[str]]]:
    """A guard's address, and the keys that it was given."""
    heard: list[str] = []

    class Guard(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(f"{self.path} {self.headers['Authorization']}")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Guard) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}", heard
        server.shutdown()


def leased(url: str, **columns: object) -> Pod:
    return make_pod(lease_seconds=1800, lease_url=url, **columns)


def renew(clock: Clock) -> str:
    return renew_all(provider_names=("runpod",), clock=clock)


def test_each_pod_hears_its_own_key(guard, clock):
    url, heard = guard
    pod = leased(url)
    leased(url, status=PodStatus.TERMINATING)
    make_pod()

    assert renew(clock) == "1 of 1 leases renewed"

    assert heard == [f"/lease Bearer {pod.api_key}"]
    pod.refresh_from_db()
    assert lease_ends_at(pod) == NOON + timedelta(minutes=30)


def test_a_guard_that_is_not_reached_is_told_on_the_pod_at_once(clock):
    leased("http://127.0.0.1:9", lease_renewed_at=NOON - timedelta(minutes=5))

    assert renew(clock) == "0 of 1 leases renewed"
    assert Pod.objects.get().lease_error == (
        "its guard was not reached: ClientConnectorError"
    )


def test_half_a_lease_without_a_renewal_fails_the_job(clock):
    leased("http://127.0.0.1:9", lease_renewed_at=NOON - timedelta(minutes=16))

    with pytest.raises(JobFailed, match=r"was not reached.*0 of 1 renewed"):
        renew(clock)


def test_an_image_with_the_guard_is_ordered_with_a_lease(
    make_wanted, account, clock, settings
):
    settings.LEASE_SECONDS, settings.LEASE_IMAGES = 1800, ["registry:5000/vllm-lease"]
    image = "registry:5000/vllm-lease:v0.32.0"
    pod = make_wanted(deployment=make_deployment(image=image))

    assert provision(pod.pk, provider=account, guard=allow, now=clock())

    request = next(iter(account.requests.values()))
    assert request.ports == ("8000/http", "8001/http")
    assert request.env["KERNE_LEASE_SECONDS"] == "1800"
    row = Pod.objects.get()
    assert row.lease_seconds == 1800 and row.lease_url.endswith("/8001")


@pytest.mark.parametrize(
    ("image", "seconds"),
    [
        ("vllm/vllm-openai:v0.32.0", None),
        ("mine/vllm-lease", 1800),
        ("mine/vllm-lease@sha256:00ff", 1800),
        ("mine/vllm-lease-not", None),
    ],
)
def test_other_images_have_none(settings, image, seconds):
    settings.LEASE_SECONDS, settings.LEASE_IMAGES = 1800, ["mine/vllm-lease"]

    assert lease_seconds_for(image) == seconds


def test_zero_switches_leases_off(settings):
    settings.LEASE_SECONDS, settings.LEASE_IMAGES = 0, ["mine/vllm-lease"]

    assert lease_seconds_for("mine/vllm-lease") is None
