from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from economics.calc.guardrails import Rule
from economics.models import GuardrailLimit, GuardrailTrip
from economics.services.guardrails.check import check
from economics.services.guardrails.limits import SHIPPED, ensure_limits
from fleet.models import AuditEntry, Fleet
from fleet.services.roles import Role
from tests import factories
from tests.factories import make_user

PAGE, LIVE, LIMIT = "/guardrails/", "/guardrails/live/", "/guardrails/limit/"
pytestmark = pytest.mark.django_db


def browser(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(role.value, role=role))
    return client


@pytest.fixture
def admin(db: None) -> Client:
    return browser(Role.ADMIN)


@pytest.fixture
def viewer(db: None) -> Client:
    return browser(Role.VIEWER)


@pytest.fixture
def losing(db: None) -> Fleet:
    """A fleet that spends $8/h since two hours, with a daily limit that it reached."""
    now = timezone.now()
    fleet = factories.make_fleet(name="Tier 2")
    own = factories.make_deployment(
        fleet=fleet, slug="glm-5", created_at=now - timedelta(days=1), container_disk_gb=0
    )
    factories.make_pod(
        deployment=own,
        usd_per_pod_hour=Decimal(8),
        requested_at=now - timedelta(minutes=2),
        billed_from=now - timedelta(minutes=2),
        ready_at=now,
    )
    return fleet


def fields(**changes: str) -> dict[str, str]:
    return {"rule": "daily_loss", "warn": "50", "refuse": "100", **changes}


def test_it_shows_each_limit_beside_its_value(viewer, losing):
    ensure_limits(now=timezone.now() - timedelta(hours=1))

    page = viewer.get(PAGE).content.decode()

    assert page.count('<th scope="row" class="row-title wrap"><strong>') == len(SHIPPED)
    assert "$8.00/h" in page and "$80.00/h" in page


def test_without_limits_it_says_when_they_come(viewer):
    assert "No limit yet" in viewer.get(PAGE).content.decode()


def test_an_open_trip_is_named_here_and_on_the_overview(viewer, losing):
    limited = browser(Role.ADMIN)
    limited.post(LIMIT, {"rule": "committed", "warn": "8"})
    check(now=timezone.now())

    for address in (PAGE, LIVE, "/", "/overview/alarms/"):
        page = viewer.get(address).content.decode()
        assert (
            "ommitted spend of all fleets is $8.00/h, exactly at the limit of $8.00/h"
            in page
        ), address
    assert '<span class="tag late">open</span>' in viewer.get(PAGE).content.decode()


def test_a_trip_that_is_over_stays_in_the_history_with_what_was_done(viewer, losing, admin):
    admin.post(LIMIT, {"rule": "committed", "drain": "8"})
    check(now=timezone.now())
    GuardrailTrip.objects.update(
        closed_at=timezone.now(), closed_because="The value is back on the good side: 0.00."
    )

    page = viewer.get(PAGE).content.decode()

    assert "Ended glm-5 (1 pod)." in page
    assert "The value is back on the good side" in page


def test_an_admin_sets_a_limit_which_is_a_new_version_and_audited(admin):
    admin.post(LIMIT, fields())
    page = admin.post(LIMIT, fields(refuse="120", note="a bad week"), follow=True)

    assert (
        "Daily loss of all fleets: version 2 counts from now on." in page.content.decode()
    )
    newest, first = GuardrailLimit.objects.order_by("-version")
    assert (newest.refuse, first.refuse) == (Decimal(120), Decimal(100))
    entry = AuditEntry.objects.filter(verb="set guardrail").latest("pk")
    assert entry.acting_user == "admin"
    assert (entry.figures["was"]["refuse"], entry.figures["becomes"]["refuse"]) == (
        "100.0000",
        "120",
    )


def test_the_form_begins_with_the_numbers_that_count_now(admin):
    admin.post(LIMIT, fields())

    page = admin.get(LIMIT, {"rule": "daily_loss"}).content.decode()

    assert 'name="refuse" value="100"' in page and "$100.00" in page


def test_a_limit_can_be_a_fleets_own_and_can_be_switched_off(admin, losing):
    admin.post(LIMIT, fields(fleet=str(losing.pk)))
    page = admin.post(
        LIMIT, {"rule": "daily_loss", "fleet": str(losing.pk)}, follow=True
    ).content.decode()

    assert GuardrailLimit.objects.filter(fleet=losing).count() == 2
    assert "Daily loss of Tier 2 is switched off." in page


def test_a_later_start_counts_from_then(admin):
    start = (timezone.now() + timedelta(days=1)).replace(microsecond=0)

    admin.post(LIMIT, fields(effective_from=f"{start:%Y-%m-%d %H:%M}"))

    assert GuardrailLimit.objects.get().effective_from == start.replace(second=0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"refuse": "40"}, "The number to refuse is $40.00, but to warn it is $50.00"),
        ({"warn": "-1"}, "The number to warn is -1; write 0 or more USD."),
        ({"warn": "viel"}, "Warn is &#x27;viel&#x27;; write a number such as 50."),
        ({"warn": "99999999"}, "The number to warn is 99999999; write at most 10,000,000"),
        ({"warn": "0.00001"}, "it can have 4 decimals."),
        ({"effective_from": "soon"}, "write a time such as 2026-03-01 14:00."),
        ({"effective_from": "2020-01-01 00:00"}, "which is past; leave it empty for now"),
        ({"note": "x" * 200}, "Why has 200 characters; write at most 120."),
        (
            {"rule": "runway", "warn": "1", "refuse": "2"},
            "The number to refuse is 2.00 h, but to warn it is 1.00 h; write at most",
        ),
        (
            {"rule": "exposure", "counted_from": "yesterday"},
            "First day is &#x27;yesterday&#x27;; write a day such as 2026-03-01.",
        ),
        (
            {"rule": "exposure", "counted_from": "2999-01-01"},
            "in the future; choose today or earlier.",
        ),
    ],
)
def test_nonsense_gets_its_sentence_and_nothing_is_saved(admin, changes, sentence):
    page = admin.post(LIMIT, fields(**changes)).content.decode()

    assert sentence in page
    assert not GuardrailLimit.objects.exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rule": "nothing"}, "Rule is &#x27;nothing&#x27;; choose one from the list."),
        ({"rule": ""}, "Rule is &#x27;&#x27;; choose one from the list."),
        ({"fleet": "9" * 30}, "choose one from the list, or all."),
        ({"fleet": "²"}, "choose one from the list, or all."),
    ],
)
def test_a_target_that_does_not_exist_leads_back_with_a_sentence(admin, changes, sentence):
    page = admin.post(LIMIT, fields(**changes), follow=True).content.decode()

    assert sentence in page
    assert not GuardrailLimit.objects.exists()


def test_the_runway_belongs_to_the_whole_account(admin, losing):
    page = admin.post(
        LIMIT, {"rule": "runway", "fleet": str(losing.pk), "warn": "24", "refuse": "1"}
    ).content.decode()

    assert "The runway belongs to the whole account; choose all fleets" in page


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_only_an_admin_sets_limits(role):
    client = browser(role)

    assert client.post(LIMIT, fields()).status_code == 403
    assert not GuardrailLimit.objects.exists()
    assert LIMIT not in client.get(PAGE).content.decode()


def test_the_shipped_limits_are_set_once_and_never_over_somebodys_own(admin):
    admin.post(LIMIT, fields(refuse="7777"))

    assert ensure_limits(now=timezone.now()) == len(SHIPPED) - 1
    assert ensure_limits(now=timezone.now()) == 0
    own = GuardrailLimit.objects.get(rule=Rule.DAILY_LOSS)
    assert own.refuse == 7777


@pytest.mark.parametrize("address", [PAGE, LIVE])
def test_it_asks_the_database_few_times(viewer, losing, address):
    ensure_limits(now=timezone.now() - timedelta(hours=1))
    with CaptureQueriesContext(connection) as queries:
        assert viewer.get(address).status_code == 200

    # Three of the frame; seven are for volumes and endpoints, strays too.
    assert len(queries) <= 33
