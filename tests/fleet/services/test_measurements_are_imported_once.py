"""The import of published measurements: whole or not at all, and never twice."""

import pytest
from django.core.management import CommandError, call_command

from fleet.models import AuditEntry, ThroughputImport, ThroughputMeasurement
from fleet.selectors.throughput_points import published_points
from fleet.services.throughput_import import ImportRefused, import_points, preview
from tests.factories import NOW
from tests.fleet.throughput.points import PUBLISHED, csv_of

pytestmark = pytest.mark.django_db
GOOD = csv_of({}, {"concurrency": 32, "output_tok_s": 700})


def take(text: str, name: str = "points.csv") -> ThroughputImport:
    content = text.encode()
    return import_points(name, content, acting_user="operator", now=NOW)


def test_a_good_file_is_taken_with_its_provenance():
    batch = take(GOOD)

    row = batch.measurements.get(concurrency=32)
    assert (row.output_tokens_per_second, row.source) == (700, "a test")
    assert row.source_url == "https://example.org/bench"
    assert (batch.rows, batch.imported_by, batch.imported_at) == (2, "operator", NOW)
    assert AuditEntry.objects.get(verb="import throughput").figures["rows"] == 2


def test_what_was_imported_comes_back_as_the_same_points():
    take(GOOD)

    plan = preview("other.csv", csv_of({"concurrency": 64}).encode())
    imported = [point for point in published_points() if point.source == "a test"]

    assert len(imported) == 2
    assert imported[0].shape == plan.points[0].shape


def test_a_preview_writes_nothing():
    plan = preview("points.csv", GOOD.encode())

    assert (len(plan.points), plan.usable, plan.faults) == (2, 2, ())
    assert ThroughputMeasurement.objects.count() == 0


def test_one_bad_row_keeps_all_out_and_is_named():
    with pytest.raises(ImportRefused, match="Line 3, ttft_ms: nan is not a finite number"):
        take(csv_of({}, {"ttft_ms": "nan"}))

    assert ThroughputMeasurement.objects.count() == ThroughputImport.objects.count() == 0


def test_the_same_file_is_refused_under_any_name():
    take(GOOD)

    with pytest.raises(ImportRefused, match="was imported on 2026-03-04 as points.csv"):
        take(GOOD, "renamed.csv")

    assert ThroughputMeasurement.objects.count() == 2


def test_a_row_that_an_earlier_file_brought_is_refused():
    take(GOOD)

    with pytest.raises(ImportRefused, match="was imported before; remove the row"):
        take(csv_of({}, {"concurrency": 64}))


def test_fifty_megabytes_are_refused_with_their_size():
    with pytest.raises(ImportRefused, match="it has 50 MiB; at most 10 MiB"):
        take("x" * (50 * 2**20))


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x89PNG\r\n"])
def test_what_is_no_text_is_refused(content):
    with pytest.raises(ImportRefused, match="not UTF-8"):
        import_points("points.csv", content, acting_user="operator", now=NOW)


def test_a_file_without_any_result_is_refused():
    with pytest.raises(ImportRefused, match="no row with a result"):
        take(csv_of({"output_tok_s": ""}))


def test_the_command_tells_what_it_took(tmp_path, capsys):
    path = tmp_path / "points.csv"
    path.write_text(GOOD)

    call_command("import_throughput", str(path), "--dry-run")
    assert ThroughputMeasurement.objects.count() == 0
    call_command("import_throughput", str(path))

    assert "2 rows imported" in capsys.readouterr().out
    with pytest.raises(CommandError, match="was imported on"):
        call_command("import_throughput", str(path))


def test_a_missing_file_is_a_sentence():
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        call_command("import_throughput", "/nowhere/points.csv")


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the collection is not at hand")
def test_a_real_collection_is_imported():
    content = (PUBLISHED / "throughput.csv").read_bytes()

    batch = import_points("throughput.csv", content, acting_user="operator", now=NOW)

    assert batch.measurements.count() == batch.rows > 600
