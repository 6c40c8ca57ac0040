"""Reads kerne_site.settings in a process of its own, under a given environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
READ = """
import json, sys
from kerne_site import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def bare_environment(var: Path, **variables: str) -> dict[str, str]:
    """An environment with nothing of ours in it but `variables` and the folder."""
    return {"PATH": os.environ["PATH"], "KERNE_VAR": str(var), **variables}


def read_settings(names: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """The named settings; raises RefusedToStart with the last line of stderr."""
    done = subprocess.run(
        [sys.executable, "-c", READ, *names],
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if done.returncode != 0:
        raise RefusedToStart(done.stderr.strip().splitlines()[-1])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


class RefusedToStart(Exception):
    """The settings raised; the message is the last line of the traceback."""
