"""Take a request log into the books."""

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from economics.services.book_imports import preview_file, take_in
from economics.services.request_logs import REQUESTS_OF_A_COMMAND
from fleet.csv_files import FileRefused, refuse_too_large


class Command(BaseCommand):
    help = "Import a request log: CSV, JSON lines, or LiteLLM's spend log as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a file in UTF-8, at most 200 MB")
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what it would bring"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        now = timezone.now()
        importer = REQUESTS_OF_A_COMMAND
        try:
            refuse_too_large(path.stat().st_size, most=importer.most_bytes)
            content = path.read_bytes()
            if options["dry_run"]:
                preview = preview_file(importer, content, name=path.name, now=now)
                said = " ".join(preview.shown.sentences)
            else:
                user = getpass.getuser()
                said = take_in(importer, content, name=path.name, acting_user=user, now=now)
        except FileRefused as refusal:
            lines = [refusal.sentence, *map(str, refusal.faults)]
            raise CommandError("\n".join(lines)) from None
        except OSError as error:
            raise CommandError(f"{path} can not be read: {error.strerror}.") from None
        self.stdout.write(f"{path.name}: {said}")
