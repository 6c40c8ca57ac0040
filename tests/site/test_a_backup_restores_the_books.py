"""The drill of docs/production.md: a dump, another database, and both checks on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from fleet.services import audit, audit_chain
from kerne_site.embedded import postgres_bin
from tests.database_address import address
from tests.economics.services.rows import NEXT_MIDNIGHT, closed_day

pytestmark = pytest.mark.django_db(transaction=True)

RESTORED = "restored"
PATIENCE = 120  # seconds


@pytest.fixture
def books() -> None:
    """A closed day of one pod, and a row of the audit."""
    served = closed_day()
    audit.record("terminate", served, acting_user="ada", now=NEXT_MIDNIGHT)
    audit_chain.seal(now=NEXT_MIDNIGHT)


def run(*argv: str, **env: str) -> str:
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=dict(os.environ) | env,
        cwd=settings.BASE_DIR,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def restored(books: None, tmp_path) -> Iterator[str]:
    """The address of a database that a backup of the books was restored into."""
    ours = str(connection.settings_dict["NAME"])
    backup = str(tmp_path / "kerne.dump")
    database = f"{RESTORED}_{ours}"
    pg_dump, pg_restore = (str(postgres_bin(name)) for name in ("pg_dump", "pg_restore"))
    run(pg_dump, "--format=custom", "--no-owner", f"--file={backup}", address(ours))
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{database}"')
        run(
            *(pg_restore, "--exit-on-error", "--no-owner", "--single-transaction"),
            *(f"--dbname={address(database)}", backup),
        )
        yield address(database)
        server.execute(f'DROP DATABASE "{database}" WITH (FORCE)')
    connections.close_all()


def test_the_restored_books_are_whole_and_still_protected(restored):
    manage = (sys.executable, "manage.py")

    books = run(*manage, "verify_books", DATABASE_URL=restored)
    trail = run(*manage, "verify_audit", DATABASE_URL=restored)

    assert "1 closed days with 3 figures are the sums of their lines" in books
    assert "rows verified" in trail
    with (
        psycopg.connect(restored) as copy,
        pytest.raises(psycopg.errors.IntegrityError, match="append-only"),
    ):
        copy.execute("DELETE FROM economics_costline")
