"""`manage.py api_token create|list|revoke`: tokens of the JSON API, from the shell."""

import getpass
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from kerne_site import api_tokens
from kerne_site.models import ApiToken, Scope
from kerne_site.second_factor import CodeRefused, verify


class Command(BaseCommand):
    help = "Make, list and revoke tokens of the JSON API."

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        create = deeds.add_parser("create", help="print a new token, once")
        create.add_argument("--user", required=True, help="the account that it reads as")
        create.add_argument("--name", required=True, help="what will use it")
        create.add_argument(
            "--days",
            type=int,
            default=api_tokens.DEFAULT_DAYS,
            help=f"how long it is good: 1 to {api_tokens.MOST_DAYS} "
            f"(default {api_tokens.DEFAULT_DAYS})",
        )
        create.add_argument(
            "--scope",
            default=Scope.READ.value,
            choices=Scope.values,
            help="what it may do, never more than the account (default read)",
        )
        create.add_argument(
            "--code",
            default="",
            help="of the account's second factor, where one is required to operate",
        )
        deeds.add_parser("list", help="every token, without its secret")
        revoke = deeds.add_parser("revoke", help="end a token at once")
        revoke.add_argument("id", help="the token's id, as in the list")

    def handle(self, *args: Any, **options: Any) -> None:
        deed = options["deed"]
        if deed == "create":
            self.create(options)
        elif deed == "revoke":
            self.revoke(options["id"])
        else:
            self.list()

    def create(self, options: dict[str, Any]) -> None:
        """The token alone on stdout, so that a script can take it; the words on stderr."""
        username, scope = options["user"], options["scope"]
        user = User.objects.filter(username=username).first()
        if user is None:
            known = ", ".join(User.objects.values_list("username", flat=True))
            raise CommandError(f"The account {username!r} is unknown; known: {known}.")
        if scope == Scope.OPERATE and settings.REQUIRE_SECOND_FACTOR:
            self.check_code(user, options["code"])
        try:
            made = api_tokens.create(
                user,
                name=options["name"],
                days=options["days"],
                scope=scope,
                public_id=secrets.token_hex(api_tokens.ID_BYTES),
                secret=secrets.token_hex(api_tokens.SECRET_BYTES),
                acting_user=getpass.getuser(),
                now=timezone.now(),
            )
        except api_tokens.TokenRefused as refusal:
            raise CommandError(str(refusal)) from None
        self.stderr.write(
            f"Good until {made.row.expires_at:%Y-%m-%d %H:%M} UTC. It is shown only now:"
        )
        self.stdout.write(made.text)

    def check_code(self, user: User, code: str) -> None:
        """As on the page: what may act is made only behind the account's second factor.

        A shell would else make of any account what no login can be made of.
        """
        if not code:
            raise CommandError(
                "Scope is operate, and a second factor is required to operate: give "
                f"--code with the six digits that {user.get_username()}'s authenticator "
                "shows now, or a recovery code. Or choose read."
            )
        try:
            verify(user, code, now=timezone.now())
        except CodeRefused as refusal:
            raise CommandError(f"Scope is operate. {refusal}") from None

    def list(self) -> None:
        """One line a token; the last column says whether it still opens anything."""
        now = timezone.now()
        for row in ApiToken.objects.select_related("user"):
            used = f"{row.last_used_at:%Y-%m-%d %H:%M}" if row.last_used_at else "never"
            self.stdout.write(
                f"{row.public_id}  {row.user.get_username()}  {row.name}  {row.scope}  "
                f"until {row.expires_at:%Y-%m-%d %H:%M} UTC  used {used}  "
                f"{row.state(now=now)}"
            )

    def revoke(self, public_id: str) -> None:
        row = ApiToken.objects.select_related("user").filter(public_id=public_id).first()
        if row is None:
            raise CommandError(
                f"The token {public_id[:40]!r} is unknown; `api_token list` shows the ids."
            )
        if not api_tokens.revoke(row, acting_user=getpass.getuser(), now=timezone.now()):
            raise CommandError(
                f"The token {public_id} was revoked at {row.revoked_at:%Y-%m-%d %H:%M} UTC."
            )
        self.stdout.write(f"Revoked {public_id} ({row.name}).")
