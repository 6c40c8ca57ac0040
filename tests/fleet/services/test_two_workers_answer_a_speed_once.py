"""Real threads with connections of their own: a question is claimed by one of them."""

import pytest

from fleet.models import ModelConfig, SpeedEstimate
from fleet.services.known_models import ensure_variant
from fleet.services.speeds import answer_wanted, want
from tests.clock import NOON, Clock
from tests.fleet.services.configs import bring, file_of
from tests.fleet.services.test_a_planned_model_becomes_orderable import model_of, wanted
from tests.fleet.services.test_a_speed_is_asked_and_answered_once import evidence, question
from tests.fleet.services.test_two_workers_at_once import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_pages_that_ask_at_once_leave_one_row():
    assert at_once(*[lambda: want([question()], now=NOON)] * 4) == [1] * 4

    assert SpeedEstimate.objects.count() == 1


def test_each_question_is_answered_by_one_worker():
    want([question(prompt_tokens=n) for n in range(100, 108)], now=NOON)

    told = at_once(*[lambda: answer_wanted(evidence=evidence, clock=Clock())] * 3)

    counts = [0 if "nothing" in summary else int(summary.split()[0]) for summary, _ in told]
    assert sum(counts) == 8
    assert not SpeedEstimate.objects.filter(computed_at__isnull=True).exists()


def test_one_file_brought_twice_at_once_is_kept_once():
    kept = at_once(*[lambda: bring(file_of())] * 4)

    assert len({row.pk for row in kept}) == 1
    assert ModelConfig.objects.count() == 1


def test_weights_made_orderable_twice_at_once_are_one_row():
    model = model_of("qwen-3-32b")
    asked = wanted(model, model.weights[0])

    made = at_once(*[lambda: ensure_variant(asked, acting_user="ada", now=NOON)] * 4)

    assert len({row.pk for row in made}) == 1
