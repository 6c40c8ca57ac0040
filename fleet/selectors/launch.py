"""How a replica would be started: the command and the provider's request, keys masked."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.conf import settings

from fleet.providers.masking import mask_args
from fleet.providers.pod_request import PodRequest
from fleet.providers.runpod_parse import create_body
from fleet.vllm.command import (
    SERVER,
    ServeSpec,
    args_string,
    build_args,
    redacted,
)


@dataclass(frozen=True, slots=True)
class Launch:
    """Text to read and to copy; it holds no key."""

    command: str
    body: str


def launch_of(
    spec: ServeSpec, *, gpu_type_id: str, gpu_count: int, cloud: str, disk_gb: int
) -> Launch:
    """What would be sent for one replica. Raises ValueError with a sentence.

    The spec's key is masked, whatever it is.
    """
    request = PodRequest(
        name=f"kerne-{settings.KERNE_ENV}-name-1",
        image=settings.DEFAULT_VLLM_IMAGE,
        args=mask_args(args_string(spec)),
        env={},
        gpu_type_id=gpu_type_id,
        gpu_count=gpu_count,
        cloud=cloud,
        disk_gb=disk_gb,
    )
    body = json.dumps(create_body(request), indent=2)
    return Launch(" ".join([*SERVER, *redacted(build_args(spec))]), body)
