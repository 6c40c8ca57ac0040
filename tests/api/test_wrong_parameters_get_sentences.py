from decimal import Decimal

import pytest
from django.http import QueryDict

from kerne_site.api import Asked, Problem, a_name, a_number, a_whole_number, one_of


@pytest.mark.parametrize(
    ("query", "parameter", "sentence"),
    [
        ("from=yesterday", "from", "from is 'yesterday'; write a day such as 2026-03-04."),
        ("to=2026-02-30", "to", "to is '2026-02-30'; there is no such day; write a day"),
        ("to=0001-01-01", "to", "write a day such as 2026-03-04."),
        ("from=%00", "from", "write a day such as 2026-03-04."),
        ("to=2026-03-04&to=2026-03-05", "to", "to is given 2 times; write it once."),
        ("from=2026-03-05&to=2026-03-04", "from", "after to (2026-03-04)"),
        ("from=2024-01-01&to=2026-03-04", "from", "is 794 days; ask for at most 366."),
        ("form=2026-03-04", "form", "is no parameter of this address; it takes: to, from."),
    ],
)
def test_the_days_of_profit_are_refused_with_a_sentence(script, query, parameter, sentence):
    answer = script.get(f"/api/v1/profit?{query}")

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == parameter
    assert sentence in fault["detail"]


def test_every_fault_is_told_at_once(script):
    answer = script.get("/api/v1/profit?from=x&to=y")

    assert [each["parameter"] for each in answer.json()["errors"]] == ["to", "from"]


def test_a_long_value_is_not_repeated(script):
    answer = script.get("/api/v1/profit", {"to": "x" * 5_000, "y" * 5_000: "1"})

    assert answer.status_code == 400
    assert len(answer.content) < 1_500


@pytest.mark.parametrize(
    ("read", "good", "value", "bad"),
    [
        (a_whole_number(1, 8), "8", 8, ["0", "9", "1.0", "", "²", "1e1", "9" * 5_000]),
        (a_number(Decimal(0), Decimal(1)), "0.75", Decimal("0.75"), ["1.1", "-1", "NaN"]),
        (one_of(["SECURE", "COMMUNITY"]), "SECURE", "SECURE", ["secure", ""]),
        (a_name, "RTX 4090", "RTX 4090", ["", "a\x00", "x" * 121]),
    ],
)
def test_a_reader_takes_what_is_right_and_nothing_else(read, good, value, bad):
    assert read(good) == value
    for text in bad:
        with pytest.raises(ValueError, match="^write "):
            read(text)


def test_a_parameter_that_is_needed_is_missed():
    asked = Asked(QueryDict(""))

    with pytest.raises(Problem, match="model is missing; it has to be given."):
        asked.need("model", a_name)
