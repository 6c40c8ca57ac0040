"""`benchmarks/sizing.py` over a small collection, as anybody would run it."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

from tests.fleet.sizing.test_a_boot_log_becomes_a_question import COLUMNS, row

ROOT = Path(__file__).resolve().parents[3]


def test_each_rule_is_judged_on_the_same_rows(tmp_path: Path):
    logs = tmp_path / "logs.csv"
    with logs.open("w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerow(row(kv_cache_tokens="952032", tensor_parallel="1"))
        table.writerow(row(gpu_name="AMD MI300X"))

    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "sizing.py", logs, tmp_path / "none.csv"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert "all (1)" in done.stdout
    for rule in ("ours", "weights x 1.2 + 2", "aiconfigurator"):
        assert rule in done.stdout
    assert "Not asked: 1 rows." in done.stdout
    assert "AMD MI300X is not a listed GPU." in done.stdout
