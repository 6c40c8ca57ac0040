"""gpuhunt's published catalogs at a real server on this machine; Vast is not asked."""

import io
import os
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from gpuhunt._internal import catalog as theirs

from fleet.providers import gpuhunt_catalog
from fleet.providers.base import ProviderUnavailable
from fleet.providers.gpuhunt_catalog import CATALOG_URL, OFFLINE, ONLINE, read_market
from tests.fleet.providers.scripted_server import Answer, ScriptedServer

# gpuhunt leaves the closing of the file that it reads to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
HEADER = (
    "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,"
    "disk_size,gpu_vendor,flags,cpu_arch,provider_data"
)
AWS = [
    "p5.48xlarge,us-east-1,55.04,192,2048,8,H100,80,False,,nvidia,,x86,{}",
    "p5.48xlarge,eu-north-1,60.00,192,2048,8,H100,80,False,,nvidia,,x86,{}",
    "p5en.48xlarge,us-east-2,26.573400,192,2048,8,H200,141,True,,nvidia,,x86,{}",
    "m7i.large,us-east-1,0.1008,2,8,0,,,False,,,,x86,{}",
    "g4ad.xlarge,us-east-1,0.37,4,16,1,V520,8,False,,amd,,x86,{}",
]
RUNPOD = [
    "NVIDIA H200,US-KS-2,4.59,8,100,1,H200,141,False,,nvidia,,x86,{}",
    "NVIDIA H200,US-KS-2,36.72,64,800,8,H200,141,False,,nvidia,,x86,{}",
    "NVIDIA H200,CA,3.59,8,100,1,H200,141,False,,nvidia,,x86,{}",
]


def packed(name: str, rows: list[str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.csv", "\n".join([HEADER, *rows]))
    return file.getvalue()


def catalog(name: str, rows: list[str]) -> tuple[Answer, Answer]:
    return Answer(body=b"20261124-1\n"), Answer(body=packed(name, rows))


def read(server: ScriptedServer, *names: str, seconds: float = 5):
    return read_market(
        now=NOW, catalog_url=server.url, offline=names, online=(), read_seconds=seconds
    )


def test_the_lowest_price_of_the_regions_is_told_with_its_region(server):
    server.will_answer(*catalog("aws", AWS))

    p5 = next(o for o in read(server, "aws").offers if o.product == "p5.48xlarge")

    assert p5.usd_per_instance_hour == Decimal("55.04")
    assert p5.usd_per_gpu_hour == Decimal("6.88")
    assert p5.note == "lowest of 2 listings, in us-east-1"
    assert p5.gpu_type_id == "NVIDIA H100 80GB HBM3"
    assert (p5.gpu_count, p5.billing_unit, p5.observed_at) == (8, "second", NOW)
    assert [asked.path for asked in server.asked] == [
        "/aws/version",
        "/aws/20261124-1/catalog.zip",
    ]


def test_spot_is_a_kind_and_machines_without_an_nvidia_gpu_are_left_out(server):
    server.will_answer(*catalog("aws", AWS))

    kinds = {offer.product: offer.kind for offer in read(server, "aws").offers}

    assert kinds == {"p5.48xlarge": "on_demand", "p5en.48xlarge": "interruptible"}


def test_runpod_is_read_as_single_gpus_of_each_cloud(server):
    server.will_answer(*catalog("runpod", RUNPOD))

    told = {
        offer.cloud: (str(offer.usd_per_gpu_hour), offer.gpu_count, offer.max_count)
        for offer in read(server, "runpod").offers
    }

    assert told == {"SECURE": ("4.5900", 1, 8), "COMMUNITY": ("3.5900", 1, 1)}


def test_a_provider_that_fails_does_not_hold_back_the_others(server):
    server.will_answer(Answer(503), *catalog("runpod", RUNPOD))

    reading = read(server, "aws", "runpod")

    assert reading.answered == ["runpod"]
    assert reading.failures == {"aws": "HTTP 503"}


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([Answer(hang_up=True)], "not reachable"),
        ([Answer(404)], "HTTP 404"),
        ([Answer(body=b"../../etc")], "the catalog's version is '../../etc'"),
        ([Answer(body=b"x" * 1000)], "the answer is longer than 200 bytes"),
        ([Answer(body=b"1"), Answer(body=b"<html>")], "no zip with aws.csv"),
        ([Answer(body=b"1"), Answer(body=packed("gcp", AWS))], "no zip with aws.csv"),
        (list(catalog("aws", ["not,a,row"])), "its catalog has no GPU"),
    ],
)
def test_an_answer_that_is_none_is_said_and_not_taken(server, answers, why: str):
    server.will_answer(*answers)

    with pytest.raises(ProviderUnavailable, match="no price catalog answered") as silent:
        read(server, "aws")

    assert why in str(silent.value)


def test_a_server_that_is_silent_costs_the_timeout_and_no_more(server):
    server.will_answer(Answer(body=b"", headers={"Content-Length": "5"}, stay_open=True))

    with pytest.raises(ProviderUnavailable, match="no price catalog answered"):
        read(server, "aws", seconds=0.2)


def test_a_machine_without_a_network_gets_one_sentence():
    with pytest.raises(ProviderUnavailable, match="not reachable"):
        read_market(now=NOW, catalog_url="http://127.0.0.1:9", offline=OFFLINE, online=())


def test_the_process_keeps_no_variable_of_it(server):
    server.will_answer(*catalog("aws", AWS))

    read(server, "aws")

    assert "GPUHUNT_CATALOG_DIR" not in os.environ


def test_the_names_and_the_address_are_those_that_gpuhunt_publishes(settings):
    assert theirs.CATALOG_URL == CATALOG_URL == settings.MARKET_PRICES_URL
    assert set(OFFLINE) == set(theirs.OFFLINE_PROVIDERS)
    assert set(ONLINE) <= set(theirs.ONLINE_PROVIDERS)


def test_gpuhunt_is_not_imported_with_the_module():
    code = f"import sys, {gpuhunt_catalog.__name__}; print('gpuhunt' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == "False"
