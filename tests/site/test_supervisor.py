import os
import signal
import sys
from pathlib import Path

import pytest

from kerne_site.processes import Child, Command, ProcessFailed
from kerne_site.supervisor import GaveUp, Supervisor

CRASHES = "import sys; print('no cloud today'); sys.exit(7)"
STAYS = "import time; time.sleep(60)"
IGNORES = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('up', flush=True); time.sleep(60)"
)
STARTS_ANOTHER = (
    "import subprocess, sys, time\n"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(p.pid, flush=True); time.sleep(60)"
)


@pytest.fixture
def command(tmp_path):
    def make(code: str, name: str = "cloud", **options) -> Command:
        return Command(
            name=name,
            argv=[sys.executable, "-c", code],
            log=tmp_path / f"{name}.log",
            **options,
        )

    return make


def is_running(pid: int) -> bool:
    """Whether it runs; one that ended and waits to be collected does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_part_that_crashes_is_started_again_after_a_pause_that_doubles(command):
    said: list[str] = []
    supervisor = Supervisor(said.append, on_change=lambda: None)
    supervisor.start("cloud", lambda: command(CRASHES))
    part = supervisor.parts[0]
    pauses = []
    now = 1000.0
    for _ in range(3):
        assert part.child is not None and part.child.wait(10)
        supervisor.look(now=now)
        assert part.start_again_at is not None
        pauses.append(part.start_again_at - now)
        now = part.start_again_at
        supervisor.look(now=now)

    assert pauses == [1, 2, 4]
    assert (
        "cloud ended (exit code 7); starting it again in 1 s; it said: no cloud" in said[0]
    )
    assert said[1] == "cloud: started again"
    supervisor.kill()


def test_a_part_is_given_up_at_its_sixth_crash_within_five_minutes(command):
    supervisor = Supervisor(lambda line: None, on_change=lambda: None)
    supervisor.start("cloud", lambda: command(CRASHES))
    part = supervisor.parts[0]
    now = 0.0
    with pytest.raises(GaveUp) as end:
        for _ in range(12):
            assert part.child is not None and part.child.wait(10)
            supervisor.look(now=now)
            now += 20

    assert "cloud ended 6 times within 5 minutes" in str(end.value)
    assert "no cloud today" in str(end.value)


def test_a_drill_that_kills_on_purpose_never_ends_the_console(command):
    supervisor = Supervisor(lambda line: None, on_change=lambda: None, patient=True)
    supervisor.start("cloud", lambda: command(CRASHES))
    part = supervisor.parts[0]
    pauses = []
    for number in range(8):
        assert part.child is not None and part.child.wait(10)
        supervisor.look(now=number * 2.0)
        pauses.append(part.start_again_at - number * 2.0)
        supervisor.look(now=part.start_again_at)

    assert pauses == [1] * 8
    supervisor.kill()


def test_a_crash_now_and_then_is_never_given_up(command):
    supervisor = Supervisor(lambda line: None, on_change=lambda: None)
    supervisor.start("cloud", lambda: command(CRASHES))
    part = supervisor.parts[0]
    for hour in range(8):
        assert part.child is not None and part.child.wait(10)
        supervisor.look(now=hour * 3600.0)
        supervisor.look(now=hour * 3600.0 + 60)

    supervisor.kill()


def test_a_part_that_does_not_stop_is_killed_when_its_time_is_up(command):
    child = Child(command(IGNORES, stop_seconds=0.2))
    child.wait_until(lambda: "up" in child.command.log.read_text(), seconds=10)

    child.stop()

    assert child.exit_code() == -signal.SIGKILL


def test_what_a_part_started_ends_with_it(command):
    child = Child(command(STARTS_ANOTHER))
    child.wait_until(lambda: child.command.log.read_text().endswith("\n"), seconds=10)
    grandchild = int(child.command.log.read_text())

    child.stop()

    assert not is_running(grandchild)


def test_a_part_that_ends_before_it_is_ready_is_told_with_its_last_words(command):
    child = Child(command(CRASHES))

    with pytest.raises(
        ProcessFailed, match="cloud ended at once.*exit code 7.*no cloud today"
    ):
        child.wait_until(lambda: False, seconds=10)


def test_a_part_that_is_not_ready_in_time_is_told(command):
    child = Child(command(STAYS))

    with pytest.raises(ProcessFailed, match="cloud did not answer within 0.1 s"):
        child.wait_until(lambda: False, seconds=0.1)

    child.stop()


def test_a_part_has_a_session_of_its_own_so_that_ctrl_c_reaches_only_us(command):
    child = Child(command(STAYS))

    assert os.getsid(child.pid) == child.pid
    child.stop()
