"""The key of a pod reaches whoever may log in to the server, and nobody else."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from fleet.models import AuditEntry, Pod
from tests.factories import make_pod

pytestmark = pytest.mark.django_db


def read(name: str) -> str:
    said = StringIO()
    call_command("pod_key", name, stdout=said)
    return said.getvalue()


def test_the_key_stands_alone_so_that_a_shell_can_take_it():
    pod = make_pod(name="kerne-demo-a-1", api_key="sk-0123456789abcdef")

    assert read(pod.name) == "sk-0123456789abcdef\n"


def test_reading_it_is_audited_without_the_key():
    pod = make_pod(name="kerne-demo-a-1", api_key="sk-0123456789abcdef")

    read(pod.name)

    entry = AuditEntry.objects.get(verb="read key")
    assert entry.target == str(pod) and "sk-0123" not in str(entry.figures)


def test_an_unknown_pod_gets_a_sentence():
    with pytest.raises(CommandError, match="There is no pod 'nobody'"):
        read("nobody")


def test_the_key_of_an_ended_pod_is_not_given():
    pod = make_pod(name="kerne-demo-a-1", api_key="sk-0123456789abcdef")
    Pod.objects.update(status="terminated")

    with pytest.raises(CommandError, match="has ended"):
        read(pod.name)
