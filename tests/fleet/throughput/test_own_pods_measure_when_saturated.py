"""A pod of ours is a measurement only while requests wait in its queue."""

from datetime import timedelta

import pytest

from fleet.selectors.throughput_points import own_points
from tests.factories import NOW, make_deployment, make_fleet, make_pod, make_sample

pytestmark = pytest.mark.django_db
START = NOW - timedelta(minutes=30)


def serve(pod, *, minutes=10, waiting=3, start=START, step=15, **columns):
    """`minutes` of samples: 2 requests per second of 900 + 300 tokens, half cached."""
    for second in range(0, minutes * 60 + 1, step):
        figures = {
            "at": start + timedelta(seconds=second),
            "process_started_at": START,
            "prompt_tokens": 1800 * second,
            "cached_prompt_tokens": 900 * second,
            "completion_tokens": 600 * second,
            "requests_finished": 2 * second,
            "requests_running": 32,
            "requests_waiting": waiting,
        }
        make_sample(pod, **(figures | columns))


@pytest.fixture
def pod():
    return make_pod(deployment=make_deployment(fleet=make_fleet(simulated=False)))


def test_a_saturated_window_is_a_point(pod):
    serve(pod)

    (point,) = own_points(now=NOW)

    assert (point.prompt_tokens, point.completion_tokens) == (900, 300)
    assert (point.concurrency, point.cached_share) == (32, 0.5)
    assert point.output_tokens_per_second == pytest.approx(600)
    assert point.total_tokens_per_second == pytest.approx(2400)
    assert (point.gpu, point.gpu_count) == ("NVIDIA GeForce RTX 4090", 1)
    assert pod.name in point.source


def test_a_long_run_is_cut_into_windows(pod):
    serve(pod, minutes=20)

    assert len(own_points(now=NOW)) == 2


def test_without_a_queue_it_is_demand_and_not_capacity(pod):
    serve(pod, waiting=0)

    assert own_points(now=NOW) == []


def test_four_minutes_are_too_short(pod):
    serve(pod, minutes=4)

    assert own_points(now=NOW) == []


def test_a_gap_in_the_samples_ends_a_window(pod):
    serve(pod, step=60)

    assert own_points(now=NOW) == []


def test_a_restarted_server_does_not_join_two_windows(pod):
    serve(pod, minutes=4)
    serve(
        pod,
        minutes=4,
        start=START + timedelta(minutes=4, seconds=15),
        process_started_at=START + timedelta(minutes=4),
    )

    assert own_points(now=NOW) == []


def test_a_simulated_fleet_measures_nothing():
    simulated = make_deployment(fleet=make_fleet(simulated=True))
    serve(make_pod(deployment=simulated))

    assert own_points(now=NOW) == []


def test_one_query_however_many_pods(pod, django_assert_num_queries):
    serve(pod)
    serve(make_pod(deployment=pod.deployment))

    with django_assert_num_queries(1):
        points = own_points(now=NOW)

    assert len(points) == 2
