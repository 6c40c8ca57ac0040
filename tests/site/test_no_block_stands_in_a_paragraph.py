"""A browser ends a paragraph where a block begins: what follows loses its place."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PARAGRAPH = re.compile(r"<p\b[^>]*>(.*?)</p>", re.DOTALL)
# What is a block, and the tags of ours that make one.
BLOCK = re.compile(r"<(?:details|div|dl|figure|ol|table|ul)\b|{% provenance ")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_paragraph_has_no_block_in_it(path: Path):
    found = [
        " ".join(text.split())[:90]
        for text in PARAGRAPH.findall(path.read_text())
        if BLOCK.search(text)
    ]

    assert found == []
