"""The story of these tests, in a month where nothing else happens."""

from datetime import date

import pytest

from tests.economics.profit.story import Story, tell

LAST_DAY = date(2026, 3, 7)


@pytest.fixture
def story(db: None) -> Story:
    return tell(LAST_DAY)
