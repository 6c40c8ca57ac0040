import re

import pytest
from django.test import Client, override_settings

from fleet import context
from fleet.models import Pod

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


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("<b>", "auto")])
def test_the_theme_comes_with_the_page(operator: Client, cookie: str, theme: str):
    operator.cookies["kerne-theme"] = cookie

    assert f'data-theme="{theme}"' in operator.get("/jobs/").content.decode()


def test_the_page_that_one_is_on_is_marked(operator: Client):
    page = operator.get("/fleet/order/").content.decode()

    marked = re.findall(r'<a href="([^"]+)"[^>]*aria-current="page"', page)
    assert marked == ["/fleet/order/"]


@pytest.mark.parametrize(("address", "marked"), [("/", ["/"]), ("/account/tokens/", [])])
def test_the_overview_is_marked_on_its_own_address_only(
    operator: Client, address: str, marked: list[str]
):
    page = operator.get(address).content.decode()

    assert re.findall(r'<a href="([^"]+)"[^>]*aria-current="page"', page) == marked


def test_requests_of_fragments_carry_the_token_once_on_the_body(operator: Client):
    page = operator.get("/jobs/").content.decode()

    assert re.search(r"""<body hx-headers='{"X-CSRFToken": "\w{64}"}'>""", page)


def test_a_wrong_address_says_so_inside_the_frame(operator: Client):
    answer = operator.get("/nowhere/")

    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()


def test_every_page_has_a_key_of_its_own() -> None:
    keys = [key for _, _, key, _ in context.PAGES]

    assert sorted(set(keys)) == sorted(keys)
