"""The plan page draws which input moves the chosen option's profit most."""

from collections.abc import Callable

from django.test import Client

LLAMA = "/plan/?model=llama-3.1-8b"
FIGURE = "/plan/tornado.json?model=llama-3.1-8b"


def test_it_is_drawn_when_the_speed_is_known(
    planner: Client, answer_speeds: Callable[[], None]
):
    planner.get(LLAMA)
    answer_speeds()

    drawn = planner.get(FIGURE).json()

    assert drawn["empty"] == ""
    assert drawn["caption"].startswith("As asked it earns ")
    assert " a day; " in drawn["caption"] and " moves it most: " in drawn["caption"]
    assert {trace["name"] for trace in drawn["figure"]["data"]} == {"low", "high"}


def test_the_table_has_the_values_at_both_ends(
    planner: Client, answer_speeds: Callable[[], None]
):
    planner.get(LLAMA)
    answer_speeds()

    page = planner.get("/plan/tornado/table/?model=llama-3.1-8b").content.decode()

    assert '<th scope="row">utilization</th>' in page
    assert "40%" in page and "60%" in page and "20% to either side" in page


def test_without_a_speed_it_says_why(planner: Client):
    assert "The speed of this option is not known" in planner.get(FIGURE).json()["empty"]


def test_a_chart_that_there_is_not_is_not_found(planner: Client):
    assert planner.get("/plan/nonsense/table/").status_code == 404
