from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fleet.csv_files import safe_cell, write_rows
from fleet.market.csv_file import MOST_ROWS, parse_offers

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEADER = "provider,product,gpu,gpu_count,kind,usd_per_instance_hour,observed_on"
GOOD = "aws,p5.48xlarge,H100 SXM,8,on_demand,55.04,2026-11-09"


def parsed(*lines: str):
    return parse_offers("\n".join(lines).encode(), now=NOW)


def faults(*lines: str) -> list[str]:
    return [str(fault) for fault in parsed(*lines).faults]


def test_an_instance_price_is_derived_to_a_gpu_and_both_are_kept():
    (row,) = parsed(HEADER, GOOD).rows

    assert row.usd_per_instance_hour == Decimal("55.04")
    assert row.usd_per_gpu_hour == Decimal("6.88")
    assert (row.gpu_count, row.max_count) == (8, 8)
    assert row.gpu_type_id == "NVIDIA H100 80GB HBM3"
    assert row.observed_at == datetime(2026, 11, 9, tzinfo=UTC)


def test_a_serverless_price_per_second_is_3600_times_itself_an_hour():
    (row,) = parsed(
        "provider,gpu,kind,usd_per_gpu_second,observed_on",
        "runpod,RTX 4090,serverless,0.00031,2026-08-20",
    ).rows

    assert row.usd_per_gpu_hour == Decimal("1.116")


def test_spot_and_reserved_are_words_for_our_kinds():
    file = parsed(
        HEADER,
        GOOD.replace("on_demand", "spot"),
        GOOD.replace("on_demand", "reserved"),
    )

    assert {row.kind for row in file.rows} == {"interruptible", "savings_plan"}


def test_an_unknown_gpu_is_kept_under_its_own_name():
    (row,) = parsed(
        "provider,gpu,gpu_memory_gb,kind,usd_per_gpu_hour,observed_on",
        "hotaisle,MI300X,192,on_demand,1.99,2026-11-01",
    ).rows

    assert (row.gpu_name, row.gpu_type_id, row.memory_gb) == ("MI300X", "", 192)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("55.04", "-1", "Line 3, usd_per_instance_hour is '-1'; write USD, more than 0"),
        ("55.04", "NaN", "usd_per_instance_hour is 'NaN'; write USD"),
        ("55.04", "1e3", "usd_per_instance_hour is '1e3'; write USD"),
        ("55.04", "55.04001", "is '55.04001'; write at most 4 decimals."),
        ("55.04", "", "usd_per_gpu_hour is empty; give one of usd_per_gpu_hour"),
        ("aws", "=cmd()", "Line 3, provider is '=cmd()'; it begins with '='"),
        (",8,", ",0,", "Line 3, gpu_count is '0'; write a whole number from 1 to 128."),
        (",8,", ",٣,", "gpu_count is '٣'; write a whole number"),
        ("on_demand", "weekly", "kind is 'weekly'; write one of on_demand"),
        ("2026-11-09", "09.11.2026", "observed_on is '09.11.2026'; write the day"),
        ("2026-11-09", "2026-12-01", "observed_on is '2026-12-01'; that day has not come"),
        ("2026-11-09", "0001-01-01T00:00+14:00", "write the day of the price"),
        ("H100 SXM", "", "gpu is empty; write the GPU"),
        ("p5.48xlarge", "x" * 121, "write at most 120 characters."),
        (",on_demand", "", "Line 3: it has 6 cells, the header has 7."),
    ],
)
def test_a_bad_cell_is_named_with_its_line_and_what_would_be_right(
    old: str, new: str, sentence: str
):
    said = faults(HEADER, GOOD, GOOD.replace(old, new, 1))

    assert any(sentence in line for line in said), said


def test_every_bad_row_is_reported_not_only_the_first():
    said = faults(HEADER, GOOD.replace("55.04", "0"), GOOD, GOOD.replace("aws", "A W"))

    assert [line.split(",")[0] for line in said] == ["Line 2", "Line 4"]


def test_the_same_offer_twice_on_one_day_is_a_fault():
    assert faults(HEADER, GOOD, GOOD) == [
        "Line 3, observed_on is '2026-11-09'; line 2 has the same offer of that day."
    ]


def test_a_price_per_second_is_for_serverless_only():
    said = faults(
        "provider,gpu,kind,usd_per_gpu_second,observed_on",
        "runpod,RTX 4090,on_demand,0.00031,2026-08-20",
    )

    assert "a price per second is for serverless" in said[0]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Line 1, provider is empty; the column is missing."),
        (b"\xff\xfe", "Line 1: the file is not UTF-8"),
        (f"{HEADER}\n{GOOD}\x00".encode(), "Line 2: there is a null character"),
        (f"{HEADER},surprise\n".encode(), "surprise is 'surprise'; use the columns"),
        (f"{HEADER}\n".encode(), "Line 2: there is no row below the header."),
        (f'{HEADER}\n"open\n'.encode(), "the line is not CSV"),
        (f"{HEADER}\n".encode() + f"{GOOD}\n".encode() * (MOST_ROWS + 1), "split it."),
    ],
)
def test_a_file_that_is_none_gets_a_sentence(content: bytes, sentence: str):
    said = [str(fault) for fault in parse_offers(content, now=NOW).faults]

    assert any(sentence in line for line in said), said[:3]


def test_an_export_holds_no_cell_that_a_spreadsheet_runs():
    lines: list[str] = []

    write_rows(["a"], [["=1+1"], ["@x"], ["-2"], ["+3"], ["H100"]], lines.append)

    assert lines == ["a\r\n", "'=1+1\r\n", "'@x\r\n", "'-2\r\n", "'+3\r\n", "H100\r\n"]
    assert safe_cell("\tx") == "'\tx"
