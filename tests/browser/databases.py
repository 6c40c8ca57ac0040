"""Databases beside the one of the tests: copied, used by everything here, thrown away.

A test of the browser commits, and emptying a hundred tables after each one would cost
more than the test. So a console on a stage gets a copy of its own: of a database as the
migrations leave it, or of one with the demo's past, which is made once in a whole run.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psycopg
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

from kerne_site.embedded import postgres_bin
from tests.database_address import address

PATIENCE_SECONDS = 120


def command(text: str, *names: str) -> None:
    """One statement about whole databases, whose names fill the braces."""
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        server.execute(sql.SQL(text).format(*map(sql.Identifier, names)))


def exists(name: str) -> bool:
    with psycopg.connect(address("postgres"), autocommit=True) as server:
        asked = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return asked.fetchone() is not None


@contextmanager
def using(name: str) -> Iterator[None]:
    """Every connection of this process that opens now goes to that database."""
    before = connection.settings_dict["NAME"]
    connections.close_all()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = before


@contextmanager
def copy_of(template: str, name: str) -> Iterator[None]:
    """Work in a copy of a database; it is dropped at the end, whoever still looks at it."""
    command("CREATE DATABASE {} TEMPLATE {}", name, template)
    try:
        with using(name):
            yield
    finally:
        command("DROP DATABASE {} WITH (FORCE)", name)


@contextmanager
def one_process_at_a_time(folder: Path) -> Iterator[None]:
    """Held by the process that makes a template; the others wait and find it made."""
    with (folder / "templates.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def pristine() -> str:
    """The name of a database as the migrations leave it, made once in a run."""
    return with_a_past(
        "stage_pristine", partial(_migrate, connection.settings_dict["NAME"])
    )


def _migrate(tests_own: str) -> None:
    """Fill the database in use: from the dump of the tests' own one, which takes a second,
    or, in a run that has none, by every migration.

    PostgreSQL copies no database that somebody has a session in, as in the tests' own.
    """
    here = address(str(connection.settings_dict["NAME"]))
    dump = _run("pg_dump", "--no-owner", address(tests_own))
    if "django_migrations" not in dump:
        call_command("migrate", verbosity=0)
        return
    _run("psql", "--quiet", "--output=/dev/null", "--set=ON_ERROR_STOP=1", here, said=dump)


def with_a_past(name: str, make: Callable[[], None], *, template: str = "template0") -> str:
    """The name of a copy of `template` in which `make` was done, made once in a run."""
    if not exists(name):
        command("DROP DATABASE IF EXISTS {}", f"{name}_made")
        command("CREATE DATABASE {} TEMPLATE {}", f"{name}_made", template)
        with using(f"{name}_made"):
            make()
        command("ALTER DATABASE {} RENAME TO {}", f"{name}_made", name)
    return name


def _run(program: str, *arguments: str, said: str = "") -> str:
    done = subprocess.run(
        [str(postgres_bin(program)), *arguments],
        input=said,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
