from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.clock import Clock
from tests.sandbox import contract
from tests.sandbox.harness import Sandbox, settings_for

StartSandbox = Callable[..., Sandbox]


@pytest.fixture
def start_sandbox(tmp_path: Path) -> Iterator[StartSandbox]:
    """Starts sandboxes over one state folder, one after another."""
    started: list[Sandbox] = []

    def start(clock: Clock | None = None, **changes: Any) -> Sandbox:
        sandbox = Sandbox(settings_for(tmp_path / "state", **changes), clock or Clock())
        started.append(sandbox.start())
        return sandbox

    yield start
    for sandbox in started:
        sandbox.stop()


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> Sandbox:
    return start_sandbox()


@pytest.fixture
def the_contract() -> None:
    if contract.contract_path() is None:
        pytest.skip(contract.ABSENT)
