import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fleet.models import AuditEntry, Incident, MaintenanceWindow, Pod, Severity
from fleet.services.incidents import close_incident, open_incident
from fleet.services.roles import Role
from tests.factories import make_user


@pytest.fixture
def viewer(db: None) -> Client:
    client = Client()
    client.force_login(make_user("vera", role=Role.VIEWER))
    return client


@pytest.fixture
def orphan(db: None) -> Incident:
    return open_incident(
        key="orphan:stray1",
        title="Orphan <b>x</b> is billed",
        detail="2.69 USD/h",
        severity=Severity.CRITICAL,
        now=timezone.now() - timedelta(minutes=12),
    )


def text(client: Client, name: str, *arguments: int) -> str:
    answer = client.get(reverse(name, args=arguments))
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_page_has_the_number_of_open_incidents_and_their_worst(operator, orphan):
    open_incident(key="ghost:p", title="A ghost", now=timezone.now())

    for page in (text(operator, "fleet:jobs"), text(operator, "fleet:alert-badge")):
        badge = re.search(r'id="alert-badge".*?</a>', page, re.DOTALL)
        assert badge and 'data-worst="critical"' in badge[0]
        assert '<span class="count">2</span>' in badge[0]


def test_the_number_reads_itself_again_with_the_live_tick(operator):
    badge = text(operator, "fleet:alert-badge")

    assert 'hx-trigger="tick from:body"' in badge and "No open incident" in badge


def test_the_worst_stands_first_and_nothing_in_it_is_markup(operator, orphan):
    open_incident(
        key="a:1", title="Older notice", severity=Severity.NOTICE, now=orphan.opened_at
    )

    page = text(operator, "fleet:alerts")

    assert page.index("Orphan &lt;b&gt;x&lt;/b&gt;") < page.index("Older notice")
    assert "2.69 USD/h" in page and "12 min ago" in page


def test_it_says_so_when_nobody_is_told_and_nobody_would_notice_silence(operator):
    page = text(operator, "fleet:alerts")

    assert "Nothing is open" in page
    assert "No channel is on, so nobody is told" in page
    assert "KERNE_DEADMAN_PING_URL" in page and "can not come from us" in page


def test_what_is_over_is_history(operator, orphan):
    close_incident(key=orphan.key, now=timezone.now(), calm=timedelta(0))

    page = text(operator, "fleet:alerts")

    assert "Open now (0)" in page and "Over (1)" in page


def test_an_incident_is_taken_by_the_first_who_says_so(operator, orphan):
    address = reverse("fleet:incident-acknowledge", args=[orphan.pk])
    operator.post(address)
    second = Client()
    second.force_login(make_user("bob"))
    second.post(address)

    orphan.refresh_from_db()
    assert orphan.acknowledged_by == "ada"
    assert AuditEntry.objects.filter(verb="acknowledge incident").count() == 1
    assert "Taken by" in text(operator, "fleet:incident", orphan.pk)


def test_a_snooze_says_until_when(operator, orphan):
    address = reverse("fleet:incident-snooze", args=[orphan.pk])

    page = operator.post(address, {"hours": "2"}, follow=True).content.decode()

    assert "Nothing is sent about it until" in page and "Snoozed until" in page


@pytest.mark.parametrize(
    "hours", ["", "0", "-1", "169", "1.5", "٣", "9" * 500, "\x00", "x"]
)
def test_hours_that_can_not_be_get_a_sentence_and_change_nothing(operator, orphan, hours):
    snoozed = operator.post(
        reverse("fleet:incident-snooze", args=[orphan.pk]), {"hours": hours}
    )
    quiet = operator.post(reverse("fleet:maintenance-begin"), {"hours": hours}, follow=True)

    for answer in (snoozed, quiet):
        assert "write a whole number from 1 to 168" in answer.content.decode()
    orphan.refresh_from_db()
    assert orphan.snoozed_until is None and not MaintenanceWindow.objects.exists()


def test_a_comment_stands_under_its_incident_as_text(operator, orphan):
    address = reverse("fleet:incident-note", args=[orphan.pk])
    operator.post(address, {"text": "<script>alert(1)</script> called them"})
    refused = operator.post(address, {"text": " "}).content.decode()

    page = text(operator, "fleet:incident", orphan.pk)
    assert "&lt;script&gt;alert(1)&lt;/script&gt; called them" in page
    assert "The comment has 0 characters" in refused


def test_one_click_silences_a_pod_for_an_hour_and_its_page_says_so(operator, pod: Pod):
    assert "Maintenance</button>" in text(operator, "fleet:pod", pod.pk)

    operator.post(reverse("fleet:maintenance-begin"), {"hours": "1", "pod": str(pod.pk)})

    window = MaintenanceWindow.objects.get()
    assert (window.pod, window.ends_at - window.starts_at) == (pod, timedelta(hours=1))
    for name, arguments in (("fleet:pod", [pod.pk]), ("fleet:alerts", [])):
        assert f"Maintenance of {pod.name} until" in text(operator, name, *arguments)
    assert "Costs go on" in text(operator, "fleet:pod", pod.pk)
    assert "Maintenance of" not in text(operator, "fleet:list")


def test_one_click_silences_everything_from_the_fleets_page(operator, pod: Pod):
    operator.post(reverse("fleet:maintenance-begin"), {"hours": "1"})

    for name, arguments in (
        ("fleet:list", []),
        ("fleet:pod", [pod.pk]),
        ("fleet:deployment", [pod.deployment_id]),
    ):
        assert "Maintenance of everything until" in text(operator, name, *arguments)

    operator.post(
        reverse("fleet:maintenance-end", args=[MaintenanceWindow.objects.get().pk])
    )
    assert "Maintenance</button>" in text(operator, "fleet:list")


@pytest.mark.parametrize("pod", ["x", "-1", "9" * 50, "999999", "1 OR 1=1"])
def test_maintenance_of_no_pod_is_not_found(operator, pod):
    answer = operator.post(reverse("fleet:maintenance-begin"), {"hours": "1", "pod": pod})

    assert answer.status_code == 404 and not MaintenanceWindow.objects.exists()


@pytest.mark.parametrize(
    "name", ["incident-acknowledge", "incident-snooze", "incident-note"]
)
def test_a_viewer_reads_and_handles_nothing(viewer, orphan, name: str):
    answer = viewer.post(
        reverse(f"fleet:{name}", args=[orphan.pk]), {"hours": "1", "text": "x"}
    )

    assert answer.status_code == 403
    before = orphan.last_seen_at
    orphan.refresh_from_db()
    assert (orphan.acknowledged_at, orphan.snoozed_until) == (None, None)
    assert orphan.last_seen_at == before and not orphan.notes.exists()
    assert orphan.title.split()[0] in text(viewer, "fleet:incident", orphan.pk)


def test_a_viewer_silences_nothing(viewer, pod: Pod):
    assert (
        viewer.post(reverse("fleet:maintenance-begin"), {"hours": "1"}).status_code == 403
    )
    assert not MaintenanceWindow.objects.exists()


def test_a_trouble_that_does_not_count_yet_has_no_page(operator, orphan):
    Incident.objects.filter(pk=orphan.pk).update(opened_at=None)

    assert operator.get(reverse("fleet:incident", args=[orphan.pk])).status_code == 404
