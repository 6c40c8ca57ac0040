import pytest
from django.utils import timezone

from economics.models import SchedulePlan
from economics.services.schedules import work_out
from tests.at_once import at_once
from tests.economics.schedules.asked import ask, world

WORKERS = 3


@pytest.fixture(autouse=True)
def books(transactional_db):
    """Threads see each other's rows only when they are committed."""


def test_of_workers_at_once_one_answers():
    world()
    plan = ask()

    ended = at_once(*[lambda: work_out(plan.pk, clock=timezone.now)] * WORKERS)

    assert sorted(ended) == [False, False, True]
    assert SchedulePlan.objects.get().status == "done"


def test_a_question_sent_twice_at_once_is_one_row():
    asked = at_once(*[lambda: ask().pk] * WORKERS)

    assert len(set(asked)) == SchedulePlan.objects.count() == 1
