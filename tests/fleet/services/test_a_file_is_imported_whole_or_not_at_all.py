from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fleet.csv_files import FileRefused
from fleet.models import AuditEntry, MarketOffer, OfferImport
from fleet.services.market import import_offers, preview_import

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HEADER = "provider,product,gpu,gpu_count,kind,usd_per_instance_hour,observed_on\n"
GOOD = "aws,p5.48xlarge,H100 SXM,8,on_demand,55.04,2026-11-09\n"
BAD = "aws,p4d.24xlarge,A100,8,on_demand,free,2026-11-09\n"


def take(text: str, name: str = "aws.csv"):
    return import_offers(text.encode(), name=name, acting_user="ada", now=NOW)


def test_a_good_file_brings_its_offers_and_leaves_an_audit_row(db: None):
    stored = take(HEADER + GOOD)

    assert str(stored) == "1 offer, 1 new, 0 prices changed"
    assert MarketOffer.objects.get().source == "csv"
    entry = AuditEntry.objects.get(verb="offers.imported")
    assert (entry.acting_user, entry.figures["rows"]) == ("ada", 1)


def test_a_preview_changes_nothing(db: None):
    preview = preview_import((HEADER + GOOD).encode(), name="aws.csv", now=NOW)

    assert (len(preview.rows), preview.new_count) == (1, 1)
    assert not MarketOffer.objects.exists() and not OfferImport.objects.exists()


def test_one_bad_row_keeps_the_good_ones_out_too(db: None):
    with pytest.raises(FileRefused, match="1 fault; nothing was imported") as refused:
        take(HEADER + GOOD + BAD)

    assert str(refused.value.faults[0]).startswith(
        "Line 3, usd_per_instance_hour is 'free'; write USD"
    )
    assert not MarketOffer.objects.exists() and not OfferImport.objects.exists()


def test_the_same_file_twice_is_refused_also_under_another_name(db: None):
    take(HEADER + GOOD)

    with pytest.raises(FileRefused, match="was imported on 2026-11-24 12:00 UTC"):
        take(HEADER + GOOD, name="other.csv")

    assert OfferImport.objects.count() == 1


def test_a_day_that_is_known_already_is_named_with_its_line(db: None):
    take(HEADER + GOOD)

    with pytest.raises(FileRefused) as refused:
        take(HEADER + GOOD.replace("2026-11-09", "2026-10-01"))

    assert str(refused.value.faults[0]) == (
        "Line 2, observed_on is '2026-10-01'; aws p5.48xlarge is known as of 2026-11-09 "
        "already; leave the row out."
    )


def test_a_file_above_2_mb_gets_its_size_said(db: None):
    with pytest.raises(FileRefused, match=r"The file has 50\.0 MB; at most 2 MB"):
        preview_import(b"x" * 50_000_000, name="big.csv", now=NOW)


def test_the_command_imports_and_says_what_came(db: None, tmp_path: Path, capsys):
    file = tmp_path / "aws.csv"
    file.write_text(HEADER + GOOD)

    call_command("import_offers", str(file), "--dry-run")
    assert not MarketOffer.objects.exists()
    call_command("import_offers", str(file))

    assert capsys.readouterr().out == (
        "aws.csv: 1 rows, 1 new offers.\naws.csv: 1 offer, 1 new, 0 prices changed.\n"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(HEADER + BAD, "Line 2, usd_per_instance_hour is 'free'"), (None, "can not be read")],
)
def test_the_command_says_what_is_wrong(
    db: None, tmp_path: Path, content: str | None, sentence: str
):
    file = tmp_path / "aws.csv"
    if content:
        file.write_text(content)

    with pytest.raises(CommandError, match=sentence):
        call_command("import_offers", str(file))
