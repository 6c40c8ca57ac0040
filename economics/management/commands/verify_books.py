"""`manage.py verify_books`: says whether each closed day is the sum of its lines."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from economics.management.options import a_day
from economics.selectors.books_check import check_books

SHOWN = 50


class Command(BaseCommand):
    help = "Sum every closed day anew and compare; fails where a stored figure differs."

    def add_arguments(self, parser: CommandParser) -> None:
        for name in ("--first", "--last"):
            parser.add_argument(name, help="a UTC day, included, as 2026-03-01")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = (
            a_day(f"--{name}", options[name]) if options[name] is not None else None
            for name in ("first", "last")
        )
        found = check_books(first=first, last=last)
        if found.faults:
            more = len(found.faults) - SHOWN
            lines = [*found.faults[:SHOWN], *([f"and {more} more"] if more > 0 else [])]
            raise CommandError("\n".join(lines))
        self.stdout.write(
            f"{found.days} closed days with {found.figures} figures are the sums of "
            "their lines."
        )
