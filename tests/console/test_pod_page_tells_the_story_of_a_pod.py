from datetime import timedelta

from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.models import Deployment, Pod
from fleet.providers.base import LogLine
from fleet.selectors.serving import launch_record
from fleet.views.pod_events import Stage, pod_stages, slowest
from fleet.views.pod_page import without_key
from tests.factories import (
    NOW,
    make_audit,
    make_health_change,
    make_requested_pod,
    make_transition,
)


def page_of(client: Client, pod: Pod) -> str:
    answer = client.get(reverse("fleet:pod", args=[pod.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_launch_command_is_shown_without_the_key(operator: Client, pod: Pod):
    page = page_of(operator, pod)

    assert "--served-model-name llama-3.1-8b" in page and "--api-key=***" in page
    assert pod.api_key not in page


def test_a_pod_shows_what_it_was_launched_with_and_not_todays_settings(
    operator: Client, pod: Pod
):
    Pod.objects.update(launched=launch_record(pod.deployment))
    Deployment.objects.update(max_model_len=1234, image="vllm/vllm-openai:newer")

    page = page_of(operator, pod)

    assert "--max-model-len 8192" in page and "8,192 tokens" in page
    assert "1234" not in page and "openai:newer" not in page
    assert 'id="launch-note"' not in page


def test_a_pod_of_before_says_that_the_command_is_todays(operator: Client, pod: Pod):
    Deployment.objects.update(revision=3)

    page = page_of(operator, pod)

    assert "What it was launched with was not kept." in page
    assert "launch today, revision 3; the pod is of revision 1." in page


def test_transitions_health_and_deeds_stand_in_one_list(operator: Client, pod: Pod):
    make_transition(pod, "provisioning", "serving", reason="vLLM answered")
    make_health_change(pod, "hung", at=NOW, reason="no token for 120 s")
    make_audit(target=pod.name, verb="terminate", acting_user="grace")

    page = page_of(operator, pod)

    assert "vLLM answered" in page and "no token for 120 s" in page
    assert "grace: terminate" in page


def test_a_replay_engine_is_never_called_vllm(operator: Client, pod: Pod):
    Pod.objects.update(engine_version="0.32.0-replay")

    assert "Replay engine (0.32.0-replay): no model runs" in page_of(operator, pod)


def test_a_pod_of_the_sandbox_says_that_the_cpu_works(operator: Client, pod: Pod):
    Pod.objects.update(engine_version="0.32.0")

    assert "vLLM 0.32.0 on this machine&#x27;s CPU (sandbox)" in page_of(operator, pod)


def test_stages_count_the_seconds_of_each_step(deployment: Deployment):
    pod = make_requested_pod(
        deployment=deployment,
        status="provisioning",
        requested_at=NOW,
        sent_at=NOW + timedelta(seconds=3),
        billed_from=NOW + timedelta(seconds=5),
    )
    make_transition(pod, "requested", "creating", at=NOW + timedelta(seconds=3))
    make_transition(pod, "creating", "provisioning", at=NOW + timedelta(seconds=8))

    stages = pod_stages(pod, now=NOW + timedelta(seconds=60))

    assert [(s.name, s.state, s.seconds) for s in stages] == [
        ("requested", "done", 3),
        ("creating", "done", 2),
        ("machine and image", "now", 55),
        ("engine start", "ahead", None),
        ("weights", "ahead", None),
        ("graphs and cache", "ahead", None),
        ("ready", "ahead", None),
    ]


def test_a_refused_pod_shows_where_it_ended_and_why(deployment: Deployment):
    pod = make_requested_pod(
        deployment=deployment,
        status="failed",
        status_reason="402: the balance is too low",
        status_since=NOW + timedelta(seconds=4),
        sent_at=NOW + timedelta(seconds=1),
    )

    stages = pod_stages(pod, now=NOW + timedelta(hours=1))

    assert (stages[1].state, stages[1].seconds) == ("failed", 3)
    assert stages[1].detail == "402: the balance is too low"


def test_the_running_step_is_named_once_it_took_the_longest():
    started = [
        Stage("requested", "done", 0.1),
        Stage("machine and image", "done", 2.7),
        Stage("weights", "now", 39.0),
    ]

    assert slowest(started) == (
        "Most of the start so far went into “weights”, which goes on."
    )


def test_a_late_pod_says_that_it_is_billed_all_the_while(operator: Client, pod: Pod):
    Pod.objects.update(
        status="provisioning", ready_at=None, ready_by=timezone.now() - timedelta(minutes=1)
    )

    assert "Not ready by its deadline" in page_of(operator, pod)


def test_the_log_is_text_and_never_markup():
    line = LogLine(at=NOW, source="stdout", text="<script>alert(1)</script>")

    html = render_to_string("fleet/_log.html", {"lines": [line], "reason": ""})

    assert "<script>" not in html and "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_log_that_repeats_the_command_does_not_show_the_key():
    line = LogLine(at=NOW, source="stdout", text="vllm serve --api-key=sk-0123456789")

    (shown,) = without_key([line], "sk-0123456789")

    assert shown.text == "vllm serve --api-key=***"


def test_the_endpoint_and_the_way_to_its_key_are_shown(operator: Client, pod: Pod):
    page = page_of(operator, pod)

    assert f"<code>{pod.base_url}/v1</code>, model <code>llama-3.1-8b</code>" in page
    assert f"python manage.py pod_key {pod.name}" in page
    assert pod.api_key not in page


def test_an_ended_pod_has_no_endpoint(operator: Client, pod: Pod):
    Pod.objects.update(status="terminated")

    page = page_of(operator, pod)

    assert "manage.py pod_key" not in page and "the pod has ended" in page


def test_a_log_that_can_not_be_read_says_why(operator: Client, pod: Pod):
    Pod.objects.update(provider_id="")

    answer = operator.get(reverse("fleet:pod-log", args=[pod.pk]))

    assert "Nothing is rented yet, so there is no log." in answer.content.decode()


def test_the_log_file_carries_the_name_of_the_pod(operator: Client, pod: Pod):
    Pod.objects.update(status="terminated")

    answer = operator.get(reverse("fleet:pod-log-text", args=[pod.pk]))

    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert f'filename="{pod.name}.txt"' in answer["Content-Disposition"]


def test_a_pod_that_does_not_exist_is_not_found(operator: Client):
    answer = operator.get(reverse("fleet:pod", args=[999]))

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
