"""What stands on the stage: the demo's past, and a console that people have worked with.

Everything is made by the code that makes it in life: the demo's by `make_demo`, what the
owner did by sending the console's own forms, what the cloud did by the sandbox.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from economics.selectors.accrued_months import accrued_in
from economics.services.demo import make_demo
from economics.tasks import judge_gates, read_billing, work_out_schedules
from fleet import tasks
from fleet.models import Fleet, Incident, ModelVariant, ServedModel, Tier
from fleet.services import fleets
from fleet.services.demo_fleet import DEPLOYMENTS
from fleet.services.market import load_public_prices
from fleet.services.speeds import answer_wanted
from fleet.throughput.latency import Unknown
from fleet.throughput.speed_question import SpeedEvidence
from tests.browser import databases
from tests.browser.stage import Stage, crew, now, sandbox, stage
from tests.conftest import SHARED_FOLDER
from tests.factories import LLAMA, make_user
from tests.plan_sheet import confirm, do

OWNER = "ada"
ROOFLINE_ONLY = SpeedEvidence(own=[], published=[], estimator=Unknown("not asked in tests"))
SCHEDULE = {"model": "llama-3.1-8b", "hours": "24", "source": "history", "key": "f" * 40}
WANT_SPEEDS = ("/plan/strategy/", "/decide/")
OWN = "llama-a"  # what the owner has ordered
DAYS = 36  # of past: as many as a page shows, and a piece of the last month


def owner() -> User:
    """The account that the first login link makes."""
    known = User.objects.filter(username=OWNER).first()
    if known is None:
        known = make_user(OWNER, is_superuser=True)
    assert isinstance(known, User)
    return known


def know_speeds() -> None:
    """Answer every speed that a page has asked for, by the roofline alone."""
    more = True
    while more:
        _, more = answer_wanted(evidence=lambda: ROOFLINE_ONLY, clock=now)


def make_past(days: int = DAYS) -> None:
    """That much of the demo, beside a catalog and public prices, and the owner."""
    with TemporaryDirectory() as folder, crew() as hands, sandbox(Path(folder)):
        hands.do(tasks.refresh_catalog)
        hands.do(tasks.read_balance)
        hands.do(load_public_prices, now=now())
        hands.do(owner)
        plans = [replace(plan, days=min(plan.days, days)) for plan in DEPLOYMENTS]
        hands.do(make_demo, now=now(), plans=plans)
        hands.do(_ask_for_plans)


def _ask_for_plans() -> None:
    """Open the pages that want speeds, so that they are known when a person comes."""
    client = as_owner()
    for _ in range(2):  # what a page asks for is limited; the second look asks for the rest
        for address in ("/plan/?model=llama-3.1-8b", "/plan/?model=glm-5", *WANT_SPEEDS):
            client.get(address)
        know_speeds()


def as_owner() -> Client:
    client = Client()
    client.force_login(owner())
    return client


def shared_folder() -> Path:
    return Path(os.environ[SHARED_FOLDER])


@contextmanager
def demo_console(name: str, folder: Path) -> Iterator[Stage]:
    """A console over a copy of the demo; `name` is that of its database."""
    with databases.one_process_at_a_time(shared_folder()):
        template = databases.with_a_past(
            "stage_demo", make_past, template=databases.pristine()
        )
    with databases.copy_of(template, name), stage(folder) as running:
        yield running


@contextmanager
def fresh_console(name: str, folder: Path) -> Iterator[Stage]:
    """A console that nobody has opened yet."""
    with databases.one_process_at_a_time(shared_folder()):
        template = databases.pristine()
    with databases.copy_of(template, name), stage(folder) as running:
        yield running


def live_in(running: Stage) -> None:
    """What a console shows after some days of use, on top of the demo."""
    running.serve()
    running.crew.do(_work)
    running.jobs(work_out_schedules)
    running.cloud.create(name="somebodys-training")
    running.tick()
    running.tick()
    running.jobs(tasks.tend_resources, read_billing, judge_gates)
    running.keep_books()
    running.crew.do(_look_at_an_incident)


def _work() -> None:
    """The owner's forms."""
    client = as_owner()
    order(client)
    do(client, "add_volume", deployment=OWN, size_gb=60, data_center="EU-RO-1")
    do(client, "add_endpoint", deployment=OWN, workers_min=0, workers_max=1)
    do(client, "scale", deployment=OWN, replicas=2)
    client.post("/account/people/", {"username": "grace", "role": "operator"})
    client.post("/account/tokens/", {"name": "nightly report", "scope": "read"})
    client.post("/alerts/channels/", {"name": "Night", "address": "json://127.0.0.1:9/x"})
    client.post("/alerts/maintenance/", {"hours": "2", "reason": "a new image"})
    client.post("/schedule/", SCHEDULE)
    client.post("/decide/goal/", {"title": "Earn most", "kind": "earn", "profit": "1"})
    _send(client, "statement", statement())
    _send(client, "expenses", expenses())
    _send(client, "cash", cash())


def order(client: Client, **changes: object) -> None:
    """One replica of Llama 3.1 8B on one RTX 4090, ordered on the page and confirmed."""
    llama = ModelVariant.objects.get(repository=LLAMA)
    tier = Fleet.objects.filter(tier=Tier.ONE, slug__in=fleets.slugs(Tier.ONE)).first()
    assert tier is not None
    form = {
        "fleet_id": tier.pk,
        "variant_id": llama.pk,
        "slug": OWN,
        "gpu_type_id": "NVIDIA GeForce RTX 4090",
        "gpu_count": 1,
        "cloud": "SECURE",
        "rental_kind": "on_demand",
        "replicas": 1,
        "max_model_len": 8192,
        "gpu_memory_utilization": "0.90",
        "container_disk_gb": 60,
    }
    confirm(client, client.post("/fleet/order/", form | changes).content.decode())


def last_month() -> date:
    """The first day of the month that ended last."""
    return (now().date().replace(day=1) - timedelta(days=1)).replace(day=1)


def statement(share: Decimal = Decimal("0.98")) -> bytes:
    """What a marketplace paid for the last month: a little less than was accrued."""
    rows = accrued_in(last_month(), simulated=True)
    lines = [
        f"{last_month():%Y-%m},{ServedModel.objects.get(pk=each.served_model_id).slug},"
        f"{each.gross_usd * share:.2f},0.00,{each.gross_usd * share:.2f}"
        for each in rows
        if each.gross_usd
    ]
    return "\n".join(["period,model,gross_usd,fee_usd,net_usd", *lines, ""]).encode()


def expenses() -> bytes:
    day = last_month() + timedelta(days=4)
    return (
        "spent_on,amount_usd,category,description,belongs_to\n"
        f"{day},12.00,domain,kerne.example for a year,all simulated\n"
        f"{day},29.00,monitoring,alerts by phone,all simulated\n"
    ).encode()


def cash() -> bytes:
    day = last_month() + timedelta(days=20)
    return f"kind,party,paid_on,amount_usd\ntop_up,runpod,{day},500.00\n".encode()


def _send(client: Client, kind: str, content: bytes) -> None:
    """A file, its preview, its confirmation."""
    address = f"/books/import/{kind}/"
    page = client.post(address, {"file": SimpleUploadedFile("rows.csv", content)})
    sealed = page.content.decode().split('name="sealed" value="')
    assert len(sealed) == 2, f"{kind}: {page.status_code}"
    client.post(f"{address}confirm/", {"sealed": sealed[1].split('"')[0]})


def _look_at_an_incident() -> None:
    incident = Incident.objects.order_by("pk").first()
    if incident is not None:
        as_owner().post(f"/alerts/{incident.pk}/note/", {"text": "It is my training run."})
