"""What one carries elsewhere has a button beside it that copies exactly that."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import Pod
from fleet.templatetags.console import copy, copy_time
from tests.factories import NOW, make_audit

pytestmark = pytest.mark.django_db


def copies(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_an_instant_is_copied_as_iso_in_utc():
    page = copy_time(datetime(2026, 3, 4, 16, 20, 5, tzinfo=UTC))

    assert 'data-copy-text="2026-03-04T16:20:05Z"' in page


def test_what_is_not_there_has_no_button():
    assert copy("", "the id") == "" and copy_time(None) == ""


def test_a_name_can_not_break_out_of_its_button():
    assert "<script>" not in copy('"><script>', "the name")


def test_a_pod_gives_its_name_its_id_and_its_address(operator: Client, pod: Pod):
    Pod.objects.filter(pk=pod.pk).update(provider_id="abc123", base_url="http://p:8000")

    page = copies(operator, reverse("fleet:pod", args=[pod.pk]))

    for text in (pod.name, "abc123", "http://p:8000/v1"):
        assert f'data-copy-text="{text}"' in page


def test_the_request_that_is_copied_holds_no_key(operator: Client, pod: Pod):
    Pod.objects.filter(pk=pod.pk).update(base_url="http://p:8000", api_key="sk-secret")

    page = copies(operator, reverse("fleet:pod", args=[pod.pk]))

    assert "curl http://p:8000/v1/chat/completions" in page
    assert f"Bearer $(python manage.py pod_key {pod.name})" in page
    assert "sk-secret" not in page


def test_a_row_of_the_audit_gives_its_instant_and_target(operator: Client):
    make_audit(at=NOW, target="llama-a")

    page = copies(operator, "/audit/")

    assert f'data-copy-text="{NOW:%Y-%m-%dT%H:%M:%SZ}"' in page
    assert 'data-copy-text="llama-a"' in page
