"""System checks: settings that the fleet could not keep its word with."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from fleet.outgoing import Allowed
from fleet.providers.pod_request import image_fault

LONGEST_ENV = 20  # leaves room for a deployment and its attempt in 60 characters


@register()
def names_have_room(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A pod is found again by its whole name, so KERNE_ENV may not push its end out."""
    if len(settings.KERNE_ENV) <= LONGEST_ENV:
        return []
    return [
        Error(
            f"KERNE_ENV has {len(settings.KERNE_ENV)} characters; it is part of every "
            f"pod's name, so {LONGEST_ENV} are the most.",
            hint="Choose a shorter one, such as live.",
            id="fleet.E001",
        )
    ]


@register()
def private_targets_can_be_read(
    app_configs: Sequence[Any] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A network that is written wrong would allow nothing, or too much."""
    try:
        Allowed.from_words(settings.ALLOW_PRIVATE_TARGETS)
    except ValueError as error:
        return [Error(f"KERNE_ALLOW_PRIVATE_TARGETS: {error}.", id="fleet.E002")]
    return []


@register()
def images_can_be_run(
    app_configs: Sequence[Any] | None, **kwargs: Any
) -> list[CheckMessage]:
    """An image that is written wrong would be refused at each create, one by one."""
    images = {
        "KERNE_DEFAULT_VLLM_IMAGE": settings.DEFAULT_VLLM_IMAGE,
        "KERNE_WORKER_IMAGE": settings.WORKER_IMAGE,
    }
    return [
        Error(f"{name}: {fault}", id="fleet.E003")
        for name, image in images.items()
        if (fault := image_fault(image))
    ]
