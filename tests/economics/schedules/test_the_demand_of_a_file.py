"""Hours as CSV or a trace of requests: read by their times, refused by sentences."""

from datetime import UTC, datetime

import pytest

from economics.selectors.schedules.demand_file import FileDemand, read_demand
from fleet.csv_files import FileRefused

EIGHT = datetime(2026, 11, 16, 8, tzinfo=UTC)
HEADER = "hour,prompt_tokens,cached_prompt_tokens,completion_tokens,requests\n"


def hours(*rows: str, header: str = HEADER) -> bytes:
    return (header + "\n".join(rows)).encode()


def read(content: bytes, kind: str = "csv") -> FileDemand:
    return read_demand(content, name="demand.csv", kind=kind)


def completions(file: FileDemand, *, with_means: bool = False) -> list[int]:
    found = file.demand(start=EIGHT, hours=24, with_means=with_means)
    return [each.completion for each in found.tokens]


def test_rows_without_times_begin_at_midnight_utc():
    file = read(hours(*(f",100,40,{n},2" for n in range(24))))

    assert completions(file)[:2] == [8, 9]
    assert completions(file)[-1] == 7
    first = file.demand(start=EIGHT, hours=24, with_means=False)
    assert (first.tokens[0].uncached_prompt, first.tokens[0].cached_prompt) == (60, 40)


def test_the_time_of_the_first_row_says_which_hour_of_the_day_it_is():
    rows = (f"2026-11-02T{n:02}:00,0,0,{n},1" for n in range(8, 24))
    more = (f"2026-11-03T{n:02}:00,0,0,{n},1" for n in range(8))

    assert completions(read(hours(*rows, *more)))[:3] == [8, 9, 10]


def test_an_hour_that_the_file_lacks_is_unknown():
    file = read(hours(*(f"{n},0,0,50,1" for n in range(24) if n != 9)))

    found = file.demand(start=EIGHT, hours=24, with_means=False)

    assert found.unknown_hours == 1
    assert found.tokens[1].completion == 0
    assert completions(file, with_means=True)[1] == 50


def test_a_kept_file_is_the_same_again():
    file = read(hours(*(f"{n},9,0,50,1" for n in range(24) if n != 9)))

    assert FileDemand.of(file.as_json()) == file


def test_a_trace_is_summed_by_its_hours():
    rows = [f"2026-11-02 {n:02}:10:00.5,100,7" for n in range(24)]
    rows.append("2026-11-02 00:59:59,100,3")
    file = read(hours(*rows, header="TIMESTAMP,ContextTokens,GeneratedTokens\n"), "trace")

    assert [each[2] for each in file.hours][:2] == [10, 7]
    assert [each[3] for each in file.hours][:2] == [2, 1]


def test_an_hour_without_a_request_in_a_trace_is_no_unknown_one():
    rows = ["0,100,7", "90000,100,7"]
    file = read(hours(*rows, header="timestamp,prompt_tokens,completion_tokens\n"), "trace")

    assert len(file.hours) == 26
    assert file.demand(start=EIGHT, hours=24, with_means=False).unknown_hours == 0


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("x,1,0,1,1", "hour is 'x'; write a full UTC hour"),
        ("2026-11-02T08:30,1,0,1,1", "write a full UTC hour"),
        ("0,-1,0,1,1", "prompt_tokens is '-1'; write a whole number"),
        ("0,1.5,0,1,1", "prompt_tokens is '1.5'"),
        ("0,1,2,1,1", "cached_prompt_tokens is '2'; it is a part of prompt_tokens"),
        ("0,1,0,,1", "completion_tokens is empty"),
        ("23,1,0,1,1", "this hour is there twice"),
        ("99999,1,0,1,1", "at most 744 are taken"),
    ],
)
def test_a_wrong_cell_is_named_with_what_would_be_right(row, sentence):
    right = [f"{n},1,0,1,1" for n in range(1, 24)]

    with pytest.raises(FileRefused) as refused:
        read(hours(*right, row))

    assert sentence in str(refused.value)


def test_less_than_a_day_is_refused():
    with pytest.raises(FileRefused, match="covers 23 hours"):
        read(hours(*(f"{n},1,0,1,1" for n in range(23))))


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"a,b\n1,2", b"\x00", HEADER.encode()]
)
def test_what_is_no_such_file_gets_a_sentence(content):
    for kind in ("csv", "trace"):
        with pytest.raises(FileRefused):
            read(content, kind)
