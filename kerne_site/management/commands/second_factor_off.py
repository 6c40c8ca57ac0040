"""`manage.py second_factor_off NAME`: for whoever lost the phone and the recovery codes."""

import getpass
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kerne_site import second_factor


class Command(BaseCommand):
    help = "Remove the second factor of an account; audited."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the account's name")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"The account {options['name'][:40]!r} is unknown.")
        who = getpass.getuser()
        if not second_factor.turn_off(user, acting_user=who, now=timezone.now()):
            raise CommandError(f"{user.get_username()} has no second factor.")
        self.stdout.write(f"{user.get_username()} logs in with the password alone now.")
