"""docs/rental.md: its worked tables are computed again."""

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from fleet.scaling import Limits, PodLoad, Sample, Standing, decide
from fleet.schedule import Schedule, hours_between, replica_seconds
from tests.clock import NOON

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rental.md"
PRICE = Decimal("0.75")


def rows(number: int) -> list[dict[str, str]]:
    """The rows of the `number`th table of worked examples."""
    part = PAGE.read_text(encoding="utf-8").split("### Worked examples")[number]
    first = "|" + part.partition("\n|")[2].partition("\n\n")[0]
    table = first.splitlines()
    cells = [[cell.strip().strip("`") for cell in line[1:-1].split("|")] for line in table]
    return [dict(zip(cells[0], row, strict=True)) for row in cells[2:]]


@pytest.mark.parametrize("row", rows(1), ids=lambda row: row["starts"])
def test_hours_and_cost_of_a_schedule(row):
    schedule = Schedule(
        (row["starts"],),
        int(row["duration"].removesuffix(" h")) * 3600,
        row["zone"],
        inside=int(row["inside"]),
        baseline=int(row["baseline"]),
        lead_seconds=int(row["lead"]) * 60,
    )
    start, end = (
        datetime.fromisoformat(row[name]).replace(tzinfo=ZoneInfo("UTC"))
        for name in ("from", "to")
    )
    cost = replica_seconds(schedule, start, end) / 3600 * PRICE

    assert hours_between(schedule, start, end) / 3600 == Decimal(row["hours"])
    assert cost.quantize(Decimal("0.01"), "ROUND_HALF_UP") == Decimal(row["USD"])


@pytest.mark.parametrize("row", rows(2), ids=lambda row: str(sorted(row.items())))
def test_replicas_of_a_burst(row):
    serving = int(row["serving"])

    def samples(running: int, waiting: int) -> tuple[Sample, ...]:
        return tuple(
            Sample(NOON - timedelta(seconds=age), running, waiting, float(row["kv"]))
            for age in range(70, 0, -10)
        )

    shares = [(int(row["running"]) // serving, int(row["waiting"]) // serving)] * serving
    answer = decide(
        [PodLoad(f"pod-{n}", samples(*share)) for n, share in enumerate(shares)],
        standing=Standing(serving, None),
        limits=Limits(1, int(row["most"]), Decimal(row["budget"]), PRICE),
        now=NOON,
    )

    assert answer.wanted == int(row["wanted"])
