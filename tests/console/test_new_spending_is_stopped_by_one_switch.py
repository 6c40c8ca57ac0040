import pytest
from django.test import Client

from fleet.models import AuditEntry, Pod, SpendingStop
from fleet.services.roles import Role
from tests.factories import make_user

STOP, RELEASE = "/spending/stop/", "/spending/release/"
PAGES = ["/", "/fleet/", "/jobs/", "/prices/", "/plan/", "/offers/", "/account/tokens/"]


@pytest.fixture
def boss(db: None) -> Client:
    """A client of somebody who may do everything."""
    client = Client()
    client.force_login(make_user("grace", is_superuser=True))
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    client = Client()
    client.force_login(make_user("vera", role=Role.VIEWER))
    return client


@pytest.mark.parametrize("address", PAGES)
def test_every_page_has_the_switch_and_says_when_it_is_pulled(
    boss: Client, pod: Pod, address: str
):
    before = boss.get(address).content.decode()
    boss.post(STOP, {"reason": "the bill looks wrong"})
    after = boss.get(address).content.decode()

    assert f'href="{STOP}"' in before and "New spending is stopped." not in before
    assert "New spending is stopped." in after
    assert "stopped by grace: the bill looks wrong" in after


def test_the_heartbeat_of_a_page_brings_banner_and_switch(boss: Client):
    boss.post(STOP)

    part = boss.get("/silence/", headers={"HX-Request": "true"}).content.decode()

    assert "New spending is stopped." in part
    assert '<span id="spending-switch" hx-swap-oob="true">' in part


def test_pulling_it_is_audited_and_pulling_it_twice_keeps_the_first(boss: Client):
    boss.post(STOP, {"reason": "first"})
    boss.post(STOP, {"reason": "second"})

    assert SpendingStop.objects.get().reason == "first"
    entry = AuditEntry.objects.get(verb="stop new spending")
    assert (entry.acting_user, entry.figures) == ("grace", {"reason": "first"})


def test_it_is_released_only_with_a_reason(boss: Client):
    boss.post(STOP)

    page = boss.post(RELEASE, {"reason": "  "}).content.decode()

    assert "The reason is empty; write what changed" in page
    assert SpendingStop.objects.get().released_at is None


def test_a_release_with_a_reason_is_audited_and_takes_the_banner_away(boss: Client):
    boss.post(STOP)

    page = boss.post(RELEASE, {"reason": "bill checked"}, follow=True).content.decode()

    assert "New spending is stopped." not in page
    row = SpendingStop.objects.get()
    assert (row.released_by, row.release_reason) == ("grace", "bill checked")
    assert AuditEntry.objects.filter(verb="release new spending").count() == 1


@pytest.mark.parametrize("reason", ["x" * 301, "a\x00b"])
def test_a_reason_that_can_not_be_kept_gets_a_sentence_and_changes_nothing(
    boss: Client, reason: str
):
    page = boss.post(STOP, {"reason": reason}).content.decode()

    assert "The reason has" in page
    assert not SpendingStop.objects.exists()


def test_a_viewer_sees_the_state_and_can_not_change_it(viewer: Client, boss: Client):
    assert viewer.post(STOP).status_code == 403
    assert not SpendingStop.objects.exists()
    boss.post(STOP)

    page = viewer.get("/jobs/").content.decode()

    assert "An operator can release it." in page
    assert f'href="{RELEASE}"' not in page
    assert viewer.post(RELEASE, {"reason": "please"}).status_code == 403
    assert SpendingStop.objects.get().released_at is None


def test_opening_the_confirmation_changes_nothing(boss: Client):
    assert "Stop new spending?" in boss.get(STOP).content.decode()
    assert not SpendingStop.objects.exists()


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "x"])
def test_the_way_back_leads_to_our_own_pages_only(boss: Client, next_page: str):
    assert boss.post(STOP, {"next": next_page}).url == "/"


def test_the_way_back_is_the_page_that_one_came_from(boss: Client):
    page = boss.get(STOP, headers={"Referer": "http://testserver/jobs/"})

    assert 'name="next" value="/jobs/"' in page.content.decode()
    assert boss.post(STOP, {"next": "/jobs/"}).url == "/jobs/"
