"""What every test stands on: one throw-away PostgreSQL, and no way out of this machine.

The process that collects (under xdist: the controller) starts PostgreSQL once, before
Django's settings are read; xdist's workers inherit its address and make a database each.
Redis starts only for the tests that ask for it.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
import pytest
from django.apps import apps
from django.core import serializers
from django.db import connection, transaction
from django.db.models.signals import post_migrate
from pytest_django import DjangoDbBlocker

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kerne_site import embedded, places  # noqa: E402
from kerne_site.processes import Child  # noqa: E402

# Set by the controller for its workers; never by a person.
SHARED_FOLDER = "KERNE_TEST_FOLDER"
# A developer's own settings, above all a real RunPod key, must not reach a test.
SETTING_PREFIXES = ("KERNE_", "RUNPOD_", "SECRET_KEY")
SETTING_NAMES = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "ALLOWED_HOSTS", "DEBUG")
OUR_APPS = ("fleet", "economics")
KEPT = ("RUNPOD_OPENAPI", SHARED_FOLDER)


def forget_settings() -> None:
    """Take the console's settings out of the environment."""
    for name in list(os.environ):
        ours = name.startswith(SETTING_PREFIXES) or name in SETTING_NAMES
        if ours and name not in KEPT:
            del os.environ[name]


def start_shared_postgres() -> Child:
    """Start the run's PostgreSQL and leave its folder in the environment for workers."""
    folder = Path(tempfile.mkdtemp(prefix="kerne-tests-"))
    os.environ[SHARED_FOLDER] = str(folder)
    return embedded.EmbeddedPostgres(folder, durable=False).start()


_postgres: Child | None = None
if "django.conf" in sys.modules and sys.modules["django.conf"].settings.configured:
    pytest.exit(
        "Unset DJANGO_SETTINGS_MODULE: tests make their own settings.", returncode=4
    )
forget_settings()
if SHARED_FOLDER not in os.environ:
    _postgres = start_shared_postgres()
_folder = Path(os.environ[SHARED_FOLDER])
_var = _folder / os.environ.get("PYTEST_XDIST_WORKER", "main")
_var.mkdir(exist_ok=True)
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "kerne_site.settings",
    "DATABASE_URL": places.database_url(_folder),
    "KERNE_VAR": str(_var),
    "KERNE_STATIC_HASHED": "false",
    "KERNE_LOG_LEVEL": "WARNING",
    "KERNE_MARKET_WATCH": "false",
}


django.setup()  # here, so that the conftest files below this one may import models


def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    from kerne_site.celery import app

    # The real hasher takes a third of a second for each account, by design.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # A doorbell that rings nowhere. Tests of the bell itself start a real broker.
    app.conf.update(broker_url="memory://", broker_transport_options={})
    # xdist starts its workers with this environment, and there pytest-django would read
    # the settings before this file has prepared them.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _postgres is not None:
        _postgres.stop()
        shutil.rmtree(_folder, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The test database; rows that migrations made come back when a test has emptied it.

    A test that really commits ends with all tables emptied, and the tests after it would
    meet a console without a single known model.
    """
    ours = [model for app in OUR_APPS for model in apps.get_app_config(app).get_models()]
    with django_db_blocker.unblock():
        if not connection.introspection.table_names():
            return  # no test of this run asks for it, so pytest-django has made none
        _let_tables_be_emptied()
        made = [row for model in ours for row in model._default_manager.all()]
    kept = serializers.serialize("json", made)

    def give_back(**_: object) -> None:
        with transaction.atomic():
            for row in serializers.deserialize("json", kept):
                row.save()

    # Emptying ends with this signal, app by app; ours is the last.
    last = apps.get_app_config(OUR_APPS[-1])
    post_migrate.connect(give_back, sender=last, weak=False)


def _let_tables_be_emptied() -> None:
    """Append-only tables refuse TRUNCATE, by which a test that commits is cleaned up.

    Said to this test database only, so to every session that a test opens in it.
    """
    name = connection.ops.quote_name(str(connection.settings_dict["NAME"]))
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} SET kerne.may_truncate = 'on'")
        cursor.execute("SET kerne.may_truncate = 'on'")


@pytest.fixture(scope="session")
def var() -> Path:
    """KERNE_VAR of this test process."""
    return _var


@pytest.fixture(scope="session")
def redis_url(var: Path) -> Iterator[str]:
    """The address of a running Redis, the one that settings.REDIS_URL names."""
    server = embedded.EmbeddedRedis(var)
    child = server.start()
    yield server.url
    child.stop()
