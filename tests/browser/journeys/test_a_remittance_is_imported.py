"""A marketplace's statement: bad rows are named, all or nothing is taken in."""

from __future__ import annotations

from economics.models import Statement
from tests.browser import world
from tests.browser.screen import Screen
from tests.browser.stage import Stage


def choose(screen: Screen, name: str, content: bytes) -> None:
    """Pick a file and ask for its preview."""
    screen.page.set_input_files(
        "#file", {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    screen.page.get_by_role("button", name="Preview").click()


def test_a_statement_is_refused_whole_then_taken_in_whole(
    stage: Stage, ada: Screen
) -> None:
    good = stage.crew.do(world.statement)
    bad = good + b"2026-13,llama-3.1-8b,1.00,0.00,1.00\n,glm-5,many,0,1\n"
    page = ada.open("/books/statements/")
    page.get_by_role("link", name="Import a statement").click()

    choose(ada, "bad.csv", bad)
    refused = page.get_by_role("alert").filter(has_text="nothing was imported")
    refused.wait_for()
    named = refused.inner_text()
    assert "2026-13" in named and "many" in named
    assert not stage.crew.do(Statement.objects.exists)

    choose(ada, "paid.csv", good)
    preview = page.locator("section", has_text="nothing is imported yet")
    preview.wait_for()
    assert "was accrued" in preview.inner_text()
    preview.get_by_role("button", name="Import").click()
    done = page.get_by_role("status")
    done.wait_for()
    assert "a variance of −\u2060$" in done.inner_text()

    month = f"{world.last_month():%Y-%m}"
    ada.open(f"/books/statements/{month}/")
    assert "Llama 3.1 8B" in page.inner_text("main")
    ada.open("/books/import/statement/")
    choose(ada, "again.csv", good)
    page.get_by_role("alert").filter(has_text="This file was imported on").wait_for()
    assert stage.crew.do(Statement.objects.count) == 1
    assert ada.left_behind(asked_for=422) == []
