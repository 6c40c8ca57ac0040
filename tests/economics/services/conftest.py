import pytest


@pytest.fixture(autouse=True)
def books(db):
    """Every test here writes rows."""
