"""Take GPU offers in from a CSV file."""

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fleet.csv_files import FileRefused, refuse_too_large
from fleet.market.csv_file import COLUMNS
from fleet.services.market import import_offers, preview_import


class Command(BaseCommand):
    help = f"Import GPU offers from a CSV file with the columns {', '.join(COLUMNS)}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file in UTF-8, at most 2 MB")
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what it would bring"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            refuse_too_large(path.stat().st_size)
            content = path.read_bytes()
        except FileRefused as refusal:
            raise CommandError(refusal.sentence) from None
        except OSError as error:
            raise CommandError(f"{path} can not be read: {error.strerror}.") from None
        now = timezone.now()
        try:
            if options["dry_run"]:
                preview = preview_import(content, name=path.name, now=now)
                said = f"{len(preview.rows)} rows, {preview.new_count} new offers"
            else:
                stored = import_offers(
                    content, name=path.name, acting_user=getpass.getuser(), now=now
                )
                said = str(stored)
        except FileRefused as refusal:
            lines = [refusal.sentence, *map(str, refusal.faults)]
            raise CommandError("\n".join(lines)) from None
        self.stdout.write(f"{path.name}: {said}.")
