from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client

from kerne_site.models import BrowserSession, LoginToken
from kerne_site.tidying import tidy_logins
from tests.factories import NOW, make_user

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def session(key: str, *, ends) -> Session:
    return Session.objects.create(session_key=key, session_data="x", expire_date=ends)


def note(key: str, *, at=NOW - DAY) -> BrowserSession:
    return BrowserSession.objects.create(
        session_key=key,
        user=make_user(f"user-{key}"),
        ip_address="10.0.0.1",
        user_agent="x",
        logged_in_at=at,
    )


def wrong_login(name: str, *, at) -> None:
    row = AccessAttempt.objects.create(
        username=name, ip_address="10.0.0.1", user_agent="x", failures_since_start=5
    )
    AccessAttempt.objects.filter(pk=row.pk).update(attempt_time=at)


def link(name: str, *, made, used=None, good_until=None) -> None:
    LoginToken.objects.create(
        token_hash=name, created_at=made, used_at=used, good_until=good_until
    )


def test_an_expired_session_goes_with_its_note_and_a_standing_one_stays():
    session("over", ends=NOW)
    session("stands", ends=NOW + MINUTE)
    note("over")
    note("stands")

    assert tidy_logins(now=NOW).startswith("deleted 1 sessions, 1 notes of sessions")

    assert [row.session_key for row in Session.objects.all()] == ["stands"]
    assert [row.session_key for row in BrowserSession.objects.all()] == ["stands"]


def test_a_login_that_is_noted_just_now_keeps_its_note():
    note("young", at=NOW - MINUTE)

    tidy_logins(now=NOW)

    assert BrowserSession.objects.count() == 1


def test_who_is_logged_in_stays_logged_in():
    client = Client()
    client.force_login(make_user("ada"))
    begin = Session.objects.get().expire_date - timedelta(hours=12)

    tidy_logins(now=begin + timedelta(hours=11))

    assert client.get("/account/security/").status_code == 200


def test_a_count_of_wrong_logins_goes_when_its_lockout_is_over_and_not_before():
    wrong_login("over", at=NOW - 15 * MINUTE)
    wrong_login("locked", at=NOW - 14 * MINUTE)

    tidy_logins(now=NOW)

    assert [row.username for row in AccessAttempt.objects.all()] == ["locked"]


def test_links_go_a_day_after_their_time():
    link("invitation over", made=NOW - 4 * DAY, good_until=NOW - DAY)
    link("invitation just over", made=NOW - 4 * DAY, good_until=NOW - DAY + MINUTE)
    link("used", made=NOW - 2 * DAY, used=NOW - DAY, good_until=NOW + DAY)
    link("owner's, over", made=NOW - DAY - 15 * MINUTE)
    link("owner's, just over", made=NOW - DAY)

    tidy_logins(now=NOW)

    left = set(LoginToken.objects.values_list("token_hash", flat=True))
    assert left == {"invitation just over", "used", "owner's, just over"}


def test_many_rows_go_slice_by_slice():
    for n in range(7):
        session(f"s{n}", ends=NOW - MINUTE)

    assert "deleted 7 sessions" in tidy_logins(now=NOW, per_slice=3)
