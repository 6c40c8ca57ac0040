"""Import a CSV of published throughput measurements from the shell."""

import getpass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fleet.services.throughput_import import ImportRefused, import_points, preview
from fleet.throughput.points import MOST_BYTES


class Command(BaseCommand):
    help = "Import published measurements (see docs/throughput.md for the columns)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="a CSV in UTF-8")
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would happen; write nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        try:
            with path.open("rb") as file:
                content = file.read(MOST_BYTES + 1)  # a larger one is refused by its size
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from None
        plan = preview(path.name, content)
        for row in plan.left_out:
            self.stdout.write(row)
        if options["dry_run"]:
            for fault in plan.faults:
                self.stdout.write(fault)
            verdict = "would be refused" if plan.faults else "would be imported"
            self.stdout.write(
                f"{path.name} {verdict}: {len(plan.points)} rows, {plan.usable} with "
                "enough told to correct an estimate."
            )
            return
        try:
            batch = import_points(
                path.name, content, acting_user=getpass.getuser(), now=timezone.now()
            )
        except ImportRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{batch.rows} rows imported, {plan.usable} with enough told to correct an "
            f"estimate; {batch.left_out} without a result left out."
        )
