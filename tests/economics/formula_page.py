"""Reads the worked examples of a page in docs/formulas, so that a test asserts them."""

from pathlib import Path

PAGES = Path(__file__).resolve().parents[2] / "docs" / "formulas"
NOT_GIVEN = "—"


def worked_rows(page: str, heading: str = "Worked examples") -> list[dict[str, str]]:
    """The rows of the table under a heading, by the names in its header."""
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    _, _, after = text.partition(f"## {heading}\n")
    examples, _, _ = after.partition("\n## ")
    table = [line for line in examples.splitlines() if line.startswith("|")]
    names = [cell.strip("`") for cell in _cells(table[0])]
    rows = [_cells(line) for line in table[2:]]
    assert rows, f"{page}.md has no worked examples"
    return [dict(zip(names, row, strict=True)) for row in rows]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip()[1:-1].split("|")]
