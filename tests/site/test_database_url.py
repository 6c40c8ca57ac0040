import pytest

from kerne_site.database import parse_database_url
from kerne_site.env import SettingError


def test_an_address_becomes_a_database_with_its_limits():
    database = parse_database_url(
        "postgresql://kerne:p%40ss@db.example:5433/books?sslmode=verify-full"
    )

    assert database["HOST"] == "db.example"
    assert database["PORT"] == "5433"
    assert database["NAME"] == "books"
    assert database["PASSWORD"] == "p@ss"
    assert database["OPTIONS"]["sslmode"] == "verify-full"
    assert "lock_timeout=3s" in database["OPTIONS"]["options"]
    assert "statement_timeout=15s" in database["OPTIONS"]["options"]
    assert "idle_in_transaction_session_timeout=30s" in database["OPTIONS"]["options"]
    assert database["CONN_HEALTH_CHECKS"] is True


def test_a_socket_folder_is_a_host():
    assert parse_database_url("postgresql://kerne@/kerne?host=/a%20b")["HOST"] == "/a b"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "sqlite:///kerne.db",
            "DATABASE_URL starts with sqlite://; Kerne runs on PostgreSQL",
        ),
        ("postgresql://u:secret1@host/", "DATABASE_URL names no database"),
        (
            "postgresql://u:secret1@host:no/kerne",
            "DATABASE_URL has a port that is no number",
        ),
        ("postgresql://u:secret1@host/k?sslmod=x", "unknown parameter 'sslmod'"),
    ],
)
def test_what_cannot_be_used_gets_a_sentence_without_the_password(url, sentence):
    with pytest.raises(SettingError) as refusal:
        parse_database_url(url)

    assert sentence in str(refusal.value)
    assert "secret1" not in str(refusal.value)


@pytest.mark.django_db
def test_a_session_has_the_limits():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('timezone')"
        )
        assert cursor.fetchone() == ("3s", "UTC")
