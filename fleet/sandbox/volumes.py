"""Network volumes: rented, grown, given up, and the model weights that lie on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from fleet.sandbox import catalog
from fleet.sandbox.engines.command import VllmCommand
from fleet.sandbox.money import Charge, network_volume_usd_per_month
from fleet.sandbox.pods import Pod
from fleet.sandbox.problems import Problem

CACHE_FOLDERS = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "BASE_PATH")


@dataclass
class NetworkVolume:
    """A network volume, ever; [created_at, ended_at) is billed.

    size_gb  [GB] now
    sizes    [second, GB] of each size it has had, oldest first
    weights  model -> [GB] that a pod has left on it
    """

    id: str
    name: str
    size_gb: int
    data_center: str
    type: str
    created_at: int
    ended_at: int | None = None
    sizes: list[list[int]] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.sizes:
            self.sizes = [[self.created_at, self.size_gb]]

    def charge(self, since: int, until: int) -> Charge:
        """What [since, until) cost, each second at the size of that second."""
        last = until if self.ended_at is None else min(until, self.ended_at)
        ends = [begin for begin, _ in self.sizes[1:]] + [last]
        total = Charge()
        for (begin, size_gb), end in zip(self.sizes, ends, strict=True):
            seconds = max(0, min(end, last) - max(begin, since))
            total += Charge(storage=network_volume_usd_per_month(size_gb) * seconds)
        return total

    def render(self) -> dict[str, Any]:
        """As the contract's NetworkVolume."""
        return {
            "id": self.id,
            "name": self.name,
            "size": self.size_gb,
            "dataCenter": self.data_center,
            "type": self.type,
        }


class Volumes:
    """All network volumes of the account, by id; also those given up.

    save  keeps them on disk
    """

    def __init__(self, kept: dict[str, NetworkVolume], save: Callable[[], None]) -> None:
        self._all = kept
        self._save = save

    def ever(self) -> list[NetworkVolume]:
        """Every volume there was."""
        return list(self._all.values())

    def present(self) -> list[NetworkVolume]:
        """Volumes that exist."""
        return [item for item in self._all.values() if item.ended_at is None]

    def get(self, volume_id: str, *, status: int = 404) -> NetworkVolume:
        """A volume that exists, or a Problem."""
        found = self._all.get(volume_id)
        if found is None or found.ended_at is not None:
            raise Problem(status, f"network volume {volume_id!r} not found")
        return found

    def create(self, body: dict[str, Any], volume_id: str, now: int) -> NetworkVolume:
        """Rent a volume; it is billed until it is deleted."""
        center = catalog.DATA_CENTERS.get(body["dataCenter"])
        if center is None:
            raise Problem(400, f"unknown data center {body['dataCenter']!r}")
        kind = body.get("type") or center.volumes[0]
        if kind not in center.volumes:
            raise Problem(400, f"{center.id} has no {kind} volumes")
        size = int(body["size"])
        volume = NetworkVolume(volume_id, body["name"], size, center.id, kind, now)
        self._all[volume.id] = volume
        self._save()
        return volume

    def update(self, volume: NetworkVolume, body: dict[str, Any], now: int) -> None:
        """Rename or grow it; Problem 400 for a smaller size."""
        size = int(body.get("size", volume.size_gb))
        if size < volume.size_gb:
            raise Problem(
                400, f"size {size} is below {volume.size_gb} GB; a volume cannot shrink"
            )
        volume.name = body.get("name", volume.name)
        if size > volume.size_gb:
            volume.size_gb = size
            volume.sizes.append([now, size])
        self._save()

    def delete(self, volume_id: str, users: Iterable[str], now: int) -> None:
        """Give a volume up with what is on it; Problem 409 while something mounts it."""
        volume = self.get(volume_id)
        if mounting := ", ".join(users):
            raise Problem(409, f"volume {volume_id} is mounted by {mounting}")
        volume.ended_at = now
        self._save()

    def keep_weights(self, volume: NetworkVolume, model: str, size_gb: float) -> str:
        """Leave a loaded model on the volume; why not, or empty when it is there."""
        if model in volume.weights:
            return ""
        used = sum(volume.weights.values())
        if used + size_gb > volume.size_gb:
            return (
                f"no space left on volume {volume.id}: {used:g} of {volume.size_gb} GB are "
                f"used, {model} needs {size_gb:g} GB"
            )
        volume.weights[model] = size_gb
        self._save()
        return ""


def caches_on(pod: Pod, command: VllmCommand) -> bool:
    """Does the pod's engine keep its weights below the mount of its network volume?

    A volume that is mounted elsewhere than Hugging Face's cache keeps nothing: the weights
    go to the container's disk and die with it.
    """
    mounts = (pod.body.get("mounts") or {}).get("network") or []
    folders = [pod.env[name] for name in CACHE_FOLDERS if name in pod.env]
    folders = [command.download_dir] if command.download_dir else folders
    roots = [str(mount["path"]).rstrip("/") for mount in mounts]
    return any(
        folder.rstrip("/") == root or folder.startswith(f"{root}/")
        for folder in folders
        for root in roots
    )
