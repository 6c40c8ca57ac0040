from datetime import date

from fleet.providers.base import RentalKind
from fleet.providers.runpod import RunPodProvider


def test_runpod_sells_everything_but_interruptible_pods():
    capabilities = RunPodProvider(api_key="k" * 20).capabilities()

    offered = {c.kind for c in capabilities if c.offered}
    assert offered == set(RentalKind) - {RentalKind.INTERRUPTIBLE}


def test_the_end_of_interruptible_pods_carries_its_date_and_who_said_so():
    capabilities = RunPodProvider(api_key="k" * 20).capabilities()

    (spot,) = [c for c in capabilities if c.kind is RentalKind.INTERRUPTIBLE]
    assert not spot.offered
    assert spot.as_of == date(2026, 9, 11)
    assert "no bid and no spot price" in spot.note
    assert "RunPod" in spot.source
