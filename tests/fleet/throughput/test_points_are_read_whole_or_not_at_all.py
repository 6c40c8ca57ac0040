"""A CSV of measurements: every bad row is named, an empty cell is unknown, never 0."""

import pytest

from fleet.throughput.points import MOST_BYTES, BadPoints, read_points
from tests.fleet.throughput.points import PUBLISHED, csv_of


def faults_of(text: str) -> str:
    with pytest.raises(BadPoints) as refused:
        read_points(text)
    return str(refused.value)


def test_a_good_row_becomes_a_point():
    (point,) = read_points(csv_of({})).points

    assert (point.output_rate, point.shape.gpu_count) == (400, 1)
    assert point.traffic.concurrency == 16


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"output_tok_s": "nan"}, "Line 3, output_tok_s: nan is not a finite number"),
        ({"ttft_ms": "inf"}, "Line 3, ttft_ms: inf is not a finite number"),
        ({"isl": -4}, "Line 3, isl: -4 is not a finite number above 0"),
        ({"tpot_ms": "fast"}, "Line 3, tpot_ms: 'fast' is no number"),
        ({"tp": 1.5}, "Line 3, tp: 1.5 is not a whole number"),
        ({"count": 3, "tp": 2}, "Line 3, count: 3 is no multiple of tp x pp = 2"),
        ({"model": ""}, "Line 3, model: it is empty"),
        ({"count": 0}, "Line 3, count: 0 is not a finite number above 0"),
        (
            {"source_url": "javascript:x"},
            "Line 3, source_url: 'javascript:x' is no address",
        ),
    ],
)
def test_a_bad_row_refuses_the_file_and_is_named(cells, sentence):
    assert sentence in faults_of(csv_of({"osl": 100}, cells))


def test_every_bad_row_is_named_at_once():
    told = faults_of(csv_of({"isl": -1}, {}, {"osl": "x"}))

    assert "Line 2, isl" in told
    assert "Line 4, osl" in told


def test_a_repeated_row_is_a_duplicate():
    assert "Line 3, row: it repeats line 2" in faults_of(csv_of({}, {}))


def test_an_empty_cell_is_unknown_and_no_neighbour_comes_of_it():
    (point,) = read_points(csv_of({"isl": "", "gpu": ""})).points

    assert point.prompt_tokens is None
    assert (point.shape, point.traffic) == (None, None)


def test_a_precision_that_we_do_not_know_is_kept_as_a_word_and_used_for_nothing():
    (point,) = read_points(csv_of({"precision": "Q9_K"})).points

    assert (point.precision, point.shape) == ("", None)
    assert point.note.startswith("precision as told: Q9_K.")


def test_a_row_without_any_result_is_left_out_and_told():
    reading = read_points(csv_of({}, {"output_tok_s": ""}))

    assert len(reading.points) == 1
    assert str(reading.left_out[0]).startswith("Line 3, row: it gives no throughput")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "header: the column model is missing"),
        ("model,gpu\nx,y\n", "header: the column precision is missing"),
        ("\x00\x01", "it is no text"),
        ("x" * (MOST_BYTES + 1), "larger than 10 MiB"),
        (csv_of({}).replace("a test,", "a test,,,,,"), "it does not have the 23 cells"),
    ],
)
def test_what_is_no_such_csv_says_so(text, sentence):
    assert sentence in faults_of(text)


def test_a_rate_of_prompt_and_completion_is_split_by_the_lengths():
    (point,) = read_points(csv_of({"output_tok_s": "", "total_tok_s": 500})).points

    assert point.output_rate == pytest.approx(100)  # 250 of 1,250 tokens


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the collection is not at hand")
def test_a_real_collection_is_read_whole():
    text = (PUBLISHED / "throughput.csv").read_text()

    reading = read_points(text)

    rows = len(text.splitlines()) - 1
    assert len(reading.points) + len(reading.left_out) == rows
    assert all("no throughput" in str(row) for row in reading.left_out)
