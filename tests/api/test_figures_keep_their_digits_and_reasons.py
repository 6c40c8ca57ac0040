import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from economics.calc.unknown import Unknown
from fleet.models import PodStatus
from fleet.views import throughput
from kerne_site.api.encode import encoded, plain


@dataclass(frozen=True)
class Row:
    profit_usd: Decimal | Unknown


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("0.10"), "0.10"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.00000001"), "-0.00000001"),
        (datetime(2026, 3, 4, 16, 20, tzinfo=UTC), "2026-03-04T16:20:00Z"),
        (
            datetime(2026, 3, 4, 1, tzinfo=timezone(timedelta(hours=2))),
            "2026-03-03T23:00:00Z",
        ),
        (date(2026, 3, 4), "2026-03-04"),
        (PodStatus.SERVING, "serving"),
        (True, True),
        (None, None),
        ((1, "a"), [1, "a"]),
        (Row(Decimal("1.5")), {"profit_usd": "1.5"}),
    ],
)
def test_a_value_has_one_form(value, written):
    assert plain(value) == written


@pytest.mark.parametrize("kind", [Unknown, throughput.Unknown])
def test_an_unknown_figure_is_null_with_its_reason(kind):
    assert plain({"profit_usd": kind("no price is set")}) == {
        "profit_usd": None,
        "profit_usd_unknown_because": "no price is set",
    }


def test_an_unknown_field_of_a_dataclass_is_told_too():
    told = json.loads(encoded({"row": Row(Unknown("no price is set"))}))

    assert told["row"]["profit_usd_unknown_because"] == "no price is set"


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ([Unknown("nobody can name it here")], TypeError),
        (object(), TypeError),
        (Decimal("NaN"), ValueError),
        (float("inf"), ValueError),
        (datetime(2026, 3, 4), ValueError),  # noqa: DTZ001  # the point of it
    ],
)
def test_what_has_no_form_is_refused(value, error):
    with pytest.raises(error):
        encoded({"value": value})
