import csv
from datetime import timedelta

import pytest

from fleet.services import audit, audit_chain
from tests.factories import NOW


@pytest.fixture
def rows(db: None) -> None:
    audit.record("order", "llama-a", acting_user="ada", now=NOW, usd_per_hour="0.74")
    audit.record("stop", "llama-b", acting_user="otto", now=NOW + timedelta(days=1), was=2)
    audit.record("terminate", "=cmd|' /C calc'!A0", acting_user="@eve", now=NOW)
    audit_chain.seal(now=NOW)


def shown(client, **asked) -> str:
    return client.get("/audit/", asked).content.decode()


def in_csv(client, **asked) -> list[dict[str, str]]:
    text = client.get("/audit/audit.csv", asked).content.decode()
    return list(csv.DictReader(text.splitlines()))


def test_a_viewer_reads_who_did_what_with_its_figures(viewer, rows):
    page = shown(viewer)

    assert "3 rows, newest first" in page
    assert '<span class="muted">usd per hour</span> 0.74' in page
    assert "chained up to row 3" in page


def test_a_long_number_is_read_by_its_millionths_and_kept_whole_in_the_file(viewer, db):
    exact = "-0.7482191780821917808219178082"
    audit.record("order", "llama-a", acting_user="ada", now=NOW, usd_per_hour=exact)

    assert '<span class="muted">usd per hour</span> -0.748219<' in shown(viewer)
    assert exact in in_csv(viewer)[0]["figures"]


@pytest.mark.parametrize(
    ("asked", "targets"),
    [
        ({"who": "ADA"}, ["llama-a"]),
        ({"verb": "stop"}, ["llama-b"]),
        ({"target": "LLAMA"}, ["llama-b", "llama-a"]),
        ({"day": "2026-03-05"}, ["llama-b"]),
        ({"who": "nobody"}, []),
    ],
)
def test_the_filter_is_the_same_on_the_page_and_in_the_file(viewer, rows, asked, targets):
    assert [row["target"] for row in in_csv(viewer, **asked)] == targets
    assert f"{len(targets)} row" in shown(viewer, **asked)


@pytest.mark.parametrize("day", ["yesterday", "2026-13-01", "0001-01-01", "²026-03-04"])
def test_a_day_that_is_none_is_named_and_finds_nothing(viewer, rows, day):
    page = shown(viewer, day=day)

    assert "write it as 2026-03-04." in page
    assert "0 rows" in page
    assert viewer.get("/audit/audit.csv", {"day": day}).status_code == 422


@pytest.mark.parametrize("page", ["0", "-1", "9999999999", "x", "\x00"])
def test_a_page_that_is_none_shows_one_that_is(viewer, rows, page):
    assert "3 rows" in shown(viewer, page=page, who="\x00")


def test_no_cell_of_the_file_is_run_by_a_spreadsheet(viewer, rows):
    found = in_csv(viewer, who="eve")[0]

    assert found["acting_user"] == "'@eve"
    assert found["target"].startswith("'=cmd")


def test_the_page_is_in_the_navigation_with_a_key_of_its_own(viewer):
    page = viewer.get("/jobs/").content.decode()
    keys = [part.partition('"')[0] for part in page.split('data-key="')[1:]]

    assert 'href="/audit/"' in page
    assert len(keys) == len(set(keys))
