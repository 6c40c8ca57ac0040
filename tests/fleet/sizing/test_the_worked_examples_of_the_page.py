"""Every row of the worked table in docs/sizing.md, computed again."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from fleet.sizing.fit import SizingResult
from tests.fleet.sizing.questions import judged

PAGE = Path(__file__).resolve().parents[3] / "docs" / "sizing.md"


def worked_rows() -> list[list[str]]:
    table = PAGE.read_text().split("## Worked examples")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def computed(row: list[str]) -> SizingResult:
    gpu_count, gpu = row[2].split(" × ")
    return judged(
        row[0],
        row[1],
        gpu,
        int(gpu_count),
        gpu_memory_utilization=Decimal(row[3]),
        max_model_len=int(row[4]),
        kv_cache_dtype=row[5],
    )


def shown(gib: Decimal | None) -> str:
    return "—" if gib is None else str(gib.quantize(Decimal("0.01"), ROUND_HALF_UP))


def written(result: SizingResult) -> list[str]:
    """The cells that a row of the page has after its question."""
    terms = {term.name: term.gib for term in result.terms}
    names = ("weights", "activations", "CUDA graphs", "outside PyTorch")
    return [
        shown(result.budget_gib),
        *(shown(terms.get(name)) for name in names),
        shown(result.kv_gib),
        "—" if result.kv_bytes_per_token is None else str(result.kv_bytes_per_token),
        "—" if result.kv_tokens is None else str(result.kv_tokens),
        "—" if result.kv_tokens is None else str(result.max_sequences(8192)),
        str(result.disk_gb),
        str(result.verdict),
    ]


def test_the_page_has_its_table():
    assert len(worked_rows()) >= 10


@pytest.mark.parametrize(
    "row", worked_rows(), ids=lambda row: f"{row[0]} {row[1]} {row[2]} {row[4]} {row[5]}"
)
def test_a_row_of_the_page_is_what_the_code_computes(row: list[str]):
    assert written(computed(row)) == row[6:]
