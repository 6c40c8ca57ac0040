"""What of the fleet has a name that begins or holds some words: one query a kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_
from string import ascii_lowercase
from typing import TypeVar

from django.db import models
from django.db.models import Q

from fleet.models import ENDED, Deployment, Incident, Pod, ServedModel

MOST_OF_A_KIND = 6
LONGEST_HEAD = 38  # a name has 40 characters, two are for its letter


@dataclass(frozen=True, slots=True)
class Named:
    """Rows that match, each kind at most MOST_OF_A_KIND, newest pods first."""

    deployments: Sequence[Deployment]
    pods: Sequence[Pod]
    models: Sequence[ServedModel]
    incidents: Sequence[Incident]


def named(words: Sequence[str]) -> Named:
    """Deployments, pods, models and open incidents whose name, or provider's id, holds
    each of `words`. Four queries. An ended pod is found by its whole name or id only:
    there are thousands of them, and rarely is one meant."""
    whole = Q(name__in=words) | Q(provider_id__in=words)
    alive = _each(words, "name", "provider_id") & ~Q(status__in=ENDED)
    pods = Pod.objects.filter(alive | whole)
    return Named(
        _few(Deployment.objects.filter(_each(words, "slug"))),
        _few(pods.order_by("-pk")),
        _few(ServedModel.objects.filter(_each(words, "name", "slug"))),
        _few(
            Incident.objects.filter(
                _each(words, "title"), opened_at__isnull=False, closed_at__isnull=True
            )
        ),
    )


Row = TypeVar("Row", bound=models.Model)


def _few(rows: models.QuerySet[Row]) -> list[Row]:
    return list(rows[:MOST_OF_A_KIND])


def _each(words: Sequence[str], *columns: str) -> Q:
    """Every word is in one of the columns, in any case."""
    either = [
        reduce(Q.__or__, (Q(**{f"{column}__icontains": word}) for column in columns))
        for word in words
    ]
    return reduce(and_, either, Q())


def free_name(model_slug: str) -> str:
    """A name for a new deployment of a model that no other has: llama-3-1-8b, then
    llama-3-1-8b-b to -z; "" when even these are taken. One query."""
    head = re.sub(r"[^a-z0-9]+", "-", model_slug.lower()).strip("-")[:LONGEST_HEAD]
    head = head.strip("-")
    names = [head, *(f"{head}-{letter}" for letter in ascii_lowercase[1:])] if head else []
    taken = set(Deployment.objects.filter(slug__in=names).values_list("slug", flat=True))
    return next((name for name in names if name not in taken), "")
