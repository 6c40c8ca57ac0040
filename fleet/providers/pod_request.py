"""What to rent: checked before anything is sent, and safe to log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from fleet.providers.masking import MASK, mask_args

NAME = re.compile(r"[a-z0-9-]{1,60}")
IMAGE = re.compile(
    r"(?=.{1,255}$)[a-z0-9][a-z0-9._-]*(:[0-9]{1,5}(?=/))?(/[a-z0-9][a-z0-9._-]*){0,8}"
    r"(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
ENV_KEY = re.compile(r"[A-Z_][A-Z0-9_]*", re.ASCII)
PORT = re.compile(r"(?P<number>[0-9]{1,5})/(http|tcp)")
VOLUME_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
MOUNT_PATH = re.compile(r"(/[A-Za-z0-9._-]{1,60}){1,5}")
CLOUDS = ("SECURE", "COMMUNITY")
LONGEST_ARGS = 8_000  # characters
LONGEST_ENV_VALUE = 8_000
MOST_GPUS = 64
MOST_DISK_GB = 10_000
LARGEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class PodRequest:
    """One pod to rent: one GPU type, no fallback.

    name             unique; the only way to find the pod after a lost answer
    args             one string, the container's command line (may hold --api-key)
    env              environment of the container; keys are shown, values never
    disk_gb          [GB] container disk, billed while the pod runs
    ports            such as ("8000/http",); none are opened by default
    data_center_ids  preferred places; empty lets the provider choose
    volume_id        the provider's id of a network volume to mount; empty for none
    volume_path      where it is mounted; the weights' cache must lie below it

    Raises ValueError with a sentence that names the field, its value and what
    would be right.
    """

    name: str
    image: str
    args: str
    env: Mapping[str, str]
    gpu_type_id: str
    gpu_count: int
    cloud: str
    disk_gb: int
    ports: tuple[str, ...] = ("8000/http",)
    data_center_ids: tuple[str, ...] = field(default=())
    volume_id: str = ""
    volume_path: str = "/workspace"

    def __post_init__(self) -> None:
        _check_words(self)
        _check_env(self.env)
        _check_amounts(self)
        for port in self.ports:
            _check_port(port)
        if self.volume_id:
            _check_mount(self.volume_id, self.volume_path)
        # A copy, so that a caller's later change cannot alter what was checked.
        object.__setattr__(self, "env", MappingProxyType(dict(self.env)))

    def __repr__(self) -> str:
        env = {key: MASK for key in self.env}
        return (
            f"PodRequest(name={self.name!r}, image={self.image!r}, "
            f"args={mask_args(self.args)!r}, env={env!r}, "
            f"gpu_type_id={self.gpu_type_id!r}, gpu_count={self.gpu_count}, "
            f"cloud={self.cloud!r}, disk_gb={self.disk_gb}, ports={self.ports!r}, "
            f"data_center_ids={self.data_center_ids!r}, volume_id={self.volume_id!r})"
        )


def _check_words(request: PodRequest) -> None:
    if not NAME.fullmatch(request.name):
        raise ValueError(
            f"name is {request.name!r}; a pod's name has 1 to 60 characters out of "
            "a-z, 0-9 and -."
        )
    if fault := image_fault(request.image):
        raise ValueError(fault)
    if not request.gpu_type_id.strip() or len(request.gpu_type_id) > 80:
        raise ValueError(
            f"gpu_type_id is {request.gpu_type_id!r}; give the identifier from the "
            "provider's catalog, such as NVIDIA GeForce RTX 4090."
        )
    if request.cloud not in CLOUDS:
        raise ValueError(f"cloud is {request.cloud!r}; it must be SECURE or COMMUNITY.")
    if len(request.args) > LONGEST_ARGS or not request.args.isprintable():
        raise ValueError(
            f"args has {len(request.args)} characters; it must be one printable line "
            f"of at most {LONGEST_ARGS}."
        )


def image_fault(image: str) -> str:
    """Why no container runtime would take this image; "" when it may."""
    if IMAGE.fullmatch(image):
        return ""
    return (
        f"image is {image[:80]!r}; write it as registry/name:tag in at most 255 "
        "characters, such as vllm/vllm-openai:v0.32.0."
    )


def _check_env(env: Mapping[str, str]) -> None:
    for key, value in env.items():
        if not ENV_KEY.fullmatch(key):
            raise ValueError(
                f"env has the key {key!r}; use A-Z, 0-9 and _, not starting with a digit."
            )
        if not isinstance(value, str) or len(value) > LONGEST_ENV_VALUE or "\0" in value:
            raise ValueError(
                f"env value of {key} is not usable; it must be text of at most "
                f"{LONGEST_ENV_VALUE} characters without a zero byte."
            )


def _check_amounts(request: PodRequest) -> None:
    for name, value, most in (
        ("gpu_count", request.gpu_count, MOST_GPUS),
        ("disk_gb", request.disk_gb, MOST_DISK_GB),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(
                f"{name} is {value!r}; it must be a whole number from 1 to {most}."
            )


def _check_mount(volume_id: str, path: str) -> None:
    if not VOLUME_ID.fullmatch(volume_id):
        raise ValueError(
            f"volume_id is {volume_id!r}; give the provider's id, letters and digits."
        )
    if not MOUNT_PATH.fullmatch(path):
        raise ValueError(
            f"volume_path is {path!r}; it must be an absolute path such as /workspace."
        )


def _check_port(port: str) -> None:
    found = PORT.fullmatch(port)
    if found is None or not 1 <= int(found["number"]) <= LARGEST_PORT:
        raise ValueError(f"ports has {port!r}; write a port as 8000/http or 22/tcp.")
