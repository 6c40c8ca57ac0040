"""Close a UTC day by hand, or all that are due."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from economics.management.options import a_day
from economics.services.close import CloseRefused, close_day
from economics.tasks import close_due_days


class Command(BaseCommand):
    help = "Close one UTC day (--day 2026-03-01), or every day that is due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--day", help="a UTC day, as 2026-03-01; without it: all due days"
        )

    def handle(self, *args: Any, day: str | None = None, **options: Any) -> None:
        now = timezone.now()
        if day is None:
            self.stdout.write(close_due_days(now))
            return
        wanted = a_day("--day", day)
        try:
            closed = close_day(wanted, now)
        except CloseRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{wanted} is closed." if closed else f"{wanted} was closed before."
        )
