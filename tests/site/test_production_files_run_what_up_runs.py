"""The units, the compose file and the example environment agree with the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

from kerne_site import parts
from kerne_site.celery import QUEUES

FILES = Path(settings.BASE_DIR) / "docs" / "production"
UNITS = {path.stem.removeprefix("kerne-"): path for path in FILES.glob("systemd/*.service")}
COMPOSE: dict[str, Any] = yaml.safe_load((FILES / "compose.yaml").read_text())
DOCUMENTED = (Path(settings.BASE_DIR) / "docs" / "settings.md").read_text()


def started_by(name: str) -> list[str]:
    """The words of a part's command after the program that runs it."""
    argv = {"web": parts.web, "worker": parts.worker, "beat": parts.beat}[name]().argv
    return [Path(word).name if "/" in word else word for word in argv[1:]]


def words_of(name: str) -> dict[str, list[str]]:
    """What the unit and the compose file start, by the file."""
    unit = re.search(r"^ExecStart=(.*)$", UNITS[name].read_text(), re.MULTILINE)
    assert unit
    return {
        "unit": unit[1].removeprefix("/opt/kerne/.venv/bin/python ").split(),
        "compose": COMPOSE["services"][name]["command"].removeprefix("python ").split(),
    }


@pytest.mark.parametrize("file", ["unit", "compose"])
def test_the_web_process_is_the_same(file):
    assert words_of("web")[file] == started_by("web")


@pytest.mark.parametrize("file", ["unit", "compose"])
@pytest.mark.parametrize("name", ["worker", "beat"])
def test_worker_and_beat_are_of_the_same_application(file, name):
    ours = started_by(name)
    theirs = words_of(name)[file]
    assert "--app kerne_site.celery" in " ".join(ours)
    assert f"--app kerne_site.celery {name}" in " ".join(theirs)


@pytest.mark.parametrize("file", ["unit", "compose"])
def test_a_worker_takes_from_every_queue(file):
    words = words_of("worker")[file]
    assert words[words.index("--queues") + 1].split(",") == list(QUEUES)


def test_a_worker_has_time_to_give_its_tasks_back():
    unit = UNITS["worker"].read_text()
    assert "Environment=REMAP_SIGTERM=SIGQUIT" in unit
    allowed = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert allowed
    assert int(allowed[1]) > settings.WORKER_SHUTDOWN_SECONDS
    worker = COMPOSE["services"]["worker"]
    assert worker["environment"]["REMAP_SIGTERM"] == "SIGQUIT"
    assert worker["stop_grace_period"] == f"{allowed[1]}s"


def test_the_example_environment_names_settings_that_exist():
    lines = (FILES / "kerne.env.example").read_text().splitlines()
    names = [line.split("=")[0] for line in lines if line and not line.startswith("#")]
    assert names
    assert [name for name in names if f"`{name}`" not in DOCUMENTED] == []
