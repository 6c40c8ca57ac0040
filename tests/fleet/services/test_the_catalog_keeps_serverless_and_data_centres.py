from collections.abc import Iterator
from decimal import Decimal

import pytest

from fleet.models import GpuOffer, MarketOffer, OfferKind
from fleet.providers.base import DataCenterStock, RentalKind
from fleet.providers.base import GpuOffer as Listed
from fleet.providers.fake import FakeProvider
from fleet.services import catalog
from tests.clock import NOON
from tests.fleet.providers.conftest import runpod_at
from tests.fleet.providers.scripted_server import ScriptedServer, scripted_server

RTX_4090 = "NVIDIA GeForce RTX 4090"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


def test_serverless_is_kept_per_gpu_with_its_price_per_second(
    db: None, server: ScriptedServer
):
    server.will_play("catalog_secure", "catalog_community")

    catalog.refresh(provider=runpod_at(server), now=NOON)

    worker = MarketOffer.objects.get(kind=OfferKind.SERVERLESS)
    assert (worker.gpu_type_id, worker.cloud) == (RTX_4090, "")
    assert worker.usd_per_gpu_hour == Decimal("1.1")
    assert worker.usd_per_gpu_second == Decimal("1.1") / 3600


def test_stock_is_kept_by_data_centre(db: None, server: ScriptedServer):
    server.will_play("catalog_secure", "catalog_community")

    catalog.refresh(provider=runpod_at(server), now=NOON)

    secure = GpuOffer.objects.get(gpu_type_id=RTX_4090, cloud="SECURE")
    assert secure.data_centers == [
        {"id": "EU-RO-1", "name": "EU Romania 1", "stock": "HIGH"},
        {"id": "US-KS-2", "name": "US Kansas 2", "stock": "LOW"},
    ]


def test_an_order_sees_pods_only(db: None):
    price = Decimal("0.74")
    centre = (DataCenterStock("EU-RO-1", "EU Romania 1", "HIGH"),)
    provider = FakeProvider(
        now=lambda: NOON,
        offers=[
            Listed(
                RTX_4090, "RTX 4090", 24, "SECURE", price, 8, "HIGH", data_centers=centre
            ),
            Listed(RTX_4090, "RTX 4090", 24, "", price, 8, "HIGH", RentalKind.SERVERLESS),
        ],
    )

    said = catalog.refresh(provider=provider, now=NOON)

    assert said == "2 offers, 2 new, 0 prices changed"
    assert GpuOffer.objects.get().cloud == "SECURE"
    assert MarketOffer.objects.count() == 2


def test_every_kind_of_an_offer_is_a_kind_of_renting():
    assert set(OfferKind.values) <= {kind.value for kind in RentalKind}
