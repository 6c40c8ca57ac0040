"""Orphans: what the provider bills and nobody here wants."""

from __future__ import annotations

from django.db.models import QuerySet

from fleet.models import Orphan


def orphans() -> QuerySet[Orphan]:
    """Pods that are in the provider's list and that no row of ours wants."""
    return Orphan.objects.filter(gone_at__isnull=True)
