"""What the parameters of an action name: rows that exist, numbers in range."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.conf import settings

from fleet.models import Deployment, Orphan, Pod, StrayResource
from fleet.selectors.providers import provider_names
from fleet.services.order_rules import MOST_REPLICAS
from fleet.services.refused import Refused

FEW = re.compile(r"[0-9]{1,4}", re.ASCII)  # int() refuses thousands of digits loudly
LONGEST_SHOWN = 60


def deployment_named(parameters: Mapping[str, str]) -> Deployment:
    """The deployment of `deployment`, of this cloud's kind of money. Raises Refused."""
    slug = word(parameters, "deployment")
    row = (
        Deployment.objects.select_related("fleet", "variant__served_model")
        .filter(slug=slug)
        .first()
    )
    if row is None:
        raise Refused.because(
            f"Deployment {slug!r} does not exist; name one of the fleet page.",
            field="deployment",
        )
    if row.fleet.simulated != settings.KERNE_SANDBOX:
        money = "play money" if row.fleet.simulated else "real money"
        raise Refused.because(
            f"Deployment {slug} is for {money}, and this cloud is not: nothing of it can "
            "be rented or ended here.",
            field="deployment",
        )
    return row


def pod_named(parameters: Mapping[str, str]) -> Pod:
    """The pod of `pod`. Raises Refused."""
    name = word(parameters, "pod")
    pod = (
        Pod.objects.select_related("deployment__fleet", "deployment__variant__served_model")
        .filter(name=name)
        .first()
    )
    if pod is None:
        raise Refused.because(
            f"Pod {name!r} does not exist; name one of the fleet page.", field="pod"
        )
    if pod.provider not in provider_names():
        raise Refused.because(
            f"Pod {pod} was rented at {pod.provider}, which is not connected now; end it "
            "in that provider's console.",
            field="pod",
        )
    return pod


def orphan_named(parameters: Mapping[str, str]) -> Orphan:
    """The orphan of `orphan`, the provider's id, that is still listed. Raises Refused."""
    provider_id = word(parameters, "orphan")
    orphan = Orphan.objects.filter(
        provider__in=provider_names(), provider_id=provider_id, gone_at__isnull=True
    ).first()
    if orphan is None:
        raise Refused.because(
            f"Nobody's pod {provider_id!r} is not in the provider's list (any more).",
            field="orphan",
        )
    return orphan


def stray_named(parameters: Mapping[str, str]) -> StrayResource:
    """The stray of `stray`, such as volume:abc123, that is still listed. Raises Refused."""
    kind, _, provider_id = word(parameters, "stray").partition(":")
    stray = StrayResource.objects.filter(
        provider=settings.PROVIDER_NAME,
        kind=kind,
        provider_id=provider_id,
        gone_at__isnull=True,
    ).first()
    if stray is None:
        raise Refused.because(
            f"Nobody's {f'{kind}:{provider_id}'!r} is not in the provider's lists (any "
            "more); write volume: or endpoint: and the provider's id.",
            field="stray",
        )
    return stray


def replicas_asked(parameters: Mapping[str, str]) -> int:
    """The number of `replicas`, 1 to MOST_REPLICAS. Raises Refused."""
    return whole(parameters, "replicas", 1, MOST_REPLICAS)


def whole(parameters: Mapping[str, str], field: str, least: int, most: int) -> int:
    """A whole number within both bounds. Raises Refused."""
    text = parameters.get(field, "").strip()
    if FEW.fullmatch(text) and least <= int(text) <= most:
        return int(text)
    raise Refused.because(
        f"{field.replace('_', ' ').capitalize()} is {text[:40]!r}; write a whole number "
        f"from {least} to {most}.",
        field=field,
    )


def word(parameters: Mapping[str, str], field: str) -> str:
    """A parameter that has to be there. Raises Refused."""
    text = parameters.get(field, "").replace("\x00", "").strip()
    if not text:
        raise Refused.because(f"{field} is missing; name what is meant.", field=field)
    return text[: LONGEST_SHOWN * 2]
