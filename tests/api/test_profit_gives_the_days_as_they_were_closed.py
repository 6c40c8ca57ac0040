from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext


def test_a_closed_day_is_told_for_each_scope_with_every_digit(script, closed_day):
    body = script.get(f"/api/v1/profit?from={closed_day}&to={closed_day}").json()

    assert body["closed_days"] == [str(closed_day)]
    whole, part = body["rows"]
    assert (whole["scope"], whole["fleet"], whole["deployment"]) == ("all", None, None)
    assert (part["scope"], part["deployment"]) == ("deployment", "llama-a")
    for row in (whole, part):
        assert row["profit_usd"] == "-17.800000"
        assert row["take_rate"] == "0.0500"
        assert (row["provenance"], row["is_simulated"]) == ("accrued", False)


def test_what_a_day_does_not_know_has_its_reason(script, closed_day):
    whole, part = script.get("/api/v1/profit").json()["rows"]

    assert part["break_even_tokens"] is None
    assert "no priced token was sold" in part["break_even_tokens_unknown_because"]
    assert "peak throughput" in part["utilization_unknown_because"]
    assert "do not add up to a share" in whole["utilization_unknown_because"]


def test_without_a_word_it_is_the_thirty_days_up_to_yesterday(script, closed_day):
    body = script.get("/api/v1/profit").json()

    assert body["to_day"] == str(closed_day)
    assert body["from_day"] == str(closed_day - timedelta(days=29))


def test_both_ends_are_included_and_nothing_beyond(script, closed_day):
    before = closed_day - timedelta(days=1)

    body = script.get(f"/api/v1/profit?from={before}&to={before}").json()

    assert (body["closed_days"], body["rows"]) == ([], [])


def test_it_takes_few_queries(script, closed_day):
    with CaptureQueriesContext(connection) as queries:
        script.get("/api/v1/profit")

    assert len(queries) <= 4
