"""A stored schedule carries its worlds: the row's seed draws them again, alike."""

import pytest

from economics.models import SchedulePlan
from tests.economics.schedules.asked import answered, world

pytestmark = pytest.mark.django_db


def test_the_answer_of_a_row_has_the_worlds_of_its_seed():
    world()
    plan = answered()

    assert plan.answer["risk"]["seed"] == plan.seed == 7
    assert plan.answer["risk"]["draws"] == 1000


def test_asked_again_with_the_same_seed_the_worlds_are_the_same():
    world()
    first, second = answered(key="a" * 20), answered(key="b" * 20)

    assert SchedulePlan.objects.count() == 2
    assert first.answer["risk"]["schedules"] == second.answer["risk"]["schedules"]


def test_a_cap_that_was_written_is_the_one_that_is_told():
    world()

    assert answered(cap_usd="3").answer["risk"]["cap_usd"] == "3.000000"
