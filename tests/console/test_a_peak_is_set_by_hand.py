"""The page of a deployment says what a replica can serve, how that is known, and takes a
measured figure instead."""

from __future__ import annotations

from decimal import Decimal

from django.test import Client
from django.urls import reverse

from fleet.models import AuditEntry, Deployment


def post(client: Client, deployment: Deployment, **fields: str) -> str:
    address = reverse("fleet:peak", args=[deployment.pk])
    return client.post(address, fields, follow=True).content.decode()


def test_a_peak_that_nobody_knows_yet_says_when_it_will_be_there(
    operator: Client, deployment: Deployment
):
    Deployment.objects.update(peak_tokens_per_second=None, peak_source="")

    page = operator.get(f"/fleet/deployments/{deployment.pk}/").content.decode()

    assert "Kerne works it out within five minutes." in page


def test_a_measured_peak_is_set_with_its_source_and_audited(
    operator: Client, deployment: Deployment
):
    page = post(operator, deployment, peak="4,200.5", source="vllm bench serve")

    deployment.refresh_from_db()
    assert deployment.peak_tokens_per_second == Decimal("4200.50")
    assert "set by ada: vllm bench serve" in page
    assert AuditEntry.objects.filter(verb="set peak", acting_user="ada").count() == 1


def test_nonsense_gets_a_sentence_and_changes_nothing(
    operator: Client, deployment: Deployment
):
    before = deployment.peak_tokens_per_second

    page = post(operator, deployment, peak="fast", source="vllm bench serve")

    assert "Peak throughput is &#x27;fast&#x27;; write a number such as 4200." in page
    deployment.refresh_from_db()
    assert deployment.peak_tokens_per_second == before


def test_it_is_given_back_to_the_console(operator: Client, deployment: Deployment):
    post(operator, deployment, peak="4200", source="vllm bench serve")

    page = post(operator, deployment, leave="1")

    assert "Kerne keeps the peak again" in page
    deployment.refresh_from_db()
    assert (deployment.peak_tokens_per_second, deployment.peak_set_by) == (None, "")
    assert "Kerne keeps the peak already." in post(operator, deployment, leave="1")
