"""Set what the marketplace keeps from a day on, from the shell."""

import getpass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from economics.models import DEFAULT_MARKET
from economics.services.take_rates import TakeRateRefused, first_free_day, set_take_rate


class Command(BaseCommand):
    help = "Let the marketplace keep another share of gross revenue from a UTC day on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("rate", help="its share of gross revenue, as 0.055")
        parser.add_argument(
            "--from",
            dest="valid_from",
            help="a UTC day, as 2026-03-01; without it: the first without bookings",
        )
        parser.add_argument("--market", default=DEFAULT_MARKET)

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        text = options["valid_from"]
        try:
            rate = Decimal(options["rate"])
        except InvalidOperation:
            raise CommandError(
                f"The take rate is {options['rate']!r}; write a share, as 0.055."
            ) from None
        try:
            day = first_free_day(now) if text is None else date.fromisoformat(text)
        except ValueError:
            raise CommandError(f"--from is {text!r}; write a day, as 2026-03-01.") from None
        try:
            row = set_take_rate(
                rate,
                valid_from=day,
                market=options["market"],
                acting_user=getpass.getuser(),
                now=now,
            )
        except TakeRateRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{row.market} keeps {row.rate} from {row.valid_from} on.")
