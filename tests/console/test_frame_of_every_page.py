import re

import pytest
from django.test import Client, override_settings

from fleet.models import Pod
from fleet.navigation import SECTIONS
from fleet.services.roles import Role
from tests.factories import make_user

PAGES = [
    "/",
    "/fleet/",
    "/fleet/order/",
    "/jobs/",
    "/alerts/",
    "/prices/",
    "/prices/take-rate/",
    "/account/tokens/",
]


@pytest.mark.parametrize("address", PAGES)
def test_the_page_has_no_inline_script_and_no_foreign_file(
    operator: Client, pod: Pod, address: str
):
    page = operator.get(address).content.decode()

    assert not re.search(r"<script(?![^>]*\bsrc=)", page)
    assert not re.search(r"\son\w+=", page)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)


@pytest.mark.parametrize("address", PAGES)
def test_play_money_is_unmistakable(operator: Client, pod: Pod, address: str):
    assert "Sandbox cloud: play money" in operator.get(address).content.decode()


@override_settings(KERNE_SANDBOX=False)
def test_a_real_account_has_no_ribbon(operator: Client, pod: Pod):
    assert "play money" not in operator.get("/fleet/").content.decode()


@pytest.mark.parametrize(("cookie", "density"), [("dense", "dense"), ("7", "roomy")])
def test_the_height_of_rows_comes_with_the_page(
    operator: Client, cookie: str, density: str
):
    operator.cookies["kerne-density"] = cookie

    assert f'data-density="{density}"' in operator.get("/jobs/").content.decode()


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("<b>", "auto")])
def test_the_theme_comes_with_the_page(operator: Client, cookie: str, theme: str):
    operator.cookies["kerne-theme"] = cookie

    assert f'data-theme="{theme}"' in operator.get("/jobs/").content.decode()


def test_the_page_that_one_is_on_is_marked(operator: Client):
    assert marked(operator, "/fleet/order/", "page") == ["/fleet/order/"]


def test_the_overview_is_marked_on_its_own_address_only(operator: Client):
    assert marked(operator, "/", "page") == ["/"]
    assert marked(operator, "/jobs/", "page") == ["/jobs/"]


@pytest.mark.parametrize(
    ("address", "section", "page"),
    [
        ("/prices/take-rate/", "/market/", "/prices/take-rate/"),
        ("/offers/", "/plan/", "/offers/"),
        ("/books/month/", "/profit/", "/books/month/"),
        ("/account/tokens/", "/guardrails/", "/account/tokens/"),
        ("/alerts/", "/jobs/", "/alerts/"),
    ],
)
def test_the_section_that_holds_the_page_is_marked(
    operator: Client, address: str, section: str, page: str
):
    assert marked(operator, address, "true") == [section]
    assert marked(operator, address, "page") == [page]


def test_a_page_below_another_marks_the_one_it_lies_in(operator: Client, pod: Pod):
    assert marked(operator, f"/fleet/pods/{pod.pk}/", "true")[:2] == ["/fleet/"] * 2
    assert marked(operator, "/account/password/", "true")[-1] == "/account/security/"


def test_only_an_admin_is_shown_the_pages_of_admins(operator: Client):
    client = Client()
    client.force_login(make_user("eve", role=Role.ADMIN))

    assert "/account/people/" not in operator.get("/guardrails/").content.decode()
    assert "/account/people/" in client.get("/guardrails/").content.decode()


def marked(client: Client, address: str, how: str) -> list[str]:
    """The links of the frame that say that one is there, in their order."""
    page = client.get(address).content.decode()
    return re.findall(rf'<a href="([^"]+)"[^>]*aria-current="{how}"', page)


def test_requests_of_fragments_carry_the_token_once_on_the_body(operator: Client):
    page = operator.get("/jobs/").content.decode()

    assert re.search(r"""<body hx-headers='{"X-CSRFToken": "\w{64}"}'>""", page)


def test_a_wrong_address_says_so_inside_the_frame(operator: Client):
    answer = operator.get("/nowhere/")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_no_two_pages_have_the_same_key() -> None:
    keys = [page.key for section in SECTIONS for page in section.pages if page.key]

    assert sorted(set(keys)) == sorted(keys)
