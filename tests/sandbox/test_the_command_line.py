"""The sandbox as a process: what it prints, how it ends, what it leaves behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from tests.sandbox.contract import ROOT
from tests.sandbox.harness import ENGINE_KEY, pod_body, wait_for

HEADERS = {"Authorization": "Bearer sandbox-key"}
StartProcess = Callable[..., "subprocess.Popen[str]"]
VLLM_PYTHON = Path(os.environ.get("VLLM_PYTHON", ROOT / ".venv-vllm" / "bin" / "python"))
# Stands in for vLLM where only the handling of processes matters.
FAKE_VLLM = """#!{python}
import os, subprocess, sys, time
if sys.argv[1] == "-c":
    sys.exit(0)
worker = subprocess.Popen(["sleep", "600"])
print("pids", os.getpid(), worker.pid, flush=True)
time.sleep(600)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def start_process(tmp_path: Path) -> Iterator[StartProcess]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, state: Path = tmp_path / "state") -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "fleet.sandbox", "--state", str(state), *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_says_where_it_listens_and_ends_cleanly(start_process: StartProcess):
    port = free_port()
    process = start_process("--port", str(port), "--engine", "replay")
    assert process.stdout is not None
    assert f"http://127.0.0.1:{port}" in process.stdout.readline()
    assert requests.get(f"http://127.0.0.1:{port}/sandbox/health", timeout=5).ok

    process.send_signal(signal.SIGTERM)

    output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "", "")


def test_a_folder_or_port_in_use_gets_a_sentence(
    start_process: StartProcess, tmp_path: Path
):
    port = free_port()
    first = start_process("--port", str(port), "--engine", "replay")
    assert first.stdout is not None
    first.stdout.readline()

    same_folder = start_process("--port", str(free_port()), "--engine", "replay")
    same_port = start_process(
        "--port", str(port), "--engine", "replay", state=tmp_path / "other"
    )

    assert "another sandbox already uses" in same_folder.communicate(timeout=10)[1]
    assert f"port {port} cannot be used" in same_port.communicate(timeout=10)[1]
    assert (same_folder.returncode, same_port.returncode) == (1, 1)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--engine", "vllm"], "--engine vllm needs --vllm-python"),
        (["--engine", "replay", "--balance", "much"], "--balance must be USD"),
    ],
)
def test_options_it_cannot_start_with_get_a_sentence(
    start_process: StartProcess, options, told
):
    process = start_process("--port", str(free_port()), *options)

    errors = process.communicate(timeout=10)[1]

    assert told in errors
    assert errors.count("\n") == process.returncode == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_engine_outlives_the_sandbox(start_process: StartProcess, tmp_path: Path, how):
    fake = tmp_path / "python"
    fake.write_text(FAKE_VLLM.format(python=sys.executable))
    fake.chmod(0o755)
    port = free_port()
    options = ("--engine", "vllm", "--vllm-python", str(fake), "--provisioning", "0")
    process = start_process("--port", str(port), *options)
    assert process.stdout is not None
    process.stdout.readline()
    url = f"http://127.0.0.1:{port}"
    pod = requests.post(
        f"{url}/v2/pods", json=pod_body(env=None), headers=HEADERS, timeout=5
    ).json()
    pids = wait_for(lambda: _engine_pids(f"{url}/v2/pods/{pod['id']}/logs"))

    process.send_signal(how)

    process.wait(timeout=15)
    wait_for(lambda: not any(_alive(pid) for pid in pids), seconds=15)


def _engine_pids(logs_url: str) -> list[int]:
    with requests.get(logs_url, headers=HEADERS, stream=True, timeout=5) as response:
        for line in response.iter_lines(decode_unicode=True):
            if line.startswith("data: ") and "pids" in line:
                return [int(word) for word in json.loads(line[6:])["line"].split()[1:]]
    return []


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.vllm
def test_real_vllm_serves_counts_and_agrees_with_the_replay(start_process: StartProcess):
    if not os.access(VLLM_PYTHON, os.X_OK):
        pytest.skip("vLLM is not installed (VLLM_PYTHON or .venv-vllm)")
    port = free_port()
    process = start_process(
        "--port", str(port), "--engine", "vllm", "--vllm-python", str(VLLM_PYTHON)
    )
    assert process.stdout is not None
    process.stdout.readline()
    url = f"http://127.0.0.1:{port}"
    pods = {
        kind: requests.post(
            f"{url}/v2/pods",
            json=pod_body(kind, env={"KERNE_SANDBOX_ENGINE": kind}),
            headers=HEADERS,
            timeout=5,
        ).json()["id"]
        for kind in ("vllm", "replay")
    }
    health = f"{url}/proxy/{pods['vllm']}/8000/health"
    wait_for(lambda: requests.get(health, timeout=10).ok, seconds=180)

    used = {kind: _chats(f"{url}/proxy/{pod_id}/8000") for kind, pod_id in pods.items()}

    truth = requests.get(f"{url}/sandbox/truth", headers=HEADERS, timeout=10).json()["pods"]
    tokens = {pod["name"]: pod["tokens"] for pod in truth}
    assert used["vllm"] == used["replay"]
    assert tokens["vllm"] == tokens["replay"] == used["vllm"]


def _chats(engine_url: str) -> dict[str, int]:
    """Tokens of ten chats, some streaming, some with a shared prefix, by their usage."""
    total = {"uncached_prompt": 0, "cached_prompt": 0, "completion": 0}
    for number in range(10):
        shared = "a beginning that several requests share, longer than one block. " * 2
        content = f"{shared if number % 2 else ''}question {number}"
        streams = number % 3 == 0
        body = {
            "model": "llama-3.1-8b",
            "messages": [{"role": "user", "content": content}],
            "max_tokens": 4 + number,
            "ignore_eos": True,
        }
        if streams:
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        response = requests.post(
            f"{engine_url}/v1/chat/completions",
            json=body,
            headers={"Authorization": f"Bearer {ENGINE_KEY}"},
            timeout=60,
        )
        response.raise_for_status()
        text = response.text
        if streams:
            text = text.split("\n\n")[-3].removeprefix("data: ")
        usage = json.loads(text)["usage"]
        cached = usage["prompt_tokens_details"]["cached_tokens"]
        total["uncached_prompt"] += usage["prompt_tokens"] - cached
        total["cached_prompt"] += cached
        total["completion"] += usage["completion_tokens"]
    return total
