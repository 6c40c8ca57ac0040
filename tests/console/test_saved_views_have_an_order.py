"""Saved views stand in the order that their person gave them, by buttons."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from fleet.models import SavedView
from tests.factories import make_user


def keep(client: Client, *names: str) -> None:
    for name in names:
        client.post("/views/", {"name": name, "address": f"/jobs/?of={name}"})


def order_of(client: Client) -> list[str]:
    """As they stand beside the pages."""
    page = client.get("/jobs/").content.decode()
    found = {page.index(f"?of={view.name}"): view.name for view in SavedView.objects.all()}
    return [found[at] for at in sorted(found)]


def move(client: Client, name: str, direction: str):
    pk = SavedView.objects.get(name=name).pk
    return client.post(f"/views/{pk}/move/", {"direction": direction})


def test_a_new_one_stands_last(operator: Client):
    keep(operator, "zeta", "alpha", "mid")

    assert order_of(operator) == ["zeta", "alpha", "mid"]


def test_they_move_up_and_down_and_no_further_than_their_ends(operator: Client):
    keep(operator, "a", "b", "c")

    move(operator, "c", "up")
    assert order_of(operator) == ["a", "c", "b"]
    move(operator, "a", "down")
    move(operator, "a", "down")
    move(operator, "a", "down")
    assert order_of(operator) == ["c", "b", "a"]
    move(operator, "c", "up")
    assert order_of(operator) == ["c", "b", "a"]


def test_views_of_before_stand_by_name_until_one_is_moved(operator: Client):
    keep(operator, "b", "a", "c")
    SavedView.objects.update(position=0)

    assert order_of(operator) == ["a", "b", "c"]
    move(operator, "c", "up")
    assert order_of(operator) == ["a", "c", "b"]


def test_the_same_name_again_keeps_its_place(operator: Client):
    keep(operator, "a", "b")
    keep(operator, "a")

    assert order_of(operator) == ["a", "b"]


def test_the_buttons_say_what_they_move_and_end_at_the_ends(operator: Client):
    keep(operator, "a", "b")

    page = operator.get("/views/").content.decode()

    assert 'aria-label="Move a up" title="Up" disabled' in page
    assert 'aria-label="Move a down" title="Down">' in page
    assert 'aria-label="Move b down" title="Down" disabled' in page


@pytest.mark.parametrize("direction", ["", "sideways", "\x00"])
def test_another_direction_gets_a_sentence_and_moves_nothing(
    operator: Client, direction: str
):
    keep(operator, "a", "b")

    answer = move(operator, "b", direction)

    assert "write up or down" in operator.get(answer["Location"]).content.decode()
    assert order_of(operator) == ["a", "b"]


def test_nobody_moves_another_s(operator: Client):
    keep(operator, "a", "b")
    other = Client()
    other.force_login(make_user("bob"))

    assert move(other, "b", "up").status_code == 404
    assert order_of(operator) == ["a", "b"]
    assert User.objects.count() == 2
