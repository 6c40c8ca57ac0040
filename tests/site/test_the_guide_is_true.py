"""docs/guide.md names only pages, keys, words and pictures that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import resolve, reverse

from fleet.navigation import SECTIONS
from tests.browser.guide_pictures import FOLDER, MOST_BYTES, PICTURES

ROOT = Path(settings.BASE_DIR)
PAGE = (ROOT / "docs" / "guide.md").read_text()
CHECKED = {"Bold"}  # said of the guide itself
SHOWN = ("templates/**/*.html", "fleet/**/*.py", "economics/**/*.py")


def found(pattern: str) -> list[str]:
    return sorted(set(re.findall(pattern, PAGE)))


PICTURED = found(r"\]\((guide/[^)]+)\)")
ADDRESSES = [each for each in found(r"`(/[^`]*)`") if each not in ("/addresses/", "/")]
LINKS = found(r"\]\(([\w/]+\.md)\)")
BOLD = [" ".join(each.split()) for each in found(r"\*\*([^*]+)\*\*") if each not in CHECKED]


def words_of_the_console() -> str:
    """The text of every page, and of the code that names things, without its tags."""
    files = [path for pattern in SHOWN for path in sorted(ROOT.glob(pattern))]
    return " ".join(re.sub(r"\s+", " ", path.read_text()) for path in files)


def test_every_picture_is_in_the_list_and_every_one_of_the_list_is_in_the_guide():
    listed = {f"guide/{each.path.name}" for each in PICTURES}
    assert set(PICTURED) == listed
    assert {f"guide/{path.name}" for path in FOLDER.iterdir()} == listed


@pytest.mark.parametrize("name", PICTURED)
def test_a_picture_is_there_and_light_and_said_in_words(name):
    size = (ROOT / "docs" / name).stat().st_size
    assert 0 < size < MOST_BYTES
    words = re.search(rf"!\[([^\]]+)\]\({re.escape(name)}\)", PAGE)
    assert words is not None and len(words[1].split()) > 5


@pytest.mark.parametrize("picture", PICTURES, ids=lambda each: each.name)
def test_a_picture_is_taken_of_a_page_that_there_is(picture):
    resolve(picture.address.format(schedule=1, month="2026-10").split("?")[0])


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_leads_to_a_page(address):
    resolve(address)


def test_there_are_as_many_addresses_and_words_as_we_know_of():
    assert len(ADDRESSES) > 25 and len(BOLD) > 40


def test_a_key_goes_to_the_page_beside_it():
    pages = [page for section in SECTIONS for page in section.pages]
    known = {(page.key, page.name, reverse(page.view)) for page in pages if page.key}
    named = re.findall(r"^\| `g` `(.)` \| ([^|]+) \| `([^`]+)` \|$", PAGE, re.MULTILINE)
    assert len(named) > 10
    assert set(named) <= known


def test_every_other_key_is_in_the_sheet_of_keys():
    sheet = (ROOT / "templates" / "base.html").read_text()
    for key in ("Ctrl", "K", "?", "/", "r", "Esc"):
        assert f"`{key}`" in PAGE
        assert f"<kbd>{key}</kbd>" in sheet


@pytest.mark.parametrize("link", LINKS)
def test_a_link_leads_to_a_page_of_the_documentation(link):
    assert (ROOT / "docs" / link).is_file()


def test_what_is_bold_is_written_on_a_page():
    shown = words_of_the_console()
    assert [words for words in BOLD if words not in shown] == []


def test_the_readme_leads_to_it():
    assert "docs/guide.md" in (ROOT / "README.md").read_text()
