"""Set the token prices of a model from the shell."""

import getpass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from economics.services.price_rules import NewDiscount, NewRule
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
        parser.add_argument(
            "--rule",
            action="append",
            default=[],
            nargs=4,
            metavar=("WHEN", "UNCACHED", "CACHED", "COMPLETION"),
            help='other prices when: "over 200000" of prompts with more tokens, or '
            '"13:00-21:00" of hours in UTC; at most two of one kind',
        )
        parser.add_argument("--discount", help="a fraction of the list, as 0.25")
        parser.add_argument("--discount-from", help="a full UTC hour; else the price's")
        parser.add_argument("--discount-until", help="a full UTC hour; else no end")
        parser.add_argument(
            "--discount-funding",
            default="ours",
            help="ours (it lowers our revenue) or market; ours without it",
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
                uncached_prompt=number("--uncached-prompt", options["uncached_prompt"]),
                cached_prompt=number("--cached-prompt", options["cached_prompt"]),
                completion=number("--completion", options["completion"]),
                valid_from=start(options["valid_from"], model, now=now),
                acting_user=getpass.getuser(),
                now=now,
                rules=[rule(*words) for words in options["rule"]],
                discount=discount(options),
            )
        except PriceRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{model}: new prices from {price.valid_from:%Y-%m-%d %H:%M} UTC."
        )


def rule(when: str, *prices: str) -> NewRule:
    """A rule as it was typed."""
    return NewRule(when, *(number("--rule", price) for price in prices))


def discount(options: dict[str, Any]) -> NewDiscount | None:
    """A discount as it was typed; None without one."""
    if options["discount"] is None:
        return None
    from_at, until_at = (
        None
        if options[name] is None
        else hour(f"--{name.replace('_', '-')}", options[name])
        for name in ("discount_from", "discount_until")
    )
    return NewDiscount(
        fraction=number("--discount", options["discount"], right="a fraction, as 0.25"),
        funding=options["discount_funding"],
        from_at=from_at,
        until_at=until_at,
    )


def number(
    option: str, text: str, *, right: str = "USD per million tokens, as 0.60"
) -> Decimal:
    """A number as it was typed. Raises CommandError for what is not one."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CommandError(f"{option} is {text!r}; write {right}.") from None


def start(text: str | None, model: ServedModel, *, now: datetime) -> datetime:
    """The hour from which a price is charged."""
    return next_start(model, now=now) if text is None else hour("--from", text)


def hour(option: str, text: str) -> datetime:
    """An instant as it was typed, in UTC where it names no zone."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(
            f"{option} is {text!r}; write a full UTC hour, as 2026-03-01T14:00."
        ) from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
