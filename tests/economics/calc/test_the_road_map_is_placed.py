from datetime import date

import pytest

from economics.calc.road_map import STEPS, StepState, next_step, placed

FIRST = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("key", "begins", "ends"),
    [
        ("tier-1", date(2026, 3, 1), date(2026, 3, 1)),
        ("earn", date(2026, 3, 1), date(2026, 3, 8)),
        ("watch", date(2026, 3, 8), date(2026, 3, 29)),
        ("tier-2", date(2026, 3, 31), date(2026, 4, 30)),
        ("dedicated", date(2026, 4, 30), None),
    ],
)
def test_the_plans_steps_have_dates_from_the_first_order(key, begins, ends):
    step = next(each for each in STEPS if each.key == key)

    one = placed(step, first_day=FIRST, today=FIRST, is_done=False, missing=[])

    assert (one.begins_on, one.ends_on) == (begins, ends)


@pytest.mark.parametrize(
    ("today", "is_done", "missing", "state"),
    [
        (date(2026, 3, 31), False, [], StepState.DUE),
        (date(2026, 3, 31), False, ["demand"], StepState.WAITING),
        (date(2026, 3, 30), False, [], StepState.LATER),
        (date(2026, 3, 30), False, ["demand"], StepState.LATER),
        (date(2026, 3, 2), True, [], StepState.DONE),
        (date(2026, 3, 2), True, ["demand"], StepState.AHEAD),
    ],
)
def test_a_step_stands_by_its_facts(today, is_done, missing, state):
    step = next(each for each in STEPS if each.key == "tier-2")

    one = placed(step, first_day=FIRST, today=today, is_done=is_done, missing=missing)

    assert one.state is state


def test_the_next_step_is_the_first_that_did_not_happen():
    steps = [
        placed(each, first_day=FIRST, today=FIRST, is_done=n < 2, missing=[])
        for n, each in enumerate(STEPS)
    ]

    assert next_step(steps).step.key == "watch"
    done = [
        placed(each, first_day=FIRST, today=FIRST, is_done=True, missing=[])
        for each in STEPS
    ]
    assert next_step(done) is None
