from datetime import UTC, datetime, timedelta

import pytest

from fleet.vllm.health import Health, HealthFacts, Miss, Progress, advance, judge

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def facts(**changes: object) -> HealthFacts:
    given: dict[str, object] = {
        "probed_at": ago(1),
        "answered_at": ago(1),
        "ready_before": True,
        "previous": Health.READY,
        "model_listed": True,
        "requests_waiting": 0,
    }
    return HealthFacts(**{**given, **changes})  # type: ignore[arg-type]


def missed(times: int, miss: Miss = Miss.REFUSED, **changes: object) -> HealthFacts:
    return facts(misses=times, miss=miss, answered_at=ago(10 * times), **changes)


def standing_still(seconds: float, pending: int = 2) -> Progress:
    return Progress(500, pending, sampled_at=NOW, progress_at=ago(seconds))


def test_a_replica_that_answers_and_lists_its_model_is_ready():
    assert judge(facts(), NOW).health is Health.READY


def test_one_answer_is_enough_to_rise():
    assert judge(facts(previous=Health.DEAD), NOW).health is Health.READY


def test_a_queue_is_busy():
    judged = judge(facts(requests_waiting=3), NOW)

    assert (judged.health, judged.reason) == (Health.BUSY, "3 requests waiting.")


def test_a_replica_without_its_model_is_loading():
    assert (
        judge(facts(model_listed=False, ready_before=False), NOW).health is Health.LOADING
    )


@pytest.mark.parametrize("miss", [Miss.REFUSED, Miss.SLOW, Miss.STATUS])
def test_before_it_was_ever_ready_no_miss_means_death(miss: Miss):
    judged = judge(missed(50, miss, status=502, ready_before=False), NOW)

    assert judged.health is Health.LOADING


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("standing", [Health.READY, Health.BUSY, Health.HUNG])
def test_fewer_than_three_misses_change_nothing(times: int, standing: Health):
    judged = judge(missed(times, previous=standing), NOW)

    assert judged.health is standing
    assert f"miss {times} of 3" in judged.reason


def test_three_refused_connections_are_death():
    judged = judge(missed(3), NOW)

    assert judged.health is Health.DEAD
    assert judged.reason == "Connection refused, 3 times. Last answer 11:59:30."


@pytest.mark.parametrize("status", [500, 502, 503, 404])
def test_three_failing_answers_are_death(status: int):
    judged = judge(missed(3, Miss.STATUS, status=status), NOW)

    assert judged.health is Health.DEAD
    assert f"/health answered {status}" in judged.reason


@pytest.mark.parametrize("status", [429, 504, 524])
def test_a_proxy_that_gave_up_waiting_means_busy(status: int):
    assert judge(missed(3, Miss.STATUS, status=status), NOW).health is Health.BUSY


def test_a_slow_connection_is_busy_and_not_dead():
    assert judge(missed(3, Miss.SLOW), NOW).health is Health.BUSY


def test_a_slow_connection_without_any_sign_of_life_for_five_minutes_is_hung():
    assert judge(missed(30, Miss.SLOW), NOW).health is Health.HUNG


def test_counters_that_move_keep_a_slow_replica_busy():
    moving = Progress(900, 4, sampled_at=NOW, progress_at=ago(20))

    assert judge(missed(60, Miss.SLOW, progress=moving), NOW).health is Health.BUSY


def test_a_frozen_counter_with_work_pending_for_two_minutes_is_hung():
    judged = judge(facts(progress=standing_still(120)), NOW)

    assert judged.health is Health.HUNG
    assert judged.reason == (
        "The engine has made no step for 120 s with 2 requests pending; "
        "/health still answers."
    )


def test_a_frozen_counter_for_less_than_two_minutes_is_not_hung():
    assert judge(facts(progress=standing_still(119)), NOW).health is Health.READY


def test_an_idle_engine_is_not_hung():
    assert (
        judge(facts(progress=standing_still(3_600, pending=0)), NOW).health is Health.READY
    )


def test_before_the_first_probe_nothing_is_known():
    assert judge(HealthFacts(probed_at=None), NOW).health is Health.UNKNOWN


@pytest.mark.parametrize(
    "before", [facts(), missed(9), facts(progress=standing_still(600))]
)
def test_when_our_own_eyes_were_shut_nothing_is_known(before: HealthFacts):
    judged = judge(before, NOW + timedelta(seconds=61))

    assert judged.health is Health.UNKNOWN
    assert "We have not looked for" in judged.reason


def test_a_probe_that_could_not_leave_our_machine_says_nothing_of_the_pod():
    assert judge(missed(9, Miss.BLIND), NOW).health is Health.UNKNOWN


@pytest.mark.parametrize("seconds", range(0, 400, 7))
@pytest.mark.parametrize("miss", list(Miss))
def test_death_is_never_judged_from_fewer_than_three_misses(seconds: int, miss: Miss):
    for misses in (0, 1, 2):
        judged = judge(facts(misses=misses, miss=miss, probed_at=ago(seconds)), NOW)
        assert judged.health is not Health.DEAD


class TestProgress:
    def test_the_first_sample_starts_the_clock(self):
        assert advance(None, at=NOW, iteration_tokens=5, pending=1).progress_at == NOW

    def test_a_step_moves_it(self):
        before = Progress(5, 1, ago(10), ago(100))

        assert advance(before, at=NOW, iteration_tokens=6, pending=1).progress_at == NOW

    def test_standing_still_with_work_pending_keeps_it(self):
        before = Progress(5, 1, ago(10), ago(100))

        after = advance(before, at=NOW, iteration_tokens=5, pending=1)

        assert (after.progress_at, after.sampled_at) == (ago(100), NOW)

    def test_a_request_after_an_idle_hour_is_no_stall(self):
        idle = Progress(5, 0, ago(3_600), ago(3_600))

        assert advance(idle, at=NOW, iteration_tokens=5, pending=1).progress_at == NOW

    def test_a_counter_that_fell_is_a_restart_and_moves_it(self):
        before = Progress(500, 1, ago(10), ago(100))

        assert advance(before, at=NOW, iteration_tokens=1, pending=1).progress_at == NOW

    def test_a_server_that_does_not_count_steps_is_never_taken_to_stand_still(self):
        before = Progress(None, 1, ago(10), ago(100))

        assert advance(before, at=NOW, iteration_tokens=None, pending=1).progress_at == NOW
