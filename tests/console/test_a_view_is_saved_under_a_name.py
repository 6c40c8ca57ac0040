import pytest
from django.contrib.auth.models import User
from django.test import Client

from fleet.models import SavedView
from fleet.services.saved_views import MOST_VIEWS
from tests.factories import make_user

LOSSES = {"name": "losses", "address": "/profit/?begin=2026-11-01&model=llama"}


def frame_of(client: Client) -> str:
    return client.get("/jobs/").content.decode()


def test_a_page_with_its_filters_stands_beside_the_pages(operator: Client):
    answer = operator.post("/views/", LOSSES)

    assert (answer.status_code, answer.headers["Location"]) == (302, LOSSES["address"])
    assert 'href="/profit/?begin=2026-11-01&amp;model=llama"' in frame_of(operator)


def test_a_viewer_keeps_views_too(db: None):
    client = Client()
    client.force_login(User.objects.create_user("vera"))

    assert client.post("/views/", LOSSES).status_code == 302


def test_somebody_else_sees_none_of_mine_and_forgets_none(operator: Client):
    operator.post("/views/", LOSSES)
    other = Client()
    other.force_login(make_user("bob"))

    assert "losses" not in frame_of(other)
    assert other.post(f"/views/{SavedView.objects.get().pk}/forget/").status_code == 404
    assert SavedView.objects.count() == 1


def test_the_same_name_takes_the_new_address(operator: Client):
    operator.post("/views/", LOSSES)
    operator.post("/views/", LOSSES | {"address": "/books/"})

    assert SavedView.objects.get().address == "/books/"


def test_a_forgotten_view_is_gone(operator: Client):
    operator.post("/views/", LOSSES)
    operator.post(f"/views/{SavedView.objects.get().pk}/forget/")

    frame_of(operator)  # shows the messages of both
    assert "losses" not in frame_of(operator)


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/profit/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "/no/such/page/",
        "",
        "/profit/?" + "x" * 1000,
    ],
)
def test_an_address_that_is_not_ours_gets_a_sentence(operator: Client, address: str):
    answer = operator.post("/views/", {"name": "odd", "address": address})
    page = answer.content.decode()

    assert answer.status_code == 200 and "The address" in page
    assert SavedView.objects.count() == 0


@pytest.mark.parametrize("name", ["", "   ", "x" * 41, "a\x07b"])
def test_a_name_that_cannot_be_read_gets_a_sentence(operator: Client, name: str):
    page = operator.post("/views/", LOSSES | {"name": name}).content.decode()

    assert "write 1 to 40 that can be read" in page
    assert SavedView.objects.count() == 0


def test_there_is_an_end_to_views(operator: Client):
    for number in range(MOST_VIEWS):
        operator.post("/views/", LOSSES | {"name": f"view {number}"})
    page = operator.post("/views/", LOSSES).content.decode()

    assert f"You keep {MOST_VIEWS} views already" in page
    assert SavedView.objects.count() == MOST_VIEWS
