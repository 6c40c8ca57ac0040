import logging
import os
from decimal import Decimal

import pytest

from fleet.providers.base import Balance
from tests.fleet.providers.conftest import KEY
from tests.fleet.providers.scripted_server import Answer

pytest.importorskip("runpod", reason="the runpod package is not installed")


def test_balance_and_spend_are_read_through_graphql(server, runpod):
    body = b'{"data": {"myself": {"clientBalance": 123.45, "currentSpendPerHr": 36.72}}}'
    server.will_answer(Answer(200, body))

    assert runpod.balance() == Balance(Decimal("123.45"), Decimal("36.72"))
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/graphql")
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    assert "clientBalance" in asked.json["query"]


def test_a_balance_without_the_spend_is_still_a_balance(server, runpod):
    server.will_answer(Answer(200, b'{"data": {"myself": {"clientBalance": 5}}}'))

    assert runpod.balance() == Balance(Decimal(5), None)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(502, b"<html>bad gateway</html>"),
        Answer(401, b"{}"),
        Answer(200, b'{"errors": [{"message": "Something went wrong"}]}'),
        Answer(200, b'{"errors": []}'),
        Answer(200, b'{"data": {"myself": null}}'),
        Answer(200, b'{"data": {"myself": {"clientBalance": "12"}}}'),
        Answer(200, b'{"data": {"myself": {"clientBalance": NaN}}}'),
        Answer(200, b"[]"),
        Answer(200, b""),
        Answer(hang_up=True),
    ],
    ids=lambda answer: f"{answer.status}-{answer.body[:34].decode()}",
)
def test_any_other_answer_is_unknown_with_a_logged_reason(
    server, runpod, answer: Answer, caplog: pytest.LogCaptureFixture
):
    server.will_answer(answer)

    with caplog.at_level(logging.WARNING, logger="fleet.providers.runpod_balance"):
        assert runpod.balance() is None

    assert "RunPod balance unknown: " in caplog.text
    assert KEY not in caplog.text


def test_the_environment_is_left_as_it_was(server, runpod, monkeypatch):
    monkeypatch.setenv("RUNPOD_API_BASE_URL", "http://before.invalid")
    server.will_answer(Answer(500, b""))

    runpod.balance()

    assert os.environ["RUNPOD_API_BASE_URL"] == "http://before.invalid"
