"""A statement of a page ends after 15 s; one of a migration may rewrite years of lines."""

import pytest
from django.apps import apps
from django.db import connection
from django.db.models.signals import post_migrate, pre_migrate

from kerne_site import database

SITE = apps.get_app_config("kerne_site")
pytestmark = pytest.mark.django_db


def limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        return str(cursor.fetchone()[0])


def test_a_statement_has_no_limit_while_migrations_run():
    assert limit() == "15s"

    pre_migrate.send(SITE, using="default")
    assert limit() == "0"

    database.limit_statements("default")
    assert limit() == "15s"


def test_the_limit_is_back_when_migrations_are_done():
    assert "kerne.migrated" in {receiver[0][0] for receiver in post_migrate.receivers}
