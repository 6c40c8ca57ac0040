"""Every row of the worked table in docs/sizing.md, computed again."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from fleet.sizing.fit import Fit, fit
from tests.fleet.sizing.shapes import GLM_5_FP8, LLAMA_8B

PAGE = Path(__file__).resolve().parents[3] / "docs" / "sizing.md"
MODELS = {model.name: model for model in (LLAMA_8B, GLM_5_FP8)}


def worked_rows() -> list[list[str]]:
    table = PAGE.read_text().split("## Worked examples")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def computed(row: list[str]) -> Fit:
    gpu_count, gpu_type_id = row[1].split(" × ")
    return fit(
        MODELS[row[0]],
        gpu_type_id=gpu_type_id,
        gpu_count=int(gpu_count),
        gpu_memory_utilization=Decimal(row[2]),
        max_model_len=int(row[3]),
        kv_cache_dtype=row[4],
    )


def shown(gib: Decimal | None) -> str:
    assert gib is not None
    return str(gib.quantize(Decimal("0.01"), ROUND_HALF_UP))


def test_the_page_has_its_table():
    assert len(worked_rows()) >= 6


@pytest.mark.parametrize(
    "row", worked_rows(), ids=lambda row: f"{row[0]} {row[1]} {row[4]}"
)
def test_a_row_of_the_page_is_what_the_code_computes(row: list[str]):
    result = computed(row)

    assert [
        shown(result.budget_gib),
        shown(result.weights_gib),
        shown(result.overhead_gib),
        shown(result.kv_gib),
        str(result.kv_bytes_per_token),
        str(result.kv_tokens),
        str(result.disk_gb),
        "yes" if result.ok else "no",
    ] == row[5:]
