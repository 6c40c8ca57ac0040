from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.models import Deployment, Pod
from tests.factories import make_fleet, make_orphan, make_pod, make_sample

LIST = "/fleet/"


def test_a_pod_is_shown_with_state_price_with_disk_and_age(operator: Client, pod: Pod):
    page = operator.get(LIST).content.decode()

    assert pod.name in page
    assert 'class="status status-healthy"' in page and "ready" in page
    assert '$0.7455<span class="unit">/h</span>' in page  # 0.74 + 40 GB of disk
    assert "2 h" in page


def test_tokens_per_minute_come_from_the_newest_samples(operator: Client, pod: Pod):
    now = timezone.now()
    make_sample(pod, at=now - timedelta(seconds=70), prompt_tokens=1000)
    make_sample(
        pod, at=now - timedelta(seconds=10), prompt_tokens=1500, completion_tokens=100
    )

    assert "600</span>" in operator.get(LIST).content.decode()


def test_a_restarted_engine_has_no_rate_instead_of_a_wrong_one(operator: Client, pod: Pod):
    now = timezone.now()
    make_sample(pod, at=now - timedelta(seconds=70), prompt_tokens=1000)
    make_sample(pod, at=now - timedelta(seconds=10), process_started_at=now)

    assert "the engine was restarted" in operator.get(LIST).content.decode()


def test_a_pod_that_nobody_probed_is_unknown_and_not_down(operator: Client, pod: Pod):
    Pod.objects.update(probed_at=timezone.now() - timedelta(hours=1))

    page = operator.get("/fleet/live/").content.decode()

    assert "not probed since" in page
    assert 'status-down">' not in page.split("What the strips mean")[0]


def test_ended_pods_are_shown_only_when_asked_for(operator: Client, deployment: Deployment):
    ended = make_pod(deployment=deployment, name="kerne-test-old", status="terminated")

    assert ended.name not in operator.get(LIST).content.decode()
    assert ended.name in operator.get(f"{LIST}?status=all").content.decode()


def test_the_filter_of_the_address_chooses_deployments(operator: Client, pod: Pod):
    make_pod(name="kerne-test-other")

    page = operator.get(f"{LIST}?q=llama-a").content.decode()

    assert pod.name in page and "kerne-test-other" not in page
    assert 'value="llama-a"' in page


def test_a_filter_that_matches_nothing_says_so(operator: Client, pod: Pod):
    page = operator.get(f"{LIST}?q=<b>nothing").content.decode()

    assert "Nothing matches “&lt;b&gt;nothing”" in page


def test_nothing_rented_says_why_and_what_to_do(operator: Client):
    page = operator.get(LIST).content.decode()

    assert "Nothing is rented" in page and reverse("fleet:order") in page


def test_a_fleet_without_deployments_is_listed_with_its_next_step(operator: Client):
    make_fleet(name="Tier 2")

    assert "No deployment in this fleet" in operator.get(LIST).content.decode()


def test_pods_that_nobody_ordered_are_shown_with_their_price(operator: Client):
    make_orphan(name="forgotten-notebook")

    page = operator.get(LIST).content.decode()

    assert "1 pod that nobody ordered" in page and "forgotten-notebook" in page
    assert '$2.69<span class="unit">/h</span>' in page
