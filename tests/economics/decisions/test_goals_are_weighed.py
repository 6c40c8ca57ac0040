from decimal import Decimal

import pytest

from economics.calc.decide import SHIPPED_GOALS
from economics.models import GoalVersion
from economics.selectors.policies import goal_of, goal_rows
from economics.services.goals import MOST_GOALS, WantedGoal, set_goal, take_off
from economics.services.policies import PolicyRefused
from fleet.models import AuditEntry
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def wanted(key: str = "", title: str = "Sleep well", **weights: str) -> WantedGoal:
    return WantedGoal(key, title, weights or {"safety": "1"})


def put(goal: WantedGoal) -> GoalVersion:
    return set_goal(goal, acting_user="ada", now=NOW)


def test_the_founding_plans_four_goals_ship():
    assert tuple(goal_of(row) for row in goal_rows()) == SHIPPED_GOALS


def test_an_operator_adds_a_goal_with_weights():
    put(wanted(safety="2", difference="0.5"))

    goal = goal_of(goal_rows()[-1])
    assert goal.title == "Sleep well"
    assert {each.value: weight for each, weight in goal.weights.items()} == {
        "safety": Decimal(2),
        "difference": Decimal("0.5"),
    }
    assert AuditEntry.objects.get(verb="set goal").acting_user == "ada"


def test_weights_are_changed_by_a_new_version():
    put(WantedGoal("earn-today", "Start earning today", {"profit": "1"}))

    first = goal_rows()[0]
    assert (first.key, first.version, first.weights) == ("earn-today", 2, {"profit": "1"})
    assert AuditEntry.objects.get(verb="set goal").figures["was"] == {
        "profit": "0.5",
        "safety": "0.5",
    }


def test_a_goal_is_taken_off_and_can_come_back():
    put(wanted())

    take_off("sleep-well", acting_user="ada", now=NOW)
    assert "sleep-well" not in [row.key for row in goal_rows()]
    assert take_off("sleep-well", acting_user="ada", now=NOW) is None

    put(wanted())
    assert "sleep-well" in [row.key for row in goal_rows()]


@pytest.mark.parametrize(
    ("goal", "field", "begin"),
    [
        (wanted(title=""), "title", "Goal has 0 characters"),
        (wanted(title="x" * 81), "title", "Goal has 81 characters"),
        (wanted(title="a\x00b"), "title", "Goal has 3 characters"),
        (wanted(profit="-1"), "profit", "Weight on profit is '-1'; write 0 to 100"),
        (wanted(profit="1e3"), "profit", "Weight on profit is '1e3'"),
        (wanted(profit="٣"), "profit", "Weight on profit is '٣'"),
        (wanted(profit="0"), "profit", "Every weight is 0"),
        (wanted(title="Differentiate"), "title", "There is a goal 'Differentiate' already"),
        (wanted(key="nobody"), "", "This goal is not on the matrix any more."),
        (
            WantedGoal("reach", "Reach more", {"profit": "1"}, target="a lot"),
            "target",
            "Target is 'a lot'; write USD a day above 0",
        ),
    ],
)
def test_a_wrong_goal_gets_a_sentence_and_is_not_saved(goal, field, begin):
    with pytest.raises(PolicyRefused) as refused:
        put(goal)

    assert list(refused.value.errors) == [field]
    assert refused.value.errors[field].startswith(begin)
    assert GoalVersion.objects.count() == 4


def test_titles_that_read_alike_are_goals_of_their_own():
    for title in ("日本", "東京", "Earn today!!", "x" * 60 + "a", "x" * 60 + "b"):
        put(wanted(title=title))

    titles = [row.title for row in goal_rows()]
    assert {"日本", "東京", "Earn today!!", "Start earning today"} <= set(titles)
    assert len(set(titles)) == len(titles) == 9


@pytest.mark.parametrize("target", ["0.0001", "0.001", "1000000.01", "0.00"])
def test_a_target_that_would_be_rounded_to_another_is_refused(target: str):
    with pytest.raises(PolicyRefused, match="above 0, to the cent"):
        put(WantedGoal("", "Little", {"profit": "1"}, target=target, kind="reach"))


def test_the_matrix_has_a_most_of_goals():
    for n in range(MOST_GOALS - 4):
        put(wanted(title=f"Goal {n}"))

    with pytest.raises(PolicyRefused, match="There are 12 goals"):
        put(wanted(title="One more"))
