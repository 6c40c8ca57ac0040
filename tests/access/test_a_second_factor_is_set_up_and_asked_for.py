import re

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from fleet.models import AuditEntry
from fleet.services.roles import Role
from kerne_site import login_links, second_factor
from kerne_site.models import ApiToken, Authenticator, BrowserSession, RecoveryCode
from tests.access.codes import code_of
from tests.factories import make_user

PASSWORD = "a-long-passphrase"
HOME = "/account/security/"


@pytest.fixture
def otto(operator: Client) -> User:
    return User.objects.get(username="otto")


def set_up(client: Client, user: User) -> list[str]:
    """The recovery codes of a second factor that is now on."""
    client.post(f"{HOME}begin/")
    device = Authenticator.objects.get(user=user)
    page = client.post(f"{HOME}finish/", {"code": code_of(device)}).content.decode()
    Authenticator.objects.update(last_step=-1)  # as if 30 seconds had passed
    return re.findall(r"^(?:.*>)?([a-z2-9]{5}-[a-z2-9]{5})(?:<.*)?$", page, re.MULTILINE)


def password(client: Client, **more: str):
    return client.post("/login/", {"username": "otto", "password": PASSWORD, **more})


def logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_the_page_shows_a_code_to_scan_and_the_secret_as_text(operator, otto):
    page = operator.post(f"{HOME}begin/").content.decode()

    device = Authenticator.objects.get(user=otto)
    assert device.secret in page
    picture = page.partition('class="qr"')[2].partition("</div>")[0]
    assert "<svg" in picture and "style=" not in picture and "<script" not in picture
    assert device.address.startswith("otpauth://totp/Kerne%3Aotto?secret=")
    assert not device.confirmed


def test_the_seed_is_ciphertext_and_recovery_codes_are_hashes(operator, otto):
    codes = set_up(operator, otto)

    seed = Authenticator.objects.get().key
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM kerne_authenticator")
        assert seed not in cursor.fetchone()[0]
        cursor.execute("SELECT code_hash FROM kerne_recovery_code")
        kept = str(cursor.fetchall())
    assert len(set(codes)) == RecoveryCode.objects.count() == 10
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_a_wrong_first_code_takes_nothing_in_use(operator, otto):
    operator.post(f"{HOME}begin/")
    answer = operator.post(f"{HOME}finish/", {"code": "000000"})

    assert answer.status_code == 422
    assert "This code is not right" in answer.content.decode()
    assert second_factor.authenticator_of(otto) is None


def test_the_password_alone_does_not_log_in_any_more(operator, otto):
    set_up(operator, otto)
    client = Client()

    answer = password(client, next="/jobs/")

    assert answer.url == "/login/code/?next=%2Fjobs%2F"
    assert not logged_in(client)
    assert client.get("/jobs/").status_code == 302
    answer = client.post(answer.url, {"code": code_of(Authenticator.objects.get())})
    assert (answer.url, logged_in(client)) == ("/jobs/", True)


def test_a_code_works_once(operator, otto):
    set_up(operator, otto)
    code = code_of(Authenticator.objects.get())
    for expected in (True, False):
        client = Client()
        password(client)
        client.post("/login/code/", {"code": code})
        assert logged_in(client) is expected


def test_a_recovery_code_works_once_and_is_audited(operator, otto):
    first = set_up(operator, otto)[0]
    for expected in (True, False):
        client = Client()
        password(client)
        client.post("/login/code/", {"code": f" {first.upper()} "})
        assert logged_in(client) is expected
    row = AuditEntry.objects.get(verb="use recovery code")
    assert (row.target, row.figures) == ("otto", {"left": 9})


def test_wrong_codes_make_the_next_one_wait(operator, otto):
    set_up(operator, otto)
    client = Client()
    password(client)
    client.post("/login/code/", {"code": "000000"})

    page = client.post("/login/code/", {"code": code_of(Authenticator.objects.get())})

    assert "Too many wrong codes; try again at" in page.content.decode()
    assert not logged_in(client)


@pytest.mark.parametrize(
    "code", ["", "\x00", "12345", "１２３４５６", "x" * 5000, "-1", "1e5"]
)
def test_nonsense_is_refused_with_a_sentence(operator, otto, code):
    set_up(operator, otto)
    client = Client()
    password(client)

    answer = client.post("/login/code/", {"code": code})

    assert answer.status_code == 422
    assert "This code is not right" in answer.content.decode()


def test_without_a_right_password_there_is_no_second_step(db, client):
    assert client.get("/login/code/").url == "/login/"
    assert client.post("/login/code/", {"code": "123456"}).url == "/login/"


def test_the_way_on_stays_inside(operator, otto):
    set_up(operator, otto)
    client = Client()
    password(client)

    answer = client.post(
        "/login/code/",
        {"code": code_of(Authenticator.objects.get()), "next": "https://evil.example/"},
    )

    assert answer.url == "/"


def test_a_login_link_asks_for_it_too(operator, otto):
    User.objects.filter(pk=otto.pk).update(is_superuser=True)
    set_up(operator, otto)
    link = login_links.make_link(base_url="", token="t" * 43, now=timezone.now())
    client = Client()

    assert client.post(link).url.startswith("/login/code/")
    assert not logged_in(client)


def test_setting_it_up_rotates_this_session_and_ends_the_others(operator, otto):
    elsewhere = Client()
    password(elsewhere)
    before = operator.session.session_key

    set_up(operator, otto)

    assert operator.session.session_key != before
    assert operator.get("/jobs/").status_code == 200
    assert elsewhere.get("/jobs/").status_code == 302
    assert not Session.objects.filter(session_key=before).exists()


def test_a_session_that_is_found_open_can_not_replace_it(operator, otto):
    set_up(operator, otto)
    seed = Authenticator.objects.get().key

    answer = operator.post(f"{HOME}begin/")

    assert "turn it off with its code first" in answer.content.decode()
    assert Authenticator.objects.get().key == seed
    assert operator.post(f"{HOME}off/", {"code": "000000"}).status_code == 422
    assert second_factor.authenticator_of(otto) is not None


def test_it_is_turned_off_with_its_code(operator, otto):
    set_up(operator, otto)

    operator.post(f"{HOME}off/", {"code": code_of(Authenticator.objects.get())})

    assert second_factor.authenticator_of(otto) is None
    assert not RecoveryCode.objects.exists()
    client = Client()
    password(client)
    assert logged_in(client)


def test_the_server_can_take_it_off(operator, otto):
    set_up(operator, otto)

    call_command("second_factor_off", "otto")

    assert second_factor.authenticator_of(otto) is None
    assert AuditEntry.objects.filter(verb="turn off second factor").exists()
    with pytest.raises(CommandError, match="has no second factor"):
        call_command("second_factor_off", "otto")


def test_where_it_is_required_nobody_acts_without(operator, otto, settings, viewer):
    settings.REQUIRE_SECOND_FACTOR = True

    answer = operator.post("/spending/stop/")
    assert answer.status_code == 403
    assert "set it up under Security" in answer.content.decode()
    assert viewer.get("/jobs/").status_code == 200
    assert operator.get(HOME).status_code == 200
    set_up(operator, otto)
    assert operator.post("/spending/stop/").status_code == 302


@pytest.mark.parametrize("scope", ["operate", "read"])
def test_a_token_that_acts_is_made_only_behind_the_second_factor(
    operator, otto, settings, scope
):
    settings.REQUIRE_SECOND_FACTOR = True
    fields = {"name": "script", "days": "9", "scope": scope}

    page = operator.post("/account/tokens/", fields).content.decode()

    if scope == "read":
        assert ApiToken.objects.get().scope == "read"
        return
    assert "has to log in with a second factor first" in page
    assert not ApiToken.objects.exists()
    assert AuditEntry.objects.get(verb="refused").target == "/account/tokens/"
    set_up(operator, otto)
    operator.post("/account/tokens/", fields)
    assert ApiToken.objects.get().scope == "operate"


def test_sessions_are_listed_and_one_can_be_ended(operator, otto):
    elsewhere = Client(headers={"User-Agent": "Lynx/2.9 \x07<b>"})
    password(elsewhere)
    row = BrowserSession.objects.get(session_key=elsewhere.session.session_key)

    page = operator.get(HOME).content.decode()
    assert "Lynx/2.9 &lt;b&gt;" in page and page.count("this one") == 1
    operator.post(f"/account/sessions/{row.pk}/end/")

    assert elsewhere.get("/jobs/").status_code == 302
    assert "Lynx" not in operator.get(HOME).content.decode()


def test_the_sessions_of_others_are_not_there(operator, viewer):
    row = BrowserSession.objects.get(user__username="vera")

    assert operator.post(f"/account/sessions/{row.pk}/end/").status_code == 404
    assert viewer.get("/jobs/").status_code == 200


def test_an_admin_sees_who_has_one(admin, operator, otto):
    make_user("nina", role=Role.VIEWER)
    before = admin.get("/account/people/").content.decode().count(">on</span>")

    set_up(operator, otto)

    after = admin.get("/account/people/").content.decode()
    assert (before, after.count(">on</span>")) == (0, 1)
