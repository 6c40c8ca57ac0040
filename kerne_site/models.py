"""What the site itself stores: one-time login links, and tokens for the JSON API."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

LINK_LIFE = timedelta(minutes=15)
TOKEN_LIFE_LIMIT = timedelta(days=365)


class LoginToken(models.Model):
    """One login link, by the hash of its token: the database alone logs nobody in.

    Without a `username` it is the owner's; with one it is an invitation, which makes an
    account of that name and role.
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


class ApiToken(models.Model):
    """A key of a user to the JSON API: may read what its user may see.

    The secret is shown once and only its keyed hash is kept, so that the database
    alone opens nothing. `public_id` is no secret: it names the token in lists and logs.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens"
    )
    name = models.CharField(max_length=80)
    public_id = models.CharField(max_length=12, unique=True)
    secret_hash = models.CharField(max_length=64)  # HMAC-SHA256, hex
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)  # to the minute
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "kerne_api_token"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at"))
                & models.Q(expires_at__lte=models.F("created_at") + TOKEN_LIFE_LIMIT),
                name="kerne_api_token_ends_within_a_year",
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
