"""Tokens that had no price get one, and today's revenue is what they bring."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from economics.tasks import settle_usage
from fleet import tasks
from fleet.models import ModelVariant, Pod
from tests.browser import world
from tests.browser.screen import Screen
from tests.browser.stage import Stage
from tests.end_to_end.chat import Usage, send

MODEL, NAME = "llama-3.3-70b", "Llama 3.3 70B"  # the demo sets no price of it
MACHINE = {
    "gpu_type_id": "NVIDIA H100 80GB HBM3",
    "gpu_count": 4,
    "container_disk_gb": 250,
}
PRICES = {"uncached_prompt": "3000", "cached_prompt": "500", "completion": "9000"}


def serve_unpriced(stage: Stage) -> Usage:
    """Order it, send it requests, count what it served."""
    variant = stage.crew.do(ModelVariant.objects.get, served_model__slug=MODEL)
    wanted = {"variant_id": variant.pk, **MACHINE}
    stage.crew.do(lambda: world.order(world.as_owner(), **wanted))
    stage.serve()
    pod = stage.crew.do(Pod.objects.get, deployment__slug=world.OWN)
    used = send(pod.base_url, pod.api_key, MODEL, count=12)
    stage.jobs(tasks.probe, settle_usage)
    return used


def test_a_first_price_counts_for_the_hour_that_runs(stage: Stage, ada: Screen) -> None:
    used = serve_unpriced(stage)
    page = ada.open("/")
    alarm = page.locator("#alarms .message", has_text="have no price")
    alarm.wait_for()
    assert NAME in alarm.inner_text()
    alarm.get_by_role("link", name="Set a price").click()

    for name, price in PRICES.items():
        page.fill(f"#id_{name}", price)
    page.get_by_role("button", name="Set the price").click()
    page.get_by_text(f"New price of {NAME}").wait_for()
    listed = page.locator("tr", has_text=NAME).first.inner_text()
    assert "$3,000" in listed and "$9,000" in listed

    stage.jobs(settle_usage)
    ada.open("/")
    ada.settle()  # the alarms come after the page
    row = page.locator("tr.sub", has_text=world.OWN)
    shown = row.locator('[data-label="Revenue today"]').inner_text()
    assert Decimal(shown.lstrip("$").replace(",", "")) == earned(used)
    assert "have no price" not in page.inner_text("#alarms")
    assert ada.left_behind() == []


def earned(used: Usage) -> Decimal:
    """What the answers' own token counts bring at these prices, to the cent."""
    usd = (
        (used.prompt - used.cached) * Decimal(PRICES["uncached_prompt"])
        + used.cached * Decimal(PRICES["cached_prompt"])
        + used.completion * Decimal(PRICES["completion"])
    ) / 1_000_000
    return usd.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
