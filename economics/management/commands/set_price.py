"""Set the token prices of a model from the shell."""

import getpass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from economics.services.prices import PriceRefused, next_start, set_token_price
from fleet.models import ServedModel

PRICES = ("uncached_prompt", "cached_prompt", "completion")


class Command(BaseCommand):
    help = "Charge new token prices for a model, in USD per million tokens."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("model", help="the model's slug, as clients ask for it")
        for name in PRICES:
            option = f"--{name.replace('_', '-')}"
            parser.add_argument(option, required=True, help="USD per million tokens")
        parser.add_argument(
            "--from",
            dest="valid_from",
            help="a full UTC hour, as 2026-03-01T14:00; without it: the "
            "next full hour, for a first price the hour that runs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        model = ServedModel.objects.filter(slug=options["model"]).first()
        if model is None:
            known = ", ".join(ServedModel.objects.values_list("slug", flat=True))
            raise CommandError(
                f"The model {options['model']!r} is unknown; known: {known}."
            )
        try:
            price = set_token_price(
                model,
                **{name: number(name, options[name]) for name in PRICES},
                valid_from=start(options["valid_from"], model, now=now),
                acting_user=getpass.getuser(),
                now=now,
            )
        except PriceRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{model}: new prices from {price.valid_from:%Y-%m-%d %H:%M} UTC."
        )


def number(name: str, text: str) -> Decimal:
    """A price as it was typed. Raises CommandError for what is not a number."""
    option = f"--{name.replace('_', '-')}"
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CommandError(
            f"{option} is {text!r}; write USD per million tokens, as 0.60."
        ) from None


def start(text: str | None, model: ServedModel, *, now: datetime) -> datetime:
    """The hour from which a price is charged."""
    if text is None:
        return next_start(model, now=now)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"--from is {text!r}; write a full UTC hour, as 2026-03-01T14:00."
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
