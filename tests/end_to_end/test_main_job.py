"""The main job with real parts: order, rent, serve, meter, book, close."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.end_to_end.chat import Usage, send
from tests.end_to_end.console import CATALOG, Console

MODEL = "llama-3.1-8b"
PRICES = {"uncached_prompt": "3.00", "cached_prompt": "0.50", "completion": "9.00"}
BOOK_AND_CLOSE = """
from datetime import UTC, datetime, timedelta
from economics.selectors.days import first_figures_day
from economics.services.close import close_day

first = first_figures_day()
last = datetime.now(UTC).date()
for ahead in range((last - first).days + 1):
    day = first + timedelta(days=ahead)
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    close_day(day, now=midnight + timedelta(days=1, minutes=20))
    print(day)
"""
SET_PRICE = f"""
from datetime import UTC, datetime
from decimal import Decimal
from economics.services.prices import set_token_price
from fleet.models import ServedModel

now = datetime.now(UTC)
set_token_price(
    ServedModel.objects.get(slug={MODEL!r}),
    **{{name: Decimal(usd) for name, usd in {PRICES!r}.items()}},
    valid_from=now.replace(minute=0, second=0, microsecond=0),
    acting_user="ada",
    now=now,
)
"""


READ_KEY = """
from django.core.management import call_command
call_command("pod_key", "{name}")
"""


def serve(console: Console, *, ready_seconds: float) -> Usage:
    """Order a model, wait until it is ready, send it twenty requests."""
    console.run(SET_PRICE)
    console.wait("the catalog", CATALOG, seconds=20)
    console.order(slug="llama-a")
    console.wait(
        "RUNNING",
        "SELECT 1 FROM fleet_pod WHERE provider_status = 'RUNNING'",
        seconds=30,
    )
    pod = console.wait(
        "READY",
        "SELECT * FROM fleet_pod WHERE status = 'serving' AND health = 'ready'",
        seconds=ready_seconds,
    )
    key = console.run(
        READ_KEY.format(name=pod["name"])
    ).strip()  # the table has it encrypted
    return send(pod["base_url"], key, MODEL, count=20)


def stop_and_close(console: Console) -> None:
    """Stop the deployment on its page, read the bill, close the day."""
    console.act("stop", deployment=console.value("SELECT slug FROM fleet_deployment"))
    console.wait(
        "the end of the pod",
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM fleet_pod "
        "WHERE status NOT IN ('terminated', 'failed'))",
        seconds=60,
    )
    before = console.value("SELECT count(*) FROM economics_billingobservation")
    job = "/jobs/economics.tasks.read_billing/run/"
    console.post_form(console.url + job, console.page("/jobs/"))
    console.wait(
        "the bill",
        f"SELECT 1 WHERE (SELECT count(*) FROM economics_billingobservation) > {before}",
        seconds=30,
    )
    console.run(BOOK_AND_CLOSE)


def assert_books_agree(console: Console, used: Usage) -> None:
    """Tokens, cost and profit against the answers' usage and the sandbox's truth."""
    booked = console.rows(
        "SELECT sum(uncached_prompt_tokens) AS uncached, "
        "sum(cached_prompt_tokens) AS cached, "
        "sum(completion_tokens) AS completion, sum(requests) AS requests "
        "FROM economics_usagehour"
    )[0]
    assert {name: int(count) for name, count in booked.items()} == {
        "uncached": used.prompt - used.cached,
        "cached": used.cached,
        "completion": used.completion,
        "requests": used.requests,
    }
    truth = console.cloud("GET", "/sandbox/truth")
    charged = sum(Decimal(pod["charge_usd"]["total"]) for pod in truth["pods"])
    cost = console.value("SELECT sum(amount_usd) FROM economics_costline")
    assert charged > 0
    assert abs(cost - charged) < Decimal("0.005"), (cost, charged)
    earned = (
        (used.prompt - used.cached) * Decimal(PRICES["uncached_prompt"])
        + used.cached * Decimal(PRICES["cached_prompt"])
        + used.completion * Decimal(PRICES["completion"])
    ) / 1_000_000
    days = console.rows("SELECT * FROM economics_dailyprofit WHERE scope = 'all'")
    revenue = sum(day["revenue_usd"] for day in days)
    assert abs(revenue - earned) < Decimal("0.00001")
    assert sum(day["cost_usd"] for day in days) == cost
    assert all(day["profit_usd"] == day["revenue_usd"] - day["cost_usd"] for day in days)


@pytest.mark.vllm
@pytest.mark.slow
def test_main_job(start_console: Callable[..., Console], vllm_python: str) -> None:
    console = start_console(VLLM_PYTHON=vllm_python)
    used = serve(console, ready_seconds=180)
    assert used.cached > 0, "the shared prefix was never taken from the cache"
    engine = console.value("SELECT engine_version FROM fleet_pod")
    assert not engine.startswith("replay"), engine

    stop_and_close(console)

    assert_books_agree(console, used)


@pytest.mark.slow
def test_main_job_on_the_replay_engine(start_console: Callable[..., Console]) -> None:
    console = start_console(KERNE_SANDBOX_ENGINE="replay")
    used = serve(console, ready_seconds=40)

    stop_and_close(console)

    assert_books_agree(console, used)
