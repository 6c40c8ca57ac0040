"""Count tokens, seal hours and book revenue now, without waiting for the schedule."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from economics.tasks import settle_and_book


class Command(BaseCommand):
    help = "Count new engine samples, seal hours that are over, and book their revenue."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(settle_and_book(timezone.now()))
