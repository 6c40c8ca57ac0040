"""A market for interruptible pods. No such cloud exists: it stands in for those that sell
spot, because RunPod does not any more.

Nothing is random at the time of asking: prices follow from the hour, interruptions from the
pod's id, both through the seed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from hashlib import blake2b

from fleet.sandbox.catalog import GPU_TYPES, GpuType

NOTICE_SECONDS = 5.0  # between the notice and the end, as RunPod's spot pods had
LEAST_SHARE, MOST_SHARE = Decimal("0.30"), Decimal("0.60")  # of the on-demand price
PRICE_PLACES = Decimal("0.001")
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class SpotMarket:
    """Terms of the market.

    interruptions_per_pod_hour  their rate; 0 for none but those that a fault orders
    """

    interruptions_per_pod_hour: float
    seed: str

    def gpu_types(self, now: float) -> dict[str, GpuType]:
        """What is sold, at the prices of this hour; a rented pod keeps its price."""
        hour = int(now) // SECONDS_PER_HOUR
        return {
            gpu.id: replace(
                gpu, secure=self._price(gpu, hour), community=None, serverless=None
            )
            for gpu in GPU_TYPES.values()
        }

    def seconds_until_interruption(self, pod_id: str) -> float | None:
        """From a pod's creation on, drawn from the exponential distribution of the rate."""
        if self.interruptions_per_pod_hour <= 0:
            return None
        hours = -math.log(1 - self._draw("pod", pod_id)) / self.interruptions_per_pod_hour
        return hours * SECONDS_PER_HOUR

    def _price(self, gpu: GpuType, hour: int) -> Decimal:
        drawn = Decimal(str(self._draw("price", f"{gpu.id}|{hour}")))
        share = LEAST_SHARE + (MOST_SHARE - LEAST_SHARE) * drawn
        return (gpu.secure * share).quantize(PRICE_PLACES, ROUND_HALF_UP)

    def _draw(self, what: str, of: str) -> float:
        """A number in [0, 1) that belongs to the seed and the thing."""
        digest = blake2b(f"{self.seed}|{what}|{of}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64
