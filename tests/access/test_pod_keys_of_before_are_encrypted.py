import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from fleet.models import Pod
from tests.factories import make_pod

NAME = "secrets_at_rest"


@pytest.fixture
def migration():
    """The module of the migration, whatever its number is."""
    found = MigrationLoader(connection).disk_migrations
    (key,) = [each for each in found if each[0] == "fleet" and each[1].endswith(NAME)]
    return __import__(f"fleet.migrations.{key[1]}", fromlist=["x"])


def in_database() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM fleet_pod ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def test_plain_keys_become_ciphertext_and_back(db, migration):
    make_pod(), make_pod(api_key="")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE fleet_pod SET api_key = 'sk-plain' WHERE api_key <> ''")

    with connection.schema_editor(atomic=False) as editor:
        migration.encrypt_pod_keys(None, editor)
        assert "sk-plain" not in in_database()[0]
        assert [pod.api_key for pod in Pod.objects.order_by("pk")] == ["sk-plain", ""]
        migration.decrypt_pod_keys(None, editor)

    assert in_database() == ["sk-plain", ""]
