"""Which model of ours a marketplace means by a name."""

from __future__ import annotations

import re
from collections import defaultdict

from economics.models import MarketListing
from fleet.models import ModelVariant, ServedModel

# "author/model-20260212:nitro" is the model of that release under a routing word.
RELEASE = re.compile(r"-(20[0-9]{6}|[0-9]{4}-[0-9]{2}-[0-9]{2})$")


def plain(name: str) -> str:
    """A name without author, release and routing word, in small letters.

    >>> plain("Z-AI/GLM-5-20260212:nitro")
    'glm-5'
    """
    last = name.strip().lower().split("/")[-1].split(":")[0]
    return RELEASE.sub("", last)


class ModelNames:
    """The names of all models. Three queries when made, none to ask."""

    def __init__(self) -> None:
        self._full: defaultdict[str, set[int]] = defaultdict(set)
        self._plain: defaultdict[str, set[int]] = defaultdict(set)
        for pk, slug, name in ServedModel.objects.values_list("pk", "slug", "name"):
            self._know(pk, slug, name)
        for pk, there, hub in MarketListing.objects.values_list(
            "served_model", "openrouter_slug", "hugging_face_id"
        ):
            self._know(pk, there, hub)
        for pk, repository in ModelVariant.objects.values_list(
            "served_model", "repository"
        ):
            self._know(pk, repository)

    def _know(self, pk: int, *names: str) -> None:
        for name in filter(None, names):
            self._full[name.lower()].add(pk)
            self._plain[plain(name)].add(pk)

    def of(self, name: str) -> int | None:
        """The served model that `name` means; None where it is none or more than one."""
        for known in (self._full.get(name.strip().lower()), self._plain.get(plain(name))):
            if known and len(known) == 1:
                return next(iter(known))
        return None
