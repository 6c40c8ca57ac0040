"""Notes of a day or a deployment: written by operators, marked in charts, taken back."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from economics.selectors.day_marks import day_marks
from fleet.models import AuditEntry, Deployment, OperatorNote, Pod
from fleet.services.roles import Role
from tests.factories import make_deployment, make_user

pytestmark = pytest.mark.django_db

TODAY = timezone.now().date()


def write(client: Client, text: str, *, day: str = f"{TODAY}", **more: str):
    data = {"text": text, "day": day, "next": "/fleet/"} | more
    return client.post("/notes/", data, follow=True)


def marks(*deployments: Deployment) -> list[str]:
    members = [each.pk for each in deployments]
    return [each.words for each in day_marks(TODAY, TODAY, deployments=members)]


def test_a_note_of_a_deployment_stands_on_its_page_and_in_the_charts(
    operator: Client, deployment: Deployment
):
    write(operator, "load test of ours", deployment=deployment.slug)

    page = operator.get(reverse("fleet:deployment", args=[deployment.pk]))
    assert "load test of ours" in page.content.decode()
    assert marks(deployment) == ["load test of ours"]
    assert marks(make_deployment(slug="other")) == []


def test_a_note_of_a_day_stands_on_that_day_and_in_every_chart(
    operator: Client, deployment: Deployment
):
    write(operator, "the marketplace was down")

    assert "the marketplace was down" in text_of(operator, f"/books/?day={TODAY}")
    yesterday = TODAY - timedelta(days=1)
    assert "the marketplace was down" not in text_of(operator, f"/books/?day={yesterday}")
    assert marks(deployment) == ["the marketplace was down"]


def text_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_a_note_is_marked_in_the_latency_of_its_pods(operator: Client, pod: Pod):
    write(operator, "new prompt template", deployment=pod.deployment.slug)

    figure = operator.get(reverse("fleet:pod-latency", args=[pod.pk])).json()

    assert ("note", "new prompt template") in [
        (each["kind"], each["words"]) for each in figure["marks"]
    ]


def test_a_note_is_taken_away_and_comes_back(operator: Client, deployment: Deployment):
    write(operator, "wrong day")
    note = OperatorNote.objects.get()

    gone = operator.post(f"/notes/{note.pk}/remove/", {"next": "/fleet/"}, follow=True)
    address = reverse("fleet:note-restore", args=[note.pk])
    assert f'hx-post="{address}"' in gone.content.decode()
    assert marks(deployment) == []

    answer = operator.post(address, headers={"HX-Request": "true"})
    assert answer["HX-Refresh"] == "true"
    assert marks(deployment) == ["wrong day"]
    verbs = AuditEntry.objects.order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["write note", "remove note", "restore note"]


def test_taking_away_twice_is_once(operator: Client):
    write(operator, "once")
    note = OperatorNote.objects.get()

    for _ in range(2):
        operator.post(f"/notes/{note.pk}/remove/")

    assert AuditEntry.objects.filter(verb="remove note").count() == 1


@pytest.mark.parametrize(
    ("text", "day", "sentence"),
    [
        ("", f"{TODAY}", "The note has 0 characters; write 1 to 500"),
        ("x" * 501, f"{TODAY}", "The note has 501 characters"),
        ("a\x00b", f"{TODAY}", "that can be read"),
        ("right", "yesterday", "write it as 2026-03-04"),
        ("right", "0001-01-01", "within ten years of today"),
    ],
)
def test_nonsense_gets_a_sentence_and_is_not_kept(
    operator: Client, text: str, day: str, sentence: str
):
    assert sentence in write(operator, text, day=day).content.decode()
    assert not OperatorNote.objects.exists()


def test_a_note_leads_nowhere_else(operator: Client):
    answer = operator.post(
        "/notes/", {"text": "a", "day": f"{TODAY}", "next": "//evil.test"}
    )

    assert answer["Location"] == "/fleet/"


def test_a_viewer_reads_and_writes_none(deployment: Deployment):
    viewer = Client()
    viewer.force_login(make_user("vera", role=Role.VIEWER))

    assert write(viewer, "mine").status_code == 403
    assert not OperatorNote.objects.exists()


def test_a_view_that_was_forgotten_comes_back(operator: Client):
    operator.post("/views/", {"name": "week", "address": "/profit/?money=real"})
    kept = operator.get("/views/").context["views"].get()

    gone = operator.post(f"/views/{kept.pk}/forget/", follow=True).content.decode()
    assert "/profit/?money=real" in gone
    back = {"name": "week", "address": "/profit/?money=real"}
    operator.post(reverse("fleet:saved-view-back"), back)

    assert operator.get("/views/").context["views"].get().address == "/profit/?money=real"
