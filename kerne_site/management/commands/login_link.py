"""`manage.py login_link`: a fresh one-time link to log in as the owner."""

import secrets
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from kerne_site import login_links


class Command(BaseCommand):
    help = "Print a link that logs the owner in once, within 15 minutes."

    def handle(self, *args: Any, **options: Any) -> None:
        token = secrets.token_urlsafe(login_links.TOKEN_BYTES)
        link = login_links.make_link(
            base_url=settings.PUBLIC_URL, token=token, now=timezone.now()
        )
        self.stdout.write(link)
