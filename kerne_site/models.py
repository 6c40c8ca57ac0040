"""What the site itself stores: one-time login links."""

from datetime import datetime, timedelta

from django.db import models

LINK_LIFE = timedelta(minutes=15)


class LoginToken(models.Model):
    """One login link, by the hash of its token: the database alone logs nobody in."""

    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "kerne_login_token"

    def __str__(self) -> str:
        return f"login link {self.token_hash[:8]}"

    def has_expired(self, *, now: datetime) -> bool:
        """Whether its 15 minutes [created_at, created_at + 15 min) are over."""
        return now >= self.created_at + LINK_LIFE
