import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.db import connection

from fleet.cloud import KeylessProvider, current_provider
from fleet.models import AuditEntry, Pod, StoredSecret
from fleet.providers.errors import Unauthorized
from fleet.secrets import SecretUnreadable, decrypt, encrypt
from fleet.services import stored_secrets
from fleet.services.stored_secrets import RUNPOD, SecretRefused
from tests.factories import NOW, make_pod

KEY = "rpa_PLANTED0123456789ABCDEF"
OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


def stored(value: str = KEY) -> StoredSecret:
    return stored_secrets.store(RUNPOD, value, acting_user="ada", now=NOW)


def in_database(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return [row[0] for row in cursor.fetchall()]


def test_a_pods_key_is_ciphertext_in_the_table_and_plain_in_python(db):
    pod = make_pod(api_key="sk-planted-0123456789")

    (kept,) = in_database("fleet_pod", "api_key")
    assert "planted" not in kept and decrypt(kept) == "sk-planted-0123456789"
    assert Pod.objects.get(pk=pod.pk).api_key == "sk-planted-0123456789"


def test_an_empty_key_stays_empty(db):
    make_pod(api_key="")

    assert in_database("fleet_pod", "api_key") == [""]
    assert Pod.objects.get().api_key == ""


def test_the_same_secret_looks_different_each_time():
    assert encrypt("x" * 20) != encrypt("x" * 20)


def test_a_stored_key_shows_its_end_and_its_fingerprint(db):
    row = stored()

    assert (row.last_four, len(row.fingerprint)) == ("CDEF", 16)
    assert KEY not in in_database("fleet_storedsecret", "ciphertext")[0]
    assert stored_secrets.read(RUNPOD) == KEY
    assert KEY not in str(AuditEntry.objects.get(verb="store key").figures)


def test_replacing_a_key_keeps_one_row_and_is_audited(db):
    stored()
    stored("rpa_SECOND0123456789")

    assert stored_secrets.read(RUNPOD) == "rpa_SECOND0123456789"
    assert list(AuditEntry.objects.order_by("pk").values_list("verb", flat=True)) == [
        "store key",
        "replace key",
    ]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("", "is empty; paste the key"),
        ("short", "has 5 characters; a key has 16 to 500"),
        ("x" * 501, "has 501 characters"),
        ("rpa_with blank 0123456789", "holds blanks"),
        ("rpa_\x000123456789abcdef", "holds blanks"),
        ("rpa_ключ0123456789abcdef", "holds blanks"),
    ],
)
def test_what_is_no_key_is_refused_and_not_repeated(db, value, sentence):
    with pytest.raises(SecretRefused, match=sentence) as refusal:
        stored(value)

    assert not value or value not in str(refusal.value)
    assert not StoredSecret.objects.exists()


def test_rotation_moves_every_secret_to_the_newest_key(db, settings):
    settings.ENCRYPTION_KEYS = [OLD]
    stored()
    pods = [make_pod(api_key=f"sk-planted-{n:010d}") for n in range(3)]
    make_pod(api_key="")
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    call_command("rotate_secrets")
    settings.ENCRYPTION_KEYS = [NEW]

    assert stored_secrets.read(RUNPOD) == KEY
    assert [Pod.objects.get(pk=pod.pk).api_key for pod in pods] == [
        pod.api_key for pod in pods
    ]
    again = stored_secrets.rotate(acting_user="ada", now=NOW)
    assert set(again.values()) == {0}
    assert {"fleet_pod.api_key", "fleet_storedsecret.ciphertext"} <= set(again)


def test_without_the_right_key_the_sentence_says_what_to_do(db, settings):
    settings.ENCRYPTION_KEYS = [OLD]
    stored()
    settings.ENCRYPTION_KEYS = [NEW]

    with pytest.raises(SecretUnreadable, match="behind the newest one"):
        stored_secrets.read(RUNPOD)
    with pytest.raises(CommandError, match="KERNE_ENCRYPTION_KEYS"):
        call_command("rotate_secrets")


def test_the_key_of_the_environment_wins_over_the_stored_one(db, settings):
    stored()
    settings.RUNPOD_API_KEY = "rpa_OF_THE_ENVIRONMENT"
    assert current_provider()._api_key == "rpa_OF_THE_ENVIRONMENT"

    settings.RUNPOD_API_KEY = ""
    assert current_provider()._api_key == KEY


def test_without_any_key_every_call_is_refused_and_none_is_sent(db, settings):
    settings.RUNPOD_API_KEY = ""
    provider = current_provider()

    assert isinstance(provider, KeylessProvider)
    for call in (provider.pods, provider.offers, provider.balance):
        with pytest.raises(Unauthorized, match="No RunPod key is set"):
            call()
    with pytest.raises(Unauthorized, match="Nothing was sent"):
        provider.terminate("abc123")
