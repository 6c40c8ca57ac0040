"""`manage.py verify_audit`: walks the audit's hash chain and says whether it holds."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fleet.services.audit_chain import verify


class Command(BaseCommand):
    help = "Check every row of the audit against its hash chain; fails where one changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--head",
            default="",
            help="a head noted before, <position>:<hash>, that the chain must contain",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = verify(now=timezone.now(), noted_head=options["head"])
        except ValueError as wrong:
            raise CommandError(str(wrong)) from None
        if found.fault:
            raise CommandError(
                f"{found.fault} Good up to {found.head} ({found.verified} rows)."
            )
        self.stdout.write(
            f"{found.verified} rows verified, {found.unsealed} not sealed yet.\n"
            f"Head {found.head}"
        )
