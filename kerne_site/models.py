"""What the site itself stores: login links, second factors, sessions, API tokens, zones."""

import base64
import time
from binascii import unhexlify
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django_otp.models import Device, ThrottlingMixin, TimestampMixin
from django_otp.oath import TOTP

from fleet.secrets import EncryptedTextField
from fleet.shown_zone import LONGEST_NAME

LINK_LIFE = timedelta(minutes=15)
TOKEN_LIFE_LIMIT = timedelta(days=365)


class LoginToken(models.Model):
    """One login link, by the hash of its token: the database alone logs nobody in.

    Without a `username` it is the owner's; with one it is an invitation, which makes an
    account of that name and role, or, without a role, sets a new password of the account.
    """

    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    good_until = models.DateTimeField(null=True)  # of an invitation
    username = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=10, blank=True)
    invited_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "kerne_login_token"

    def __str__(self) -> str:
        return f"login link {self.token_hash[:8]}"

    def has_expired(self, *, now: datetime) -> bool:
        """Whether its time [created_at, ends_at) is over."""
        return now >= self.ends_at

    @property
    def ends_at(self) -> datetime:
        """An invitation says it; the owner's link is good for 15 minutes."""
        return self.good_until or self.created_at + LINK_LIFE


class Authenticator(TimestampMixin, ThrottlingMixin, Device):
    """An authenticator app of a user (TOTP, RFC 6238), its seed encrypted.

    As django-otp's own device, which keeps the seed in plain text.
    """

    STEP_SECONDS = 30
    DIGITS = 6
    TOLERANCE = 1  # steps before and after the present one

    key = EncryptedTextField()  # hex
    last_step = models.BigIntegerField(default=-1)  # a code works once

    class Meta(Device.Meta):
        db_table = "kerne_authenticator"

    def verify_token(self, token: str) -> bool:
        """Whether these are the digits of now; a wrong try makes the next one wait."""
        if not self.verify_is_allowed()[0]:
            return False
        if not (token.isascii() and token.isdigit() and len(token) == self.DIGITS):
            self.throttle_increment()
            return False
        clock = TOTP(unhexlify(self.key), self.STEP_SECONDS, digits=self.DIGITS)
        clock.time = time.time()
        if not clock.verify(int(token), self.TOLERANCE, self.last_step + 1):
            self.throttle_increment()
            return False
        self.last_step = clock.t()
        self.throttle_reset(commit=False)
        self.set_last_used_timestamp(commit=False)
        self.save()
        return True

    def get_throttle_factor(self) -> float:
        """Seconds of the first wait; each wrong code doubles it."""
        return 1

    @property
    def secret(self) -> str:
        """The seed as people type it into an app: base32 in groups of four."""
        text = base64.b32encode(unhexlify(self.key)).decode().rstrip("=")
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))

    @property
    def address(self) -> str:
        """What the QR code says (otpauth://)."""
        label = quote(f"Kerne:{self.user.get_username()}")
        told = {"secret": self.secret.replace(" ", ""), "issuer": "Kerne"}
        return f"otpauth://totp/{label}?{urlencode(told)}"


class RecoveryCode(models.Model):
    """One code for the day without the phone: works once, kept as a keyed hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    code_hash = models.CharField(max_length=64)  # HMAC-SHA256, hex
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "kerne_recovery_code"

    def __str__(self) -> str:
        return f"recovery code of {self.user_id}"


class BrowserSession(models.Model):
    """A login of somebody in a browser, so that it can be seen and ended."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    session_key = models.CharField(max_length=40, unique=True)
    ip_address = models.CharField(max_length=45)
    user_agent = models.CharField(max_length=200, blank=True)
    logged_in_at = models.DateTimeField()

    class Meta:
        db_table = "kerne_browser_session"
        ordering = ["-logged_in_at"]

    def __str__(self) -> str:
        return f"session of {self.user_id} from {self.ip_address}"


class OwnZone(models.Model):
    """The time zone in which a person sees times; without a row it is UTC."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="own_zone"
    )
    name = models.CharField(max_length=LONGEST_NAME)  # of the IANA list

    class Meta:
        db_table = "kerne_own_zone"

    def __str__(self) -> str:
        return f"{self.user_id} in {self.name}"


class Scope(models.TextChoices):
    """What a token may do, never more than its account."""

    READ = "read", "read"
    OPERATE = "operate", "read and operate"


class ApiToken(models.Model):
    """A key of a user to the JSON API: may do what its user may, within its scope.

    The secret is shown once and only its keyed hash is kept, so that the database
    alone opens nothing. `public_id` is no secret: it names the token in lists and logs.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=8, choices=Scope, default=Scope.READ)
    public_id = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)  # HMAC-SHA256, hex
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the minute
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Orders in the minute from `acts_since` on: no token acts more often than allowed.
    acts_since = models.DateTimeField(null=True, blank=True)
    acts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        db_table = "kerne_api_token"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at"))
                & models.Q(expires_at__lte=models.F("created_at") + TOKEN_LIFE_LIMIT),
                name="kerne_api_token_ends_within_a_year",
            ),
            models.CheckConstraint(
                condition=models.Q(scope__in=Scope.values),
                name="kerne_api_token_scope_known",
            ),
            # A form sent twice makes one token, and a name in a list means one key.
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=models.Q(revoked_at__isnull=True),
                name="kerne_api_token_name_once",
            ),
        ]

    def __str__(self) -> str:
        return f"api token {self.public_id}"

    def state(self, *, now: datetime) -> str:
        """One of revoked, expired, active; good for [created_at, expires_at)."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if now >= self.expires_at else "active"
