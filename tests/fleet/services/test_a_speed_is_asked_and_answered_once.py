from datetime import timedelta

import pytest

from fleet.models import SpeedEstimate
from fleet.models.speed import CLAIM_LIFE
from fleet.services.jobs import JobFailed
from fleet.services.speeds import (
    MOST_WANTED,
    WORK_SECONDS,
    answer_row,
    answer_wanted,
    want,
)
from fleet.throughput.latency import Unknown
from fleet.throughput.speed_question import SpeedEvidence, SpeedQuestion
from tests.clock import NOON, Clock, seconds

pytestmark = pytest.mark.django_db


def question(**changes: object) -> SpeedQuestion:
    """Llama 3.1 8B in BF16 on one H100."""
    plain = {
        "model": "meta-llama/Llama-3.1-8B-Instruct",
        "precision": "bf16",
        "gpu": "NVIDIA H100 80GB HBM3",
        "gpu_count": 1,
        "tensor_parallel": 1,
        "prompt_tokens": 1000,
        "completion_tokens": 200,
        "cached_share": 0.0,
        "concurrency": None,
        "max_tpot_ms": 50.0,
        "max_ttft_ms": 5000.0,
        "max_sequences": 64,
        "stamp": "of-a-test",
    }
    return SpeedQuestion.of(plain | changes)


def evidence() -> SpeedEvidence:
    """The roofline alone."""
    return SpeedEvidence([], [], Unknown("The estimator is not installed."))


def answered(clock: Clock) -> tuple[str, bool]:
    return answer_wanted(evidence=evidence, clock=clock)


def broken_row() -> SpeedEstimate:
    """A question as no release of ours writes it, asked before all others."""
    return SpeedEstimate.objects.create(
        key="0" * 64,
        question={"of": "another release"},
        wanted_at=NOON - seconds(60),
        used_at=NOON,
    )


def test_asked_twice_it_is_one_row(clock):
    assert want([question(), question()], now=clock()) == 1
    assert want([question()], now=clock()) == 1

    assert SpeedEstimate.objects.count() == 1


def test_other_evidence_is_another_question(clock):
    want([question(), question(stamp="newer")], now=clock())

    assert SpeedEstimate.objects.count() == 2


def test_more_than_a_page_asks_is_a_mistake_and_leaves_nothing(clock):
    many = [question(prompt_tokens=n) for n in range(1, MOST_WANTED + 2)]

    with pytest.raises(ValueError, match=f"ask at most {MOST_WANTED}"):
        want(many, now=clock())

    assert not SpeedEstimate.objects.exists()


def test_an_answer_has_figures_and_is_not_asked_for_again(clock):
    want([question()], now=clock())

    assert answered(clock) == ("1 speeds answered, 0 wait", False)

    row = SpeedEstimate.objects.get()
    assert row.computed_at == clock()
    assert row.answer["output_tokens_per_second"] > 0
    assert want([question()], now=clock()) == 0


def test_a_model_that_nobody_knows_is_answered_with_the_reason(clock):
    want([question(model="nobody/nothing")], now=clock())

    answered(clock)

    assert SpeedEstimate.objects.get().answer["unknown"]


def test_without_a_question_the_evidence_is_not_read(clock):
    read: list[str] = []

    def counted() -> SpeedEvidence:
        read.append("evidence")
        return evidence()

    assert answer_wanted(evidence=counted, clock=clock) == ("nothing waits", False)
    assert read == []


def test_two_workers_answer_a_question_once(clock):
    want([question()], now=clock())
    others: list[str] = []

    def while_the_other_is_faster() -> SpeedEvidence:
        others.append(answered(clock)[0])
        return evidence()

    summary, _ = answer_wanted(evidence=while_the_other_is_faster, clock=clock)

    assert others == ["1 speeds answered, 0 wait"]
    assert summary == "0 speeds answered, 0 wait"


def test_a_row_that_breaks_is_unknown_and_stops_no_other(clock):
    broken = broken_row()
    want([question()], now=clock())

    with pytest.raises(JobFailed, match="2 speeds answered, 0 wait; broke: speed 00000000"):
        answered(clock)

    broken.refresh_from_db()
    assert "failed" in broken.answer["unknown"]
    assert broken.computed_at is not None
    good = SpeedEstimate.objects.get(key=question().key)
    assert "output_tokens_per_second" in good.answer


def test_a_broken_row_is_not_tried_for_ever(clock):
    broken_row()
    with pytest.raises(JobFailed):
        answered(clock)

    assert answered(clock) == ("nothing waits", False)


def test_a_question_that_a_living_worker_holds_is_left_to_it(clock):
    want([question()], now=clock())
    SpeedEstimate.objects.get().claim(now=clock())
    clock.now += CLAIM_LIFE - seconds(1)

    assert answered(clock) == ("nothing waits", False)


def test_the_claim_of_a_dead_worker_is_taken_over(clock):
    want([question()], now=clock())
    row = SpeedEstimate.objects.get()
    assert row.claim(now=clock())
    assert not row.claim(now=clock())
    clock.now += CLAIM_LIFE

    assert answered(clock)[0] == "1 speeds answered, 0 wait"


def test_an_answer_that_comes_after_anothers_is_thrown_away(clock):
    want([question()], now=clock())
    late = SpeedEstimate.objects.get()
    late.claim(now=clock())
    clock.now += CLAIM_LIFE
    answered(clock)
    first = SpeedEstimate.objects.values().get()
    late.question = {"of": "a worker that woke up"}

    clock.forward(seconds=5)
    answer_row(late, evidence(), clock=clock, troubles=[])

    assert SpeedEstimate.objects.values().get() == first


def test_a_run_ends_in_time_and_says_that_more_waits():
    asked = [question(prompt_tokens=n) for n in (100, 200, 300)]
    want(asked, now=NOON)
    ticks = iter([NOON + timedelta(seconds=n * WORK_SECONDS / 4) for n in range(20)])

    summary, more = answer_wanted(evidence=evidence, clock=lambda: next(ticks))

    done = SpeedEstimate.objects.filter(computed_at__isnull=False).count()
    assert 0 < done < 3
    assert (summary, more) == (f"{done} speeds answered, {3 - done} wait", True)


def test_the_oldest_question_is_answered_first():
    want([question(prompt_tokens=100)], now=NOON)
    want([question(prompt_tokens=200)], now=NOON - seconds(60))
    ticks = iter(
        [NOON + timedelta(seconds=n * WORK_SECONDS / 4) for n in (0, 0, 3, 3, 4, 5)]
    )

    answer_wanted(evidence=evidence, clock=lambda: next(ticks))

    done = SpeedEstimate.objects.get(computed_at__isnull=False)
    assert done.question["prompt_tokens"] == 200


def test_a_question_that_is_used_stays_young(clock):
    want([question()], now=clock())
    clock.forward(hours=25)

    want([question()], now=clock())

    row = SpeedEstimate.objects.get()
    assert (row.used_at, row.wanted_at) == (clock(), NOON)
