"""A person chooses the zone in which times are shown; the days of the books stay UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from fleet.models import AuditEntry
from fleet.services import audit
from fleet.services.roles import Role
from fleet.shown_zone import (
    UTC_NAME,
    ZoneUnknown,
    shown_in,
    shown_time,
    shown_zone,
    zone_named,
)
from fleet.templatetags.console import clock, utc, when
from kerne_site.accounts import AccountBackend
from kerne_site.models import OwnZone
from kerne_site.zones import set_zone, zone_of
from tests.factories import make_user

PAGE = "/account/time-zone/"
EVENING = datetime(2026, 3, 4, 23, 20, 5, tzinfo=UTC)
BERLIN, INDIA = "Europe/Berlin", "Asia/Kolkata"


def client_of(name: str, role: Role = Role.VIEWER) -> Client:
    client = Client()
    client.force_login(make_user(name, role=role))
    return client


def test_without_anybody_who_looks_it_is_utc():
    assert shown_zone().key == UTC_NAME
    assert shown_time(EVENING) == "2026-03-04 23:20 UTC"


def test_an_instant_is_shown_in_the_zone_with_its_short_name():
    with shown_in(lambda: BERLIN):
        assert shown_time(EVENING) == "2026-03-05 00:20 CET"
        assert str(when(EVENING)) == (
            '<time datetime="2026-03-04T23:20:05+00:00" title="2026-03-04 23:20:05 UTC">'
            "2026-03-05 00:20:05</time> CET"
        )
        assert str(clock(EVENING.replace(month=7))).endswith(">01:20 CEST</time>")

    assert shown_time(EVENING).endswith("UTC")


def test_what_is_of_the_books_is_utc_in_every_zone():
    with shown_in(lambda: INDIA):
        assert ">2026-03-04 23:20:05</time>" in utc(EVENING)
        assert timezone.get_current_timezone() == ZoneInfo("UTC")


def test_a_zone_that_is_gone_from_the_list_is_shown_as_utc():
    with shown_in(lambda: "Mars/Olympus"):
        assert shown_time(EVENING).endswith("UTC")


@pytest.mark.parametrize("text", ["Europe/Berlin", " europe/berlin ", "EUROPE/BERLIN"])
def test_a_name_is_taken_however_it_is_written(text: str):
    assert zone_named(text) == BERLIN


@pytest.mark.parametrize("text", ["", "CEST", "+02:00", "../etc/passwd", "\0", "é" * 400])
def test_another_name_is_refused_with_what_would_be_right(text: str):
    with pytest.raises(ZoneUnknown, match="write a name of the IANA list, such as UTC"):
        zone_named(text)


@pytest.mark.django_db
def test_the_page_keeps_it_and_every_page_follows():
    client = client_of("ada")

    answer = client.post(PAGE, {"zone": "asia/kolkata"}, follow=True).content.decode()

    assert "Times are shown in Asia/Kolkata for you from now on." in answer
    page = client.get("/jobs/").content.decode()
    assert "</time> IST</span>" in page
    assert 'Times in <a href="/account/time-zone/">Asia/Kolkata</a>' in page
    assert "Accounting days are UTC, 00:00 to 24:00" in page


@pytest.mark.django_db
def test_a_wrong_name_changes_nothing_and_stays_in_the_field():
    client = client_of("ada")
    client.post(PAGE, {"zone": BERLIN})

    answer = client.post(PAGE, {"zone": "Berlin <b>"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert (
        "Time zone is &#x27;Berlin &lt;b&gt;&#x27;; write a name of the IANA list" in page
    )
    assert OwnZone.objects.get().name == BERLIN


@pytest.mark.django_db
def test_it_is_one_s_own():
    ada, bob = client_of("ada"), client_of("bob")
    ada.post(PAGE, {"zone": BERLIN})

    page = bob.get("/jobs/").content.decode()

    assert "</time> UTC</span>" in page and BERLIN not in page


@pytest.mark.django_db
def test_a_file_is_utc_whatever_the_reader_chose():
    client = client_of("ada", Role.ADMIN)
    client.post(PAGE, {"zone": INDIA})
    audit.record("look", "it", acting_user="ada", now=EVENING)

    assert AuditEntry.objects.filter(verb="look").exists()
    told = client.get("/audit/audit.csv").content.decode()
    assert "2026-03-04T23:20:05" in told and "04:50" not in told
    assert "04:50:05</time> IST" in client.get("/audit/").content.decode()


@pytest.mark.django_db
def test_nobody_without_a_login_sees_the_page():
    assert Client().get(PAGE).status_code == 302


@pytest.mark.django_db
def test_the_zone_is_read_with_the_account(django_assert_num_queries):

    user = make_user("ada")
    assert isinstance(user, User)
    set_zone(user, BERLIN)

    with django_assert_num_queries(1):
        read = AccountBackend().get_user(user.pk)
        assert read is not None and zone_of(read) == BERLIN
