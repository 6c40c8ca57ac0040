"""Fault points: off unless asked for, and a death strikes once."""

import signal
import subprocess
import sys

import pytest
from django.conf import settings as django_settings

from fleet.services import fault_points


def test_a_point_is_passed_while_nothing_is_ordered():
    fault_points.reach("claimed")


def test_an_order_is_not_heeded_while_fault_points_are_off(settings, tmp_path):
    settings.KERNE_VAR = tmp_path
    fault_points.order("claimed")

    fault_points.reach("claimed")

    assert (tmp_path / "fault-points" / "claimed").exists()


def test_a_point_that_there_is_none_of_can_not_be_ordered(settings, tmp_path):
    settings.KERNE_VAR = tmp_path

    with pytest.raises(ValueError, match="'later' is no fault point; write one of before_"):
        fault_points.order("later")


def test_an_order_is_taken_once(settings, tmp_path):
    settings.KERNE_VAR = tmp_path
    fault_points.order("created")

    assert [fault_points.take_order("created") for _ in range(2)] == [True, False]


def test_what_a_listener_raises_ends_the_work_there():
    class Death(BaseException):
        pass

    def die(point):
        raise Death(point)

    with pytest.raises(Death, match="deleted"), fault_points.watched(die):
        fault_points.reach("deleted")
    fault_points.reach("deleted")


def test_a_death_that_is_ordered_is_a_sigkill(tmp_path):
    code = (
        "import django; django.setup()\n"
        "from fleet.services import fault_points\n"
        "fault_points.order('claimed')\n"
        "fault_points.reach('scraped')\n"
        "print('lives on', flush=True)\n"
        "fault_points.reach('claimed')\n"
        "print('never reached')\n"
    )
    env = {
        "DJANGO_SETTINGS_MODULE": "kerne_site.settings",
        "KERNE_VAR": str(tmp_path),
        "KERNE_FAULT_POINTS": "true",
    }

    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (done.returncode, done.stdout.split("\n")[0]) == (-signal.SIGKILL, "lives on")


def test_the_page_lists_every_point():
    page = (django_settings.BASE_DIR / "docs" / "faults.md").read_text()

    missing = [
        point
        for point, told in fault_points.POINTS.items()
        if f"| `{point}` | {told} |" not in page
    ]

    assert missing == []
