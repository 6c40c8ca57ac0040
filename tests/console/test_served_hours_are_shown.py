from datetime import timedelta

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from economics.models import UsageEstimate, UsageHour
from fleet.models import Pod


def serve(pod: Pod, **columns: int) -> None:
    start = timezone.now().replace(minute=0, second=0, microsecond=0)
    UsageHour.objects.create(pod=pod, hour_start=start, completion_tokens=1, **columns)


def page_of(client: Client, name: str, pk: int) -> str:
    answer = client.get(reverse(name, args=[pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_pod_shows_failed_and_aborted_requests_apart(operator: Client, pod: Pod):
    serve(pod, requests=1_004, requests_stop=999, requests_aborted=3, requests_failed=2)

    page = page_of(operator, "fleet:pod-money", pod.pk)

    assert "1,004" in page and "2 failed" in page and "3 aborted" in page


def test_the_deployment_shows_its_hours_over_all_pods(operator: Client, pod: Pod):
    serve(pod, requests=12, requests_stop=7, requests_length=5)

    page = page_of(operator, "fleet:deployment", pod.deployment_id)

    assert "Ended by the model 7, cut at their length 5" in page
    assert "do not tell reasoning tokens" in page


def test_requests_of_unknown_end_are_called_that(operator: Client, pod: Pod):
    serve(pod, requests=12, requests_unknown=12)

    assert "12 of unknown end" in page_of(operator, "fleet:deployment", pod.deployment_id)


def test_a_deployment_without_traffic_says_when_it_will_show(operator: Client, pod: Pod):
    page = page_of(operator, "fleet:deployment", pod.deployment_id)

    assert "No tokens were counted yet" in page


def test_what_was_not_metered_stands_apart_with_its_computation(operator: Client, pod: Pod):
    now = timezone.now()
    UsageEstimate.objects.create(
        pod=pod,
        reason="end",
        hour_start=now,
        from_at=now,
        to_at=now + timedelta(seconds=8),
        uncached_prompt_tokens=48,
        cached_prompt_tokens=24,
        completion_tokens=8,
        at_most_tokens=8_000,
        basis="500 tokens in the 50 s before × 8 s, at most 8,000: 80",
        earns=False,
        made_at=now,
    )

    for name, pk in (("fleet:pod", pod.pk), ("fleet:deployment", pod.deployment_id)):
        page = page_of(operator, name, pk)
        assert "Not metered, estimated" in page and "≈ 80" in page
        assert "500 tokens in the 50 s before × 8 s" in page and "not counted" in page
