"""Stop new spending, or release it, from a terminal: also when the web is down."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from fleet.services import spending


class Command(BaseCommand):
    help = (
        "Stop new spending: nothing new is rented until it is released. What runs goes "
        "on. With --release, money may be spent again; that takes a --reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--release", action="store_true", help="let money be spent")
        parser.add_argument("--reason", default="", help="why, for the page and the audit")

    def handle(self, *args: Any, **options: Any) -> None:
        user, now = getpass.getuser(), timezone.now()
        try:
            if options["release"]:
                done = spending.release_spending(
                    acting_user=user, now=now, reason=options["reason"]
                )
                self.stdout.write("released" if done else "it was not stopped")
                return
            stop = spending.stop_spending(
                acting_user=user, now=now, reason=options["reason"]
            )
        except ValueError as wrong:
            raise CommandError(str(wrong)) from None
        self.stdout.write(
            f"stopped since {stop.pulled_at:%Y-%m-%d %H:%M} UTC by {stop.pulled_by}"
        )
