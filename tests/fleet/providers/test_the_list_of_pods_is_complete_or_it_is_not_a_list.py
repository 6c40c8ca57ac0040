import json

import pytest

from fleet.providers.base import ProviderUnavailable
from tests.fleet.providers.scripted_server import Answer, recording


def page(*names: str, cursor: str | None = None) -> Answer:
    template = recording("pod_running")["body"]
    pods = [{**template, "id": name, "name": f"kerne-{name}"} for name in names]
    pagination = {"nextCursor": cursor, "hasNextPage": cursor is not None}
    return Answer(200, json.dumps({"pods": pods, "pagination": pagination}).encode())


def test_pods_of_others_and_pods_without_a_gpu_are_listed_too(server, runpod):
    server.will_play("pods")

    pods = {pod.provider_id: pod for pod in runpod.pods()}

    assert set(pods) == {"k3n7x9q2w4", "z8h2v5c1m7", "c1p2u3x4y5"}
    assert pods["z8h2v5c1m7"].gpu_count == 8
    assert (pods["c1p2u3x4y5"].gpu_type_id, pods["c1p2u3x4y5"].gpu_count) == ("", 0)


def test_every_page_is_read(server, runpod):
    server.will_answer(page("a", "b", cursor="c1"), page("c", cursor="c2"), page("d"))

    assert [pod.provider_id for pod in runpod.pods()] == ["a", "b", "c", "d"]
    assert [asked.query.get("cursor") for asked in server.asked] == [None, ["c1"], ["c2"]]


def test_a_page_that_comes_again_is_not_taken_for_the_end(server, runpod):
    server.will_answer(page("a", cursor="c1"), page("a", cursor="c2"))

    with pytest.raises(ProviderUnavailable, match="end of its pages"):
        runpod.pods()


def test_a_next_page_without_a_cursor_is_not_taken_for_the_end(server, runpod):
    body = {"pods": [], "pagination": {"hasNextPage": True, "nextCursor": None}}
    server.will_answer(Answer(200, json.dumps(body).encode()))

    with pytest.raises(ProviderUnavailable, match="no cursor"):
        runpod.pods()


def test_a_page_that_fails_fails_the_list(server, runpod):
    server.will_answer(page("a", cursor="c1"), Answer(500, b"{}"))

    with pytest.raises(ProviderUnavailable):
        runpod.pods()


@pytest.mark.parametrize("body", [b"{}", b'{"pods": null}', b'{"pods": [1]}', b"[]"])
def test_a_list_that_is_not_one_is_unavailable(server, runpod, body: bytes):
    server.will_answer(Answer(200, body))

    with pytest.raises(ProviderUnavailable):
        runpod.pods()


def test_an_id_that_would_change_the_address_is_refused(runpod, server):
    with pytest.raises(ValueError, match="must be letters and digits"):
        runpod.terminate("../billing")

    assert server.asked == []
