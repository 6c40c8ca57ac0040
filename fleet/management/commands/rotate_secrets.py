"""`manage.py rotate_secrets`: every stored secret under the newest encryption key."""

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from fleet.secrets import SecretUnreadable
from fleet.services.stored_secrets import rotate


class Command(BaseCommand):
    help = "Encrypt all stored secrets anew under the first of KERNE_ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = rotate(acting_user=getpass.getuser(), now=timezone.now())
        except SecretUnreadable as fault:
            raise CommandError(str(fault)) from None
        for column, count in done.items():
            self.stdout.write(f"{column}: {count} encrypted anew")
        self.stdout.write("Earlier keys may leave KERNE_ENCRYPTION_KEYS now.")
