"""A request of the web process finds a connection open."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.db import connection

from tests.database_address import address
from tests.site.settings_reader import ROOT

pytestmark = pytest.mark.django_db(transaction=True)

# What each request does, one after the other and each in a thread of its own.
ASKED = """
import sys, threading, django
django.setup()
from django.db import connection
from kerne_site.database import pool_connections
pool_connections(int(sys.argv[1]))
def request():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), current_setting('lock_timeout')")
        print(*cursor.fetchone())
    connection.close()
for _ in range(3):
    thread = threading.Thread(target=request)
    thread.start()
    thread.join()
"""


def backends(size: int, **variables: str) -> list[str]:
    """The server process and the lock's limit that each of three requests met."""
    ours = str(connection.settings_dict["NAME"])
    done = subprocess.run(
        [sys.executable, "-c", ASKED, str(size)],
        env=dict(os.environ)
        | {"DATABASE_URL": address(ours), "DJANGO_SETTINGS_MODULE": "kerne_site.settings"}
        | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_three_requests_share_one_connection_with_our_limits():
    met = backends(1)

    assert len(met) == 3 and len(set(met)) == 1
    assert met[0].endswith(" 3s")


def test_without_a_pool_each_request_opens_its_own():
    assert len(set(backends(0))) == 3


def test_a_connection_age_meant_for_workers_stops_no_page():
    assert len(set(backends(1, DATABASE_CONN_MAX_AGE="600"))) == 1
