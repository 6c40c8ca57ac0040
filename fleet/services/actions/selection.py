"""What one does with several deployments and pods at once, as actions of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fleet.models import ActionKind, Deployment, Pod
from fleet.services.actions.together import Asked, PartsRefused

STOP, START, SCALE = "stop", "start", "scale"
DEEDS: Mapping[str, str] = {STOP: "Stop", START: "Start", SCALE: "Scale to"}


@dataclass(frozen=True, slots=True)
class Selection:
    """Names of deployments and pods, each once, in their order.

    A pod of a deployment that is selected too is part of it.
    """

    deployments: tuple[str, ...] = ()
    pods: tuple[str, ...] = ()

    @classmethod
    def of(cls, deployments: Sequence[str], pods: Sequence[str]) -> Selection:
        """The selection without doubles. One query where both kinds are there."""
        slugs, names = written(deployments), written(pods)
        if slugs and names:
            inside = Pod.objects.filter(name__in=names, deployment__slug__in=slugs)
            for name in inside.values_list("name", flat=True):
                del names[name]
        return cls(tuple(slugs), tuple(names))

    @property
    def count(self) -> int:
        return len(self.deployments) + len(self.pods)

    @property
    def words(self) -> str:
        """How many of what: "2 deployments and 1 pod"."""
        counts = ((len(self.deployments), "deployment"), (len(self.pods), "pod"))
        said = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts if n]
        return " and ".join(said) or "nothing"

    def without(self, names: Sequence[str]) -> Selection:
        """The same without these names."""
        return Selection(
            tuple(each for each in self.deployments if each not in names),
            tuple(each for each in self.pods if each not in names),
        )


def written(names: Sequence[str]) -> dict[str, None]:
    """Each name once, as its row is looked up: a space beside it is no part of it, or
    one deployment would be counted twice in the sum."""
    return dict.fromkeys(each.replace("\x00", "").strip() for each in names)


def asked_of(deed: str, selection: Selection, *, replicas: str = "") -> list[Asked]:
    """The action of each that is selected. Raises PartsRefused for pods that are to be
    started or scaled: a pod has no number of its own."""
    if deed == STOP:
        return [
            *((ActionKind.STOP, {"deployment": slug}) for slug in selection.deployments),
            *((ActionKind.TERMINATE, {"pod": name}) for name in selection.pods),
        ]
    if selection.pods:
        raise PartsRefused(
            [
                (name, f"A pod can not be {deed_words(deed)}; select its deployment.")
                for name in selection.pods
            ],
            is_of_a_field=True,
        )
    if deed == SCALE:
        return [
            (ActionKind.SCALE, {"deployment": slug, "replicas": replicas})
            for slug in selection.deployments
        ]
    wanted = replicas_before(selection.deployments)
    return [
        (ActionKind.START, {"deployment": slug, "replicas": replicas or wanted[slug]})
        for slug in selection.deployments
    ]


def deed_words(deed: str) -> str:
    return "started" if deed == START else "scaled"


def replicas_before(slugs: Sequence[str]) -> dict[str, str]:
    """With how many replicas each is started where nobody says so: those it wants, or 1."""
    known = dict(Deployment.objects.filter(slug__in=slugs).values_list("slug", "replicas"))
    return {slug: str(max(known.get(slug, 1), 1)) for slug in slugs}
