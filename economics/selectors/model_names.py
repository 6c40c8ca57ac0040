"""Which model of ours a marketplace means by a name."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from economics.models import MarketListing, MarketModel
from economics.selectors.market_join import hub_name
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
    """The names of all models. Four queries when made, none to ask.

    A model whose listing writes no name there has the names that a market gives its
    weights: OpenRouter's "qwen/qwen-2.5-7b-instruct" is Qwen/Qwen2.5-7B-Instruct.
    """

    def __init__(self) -> None:
        self._full: defaultdict[str, set[int]] = defaultdict(set)
        self._plain: defaultdict[str, set[int]] = defaultdict(set)
        for pk, slug, name in ServedModel.objects.values_list("pk", "slug", "name"):
            self._know(pk, slug, name)
        written: set[int] = set()
        for pk, there, hub in MarketListing.objects.values_list(
            "served_model", "openrouter_slug", "hugging_face_id"
        ):
            self._know(pk, there, hub)
            if there:
                written.add(pk)
        weights: defaultdict[str, set[int]] = defaultdict(set)
        for pk, repository in ModelVariant.objects.values_list(
            "served_model", "repository"
        ):
            self._know(pk, repository)
            if pk not in written:
                weights[hub_name(repository)].add(pk)
        self._know_market(weights)

    def _know_market(self, weights: Mapping[str, Iterable[int]]) -> None:
        """Add the markets' names of our weights; what we know by another way stays so."""
        listed = MarketModel.objects.exclude(hugging_face_id="").values_list(
            "slug", "hugging_face_id"
        )
        found = [
            (slug, pk) for slug, hub in listed for pk in weights.get(hub_name(hub), ())
        ]
        for slug, pk in [each for each in found if each[0].lower() not in self._full]:
            self._know(pk, slug)

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
