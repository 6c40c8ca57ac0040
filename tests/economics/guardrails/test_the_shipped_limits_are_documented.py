from decimal import Decimal
from pathlib import Path

import pytest

from economics.calc.guardrails import LEVELS, RULES, Rule
from economics.services.guardrails.limits import SHIPPED

PAGE = Path(__file__).resolve().parents[3] / "docs" / "guardrails.md"


def documented() -> dict[str, list[str]]:
    """The cells of the table of shipped limits, by rule."""
    _, _, table = PAGE.read_text(encoding="utf-8").partition("## Shipped limits")
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in rows}


@pytest.mark.parametrize("rule", Rule)
def test_the_numbers_of_a_rule_are_those_of_the_page(rule):
    numbers = [SHIPPED[rule].of(level) for level in LEVELS]
    cells = documented()[RULES[rule].name]

    assert [None if cell == "—" else Decimal(cell.replace(",", "")) for cell in cells] == (
        numbers
    )


@pytest.mark.parametrize("rule", Rule)
def test_the_numbers_of_a_rule_are_in_order(rule):
    assert SHIPPED[rule].disorder(falls=RULES[rule].falls) is None
