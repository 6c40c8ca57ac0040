import stat
import subprocess
import sys

import pytest

from tests.site.settings_reader import (
    ROOT,
    RefusedToStart,
    bare_environment,
    read_settings,
)

KEY = "rpa_ABCDEFGH12345678"
SECRET = "s" * 64
ENCRYPTION = "A" * 43 + "="


def test_without_a_key_the_demo_starts_in_the_sandbox(tmp_path):
    found = read_settings(
        ["KERNE_SANDBOX", "KERNE_ENV", "RUNPOD_API_KEY", "RUNPOD_API_URL", "PROVIDER_NAME"],
        bare_environment(tmp_path),
    )

    assert found == {
        "KERNE_SANDBOX": True,
        "KERNE_ENV": "demo",
        "RUNPOD_API_KEY": "sandbox-key",
        "RUNPOD_API_URL": "http://127.0.0.1:8701",
        "PROVIDER_NAME": "sandbox",
    }


def test_the_demo_makes_its_secret_once_and_keeps_it_to_itself(tmp_path):
    var = tmp_path / "var"
    first = read_settings(["SECRET_KEY"], bare_environment(var))
    second = read_settings(["SECRET_KEY"], bare_environment(var))

    assert first == second
    assert len(first["SECRET_KEY"]) >= 50
    assert stat.S_IMODE((var / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(var.stat().st_mode) == 0o700


def test_with_a_key_the_real_cloud_is_used(tmp_path):
    found = read_settings(
        ["KERNE_SANDBOX", "KERNE_ENV", "RUNPOD_API_URL", "PROVIDER_NAME"],
        bare_environment(
            tmp_path,
            RUNPOD_API_KEY=KEY,
            SECRET_KEY=SECRET,
            KERNE_ENCRYPTION_KEYS=ENCRYPTION,
        ),
    )

    assert found["KERNE_SANDBOX"] is False
    assert found["KERNE_ENV"] == "live"
    assert found["RUNPOD_API_URL"] == "https://api.runpod.io"
    assert found["PROVIDER_NAME"] == "runpod"


def test_without_a_key_in_the_environment_the_stored_one_is_meant(tmp_path):
    found = read_settings(
        ["KERNE_SANDBOX", "RUNPOD_API_KEY", "PROVIDER_NAME"],
        bare_environment(
            tmp_path,
            KERNE_SANDBOX="false",
            SECRET_KEY=SECRET,
            KERNE_ENCRYPTION_KEYS=ENCRYPTION,
        ),
    )

    assert found == {
        "KERNE_SANDBOX": False,
        "RUNPOD_API_KEY": "",
        "PROVIDER_NAME": "runpod",
    }


def test_the_sandbox_never_gets_the_real_key(tmp_path):
    found = read_settings(
        ["RUNPOD_API_KEY"],
        bare_environment(tmp_path, RUNPOD_API_KEY=KEY, KERNE_SANDBOX="true"),
    )

    assert found["RUNPOD_API_KEY"] == "sandbox-key"


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"RUNPOD_API_KEY": ""}, "RUNPOD_API_KEY is set but empty."),
        (
            {"RUNPOD_API_KEY": KEY},
            "SECRET_KEY is not set, and only the demo makes its own.",
        ),
        ({"RUNPOD_API_KEY": KEY, "SECRET_KEY": ""}, "SECRET_KEY is set but empty."),
        ({"KERNE_ENV": "live", "SECRET_KEY": SECRET}, "but RUNPOD_API_KEY is not set"),
        (
            {"KERNE_SANDBOX": "false", "SECRET_KEY": SECRET},
            "KERNE_ENCRYPTION_KEYS is not set, and only the demo makes its own",
        ),
        (
            {"KERNE_ENCRYPTION_KEYS": f"{ENCRYPTION},short"},
            "KERNE_ENCRYPTION_KEYS: key 2 is not 32 bytes in URL-safe base64",
        ),
        ({"KERNE_ENV": "My Env"}, "KERNE_ENV is 'My Env'"),
        ({"KERNE_ENV": "test", "KERNE_SANDBOX": "true"}, "SECRET_KEY is not set"),
        ({"KERNE_PUBLIC_URL": "http://kerne.example"}, "write an https:// address"),
        ({"DATABASE_URL": "mysql://u:p@h/kerne"}, "Kerne runs on PostgreSQL only"),
        ({"KERNE_PORT": "eighty"}, "KERNE_PORT is 'eighty'; write a whole number"),
        (
            {"KERNE_TAKE_RATE": "5.5"},
            "KERNE_TAKE_RATE is '5.5'; write a decimal number from 0",
        ),
    ],
)
def test_what_is_unsafe_or_meaningless_does_not_start(tmp_path, variables, sentence):
    with pytest.raises(RefusedToStart) as refusal:
        read_settings(["DEBUG"], bare_environment(tmp_path, **variables))

    assert sentence in str(refusal.value)


def test_a_command_says_the_sentence_without_a_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        env=bare_environment(tmp_path, RUNPOD_API_KEY=""),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.returncode == 2
    assert done.stderr == (
        "Kerne did not start: RUNPOD_API_KEY is set but empty. "
        "Give it a value or unset it.\n"
    )


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(RefusedToStart, match="KERNE_VAR is .*Not a directory"):
        read_settings(["DEBUG"], bare_environment(tmp_path / "file" / "var"))


def test_cookies_and_redirects_are_strict_behind_tls(tmp_path):
    found = read_settings(
        [
            *("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"),
            *("SESSION_COOKIE_NAME", "SECURE_HSTS_SECONDS", "ALLOWED_HOSTS", "DEBUG"),
        ],
        bare_environment(
            tmp_path,
            RUNPOD_API_KEY=KEY,
            SECRET_KEY=SECRET,
            KERNE_ENCRYPTION_KEYS=ENCRYPTION,
            KERNE_PUBLIC_URL="https://kerne.example",
        ),
    )

    assert found["SESSION_COOKIE_SECURE"] and found["CSRF_COOKIE_SECURE"]
    assert found["SECURE_SSL_REDIRECT"]
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["SECURE_HSTS_SECONDS"] == 365 * 86400
    assert "kerne.example" in found["ALLOWED_HOSTS"]
    assert found["DEBUG"] is False


def test_rabbitmq_may_be_the_broker(tmp_path):
    found = read_settings(
        ["CELERY_BROKER_URL"],
        bare_environment(tmp_path, CELERY_BROKER_URL="amqp://kerne:x@mq.example/kerne"),
    )

    assert found["CELERY_BROKER_URL"] == "amqp://kerne:x@mq.example/kerne"


def test_a_redis_on_a_socket_is_the_broker_too(tmp_path):
    found = read_settings(["CELERY_BROKER_URL"], bare_environment(tmp_path))

    assert found["CELERY_BROKER_URL"] == (
        f"redis+socket://{tmp_path}/run/redis.sock?virtual_host=0"
    )


def test_real_pods_and_fault_points_do_not_go_together(tmp_path):
    with pytest.raises(RefusedToStart, match="KERNE_FAULT_POINTS is true"):
        read_settings(
            ["FAULT_POINTS"],
            bare_environment(
                tmp_path,
                RUNPOD_API_KEY=KEY,
                SECRET_KEY=SECRET,
                KERNE_ENCRYPTION_KEYS=ENCRYPTION,
                KERNE_FAULT_POINTS="true",
            ),
        )
