import logging
import sys

import pytest

from kerne_site.logs import LineFormatter, clear_request_id, mask_secrets, set_request_id

KEY = "rpa_4f9Gd0aLmZq8Rk2Tn7Ws"


def line_of(message: str, *args: object, exc_info: object = None) -> str:
    record = logging.LogRecord("fleet.x", logging.INFO, "x.py", 1, message, args, exc_info)
    return LineFormatter(secrets=[KEY, "short"]).format(record)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Authorization: Bearer abc.def-123", "Authorization: Bearer ***"),
        ("{'Authorization': 'Bearer abc'}", "{'Authorization': 'Bearer ***'}"),
        (
            "vllm serve m --api-key kx91 --port 8000",
            "vllm serve m --api-key *** --port 8000",
        ),
        ("['--api-key', 'kx91', '--port']", "['--api-key', '***', '--port']"),
        ("--api-key=kx91", "--api-key=***"),
        ("key sk-or-v1-0123456789abcdef used", "key sk-*** used"),
        ("GET /graphql?api_key=abc123&x=1", "GET /graphql?api_key=***&x=1"),
        ('{"VLLM_API_KEY": "kx91"}', '{"VLLM_API_KEY": "***"}'),
        ("RUNPOD_API_KEY=zzz", "RUNPOD_API_KEY=***"),
        ("password='hunter2'", "password='***'"),
        ("postgresql://kerne:hunter2@db/kerne", "postgresql://kerne:***@db/kerne"),
        ("sent kerne_0123456789ab_" + "0f" * 32, "sent kerne_0123456789ab_***"),
        ("x_kerne_0123456789ab_0f0f is cut", "x_kerne_0123456789ab_*** is cut"),
        ("Authorization: Bearer kerne_0123456789ab_0f0f", "Authorization: Bearer ***"),
        ("GET /login/Kf5zRCsn7WxlfuU8fiiItJMq07", "GET /login/***"),
    ],
)
def test_what_looks_like_a_secret_is_masked(text, masked):
    assert mask_secrets(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "prompt_tokens=1200 completion_tokens=80",
        "task-7d2046cc settled 3 hours",
        "http://127.0.0.1:8700/login/",
        "risk-averse",
        "api token 0123456789ab",
        "kerne_site.models and kerne_api_token_name_once",
    ],
)
def test_what_is_no_secret_stays(text):
    assert mask_secrets(text) == text


def test_the_configured_key_is_masked_in_the_message_and_in_the_arguments():
    assert KEY not in line_of(f"key {KEY}")
    assert KEY not in line_of("answer %s for %r", {"key": KEY}, [KEY])


def test_the_configured_key_is_masked_in_a_traceback():
    try:
        raise ValueError(f"refused {KEY}")
    except ValueError:
        line = line_of("request failed", exc_info=sys.exc_info())

    assert "ValueError: refused ***" in line
    assert KEY not in line


def test_a_line_break_in_a_message_cannot_forge_a_line():
    line = line_of("provider said %s", "no\n2026-01-01 INFO paid")

    assert "\n" not in line
    assert "no\\n2026-01-01 INFO paid" in line


def test_a_line_has_the_time_in_utc_the_logger_and_the_request():
    set_request_id("abc-1")
    try:
        line = line_of("hello")
    finally:
        clear_request_id()

    assert line.endswith("Z INFO fleet.x [abc-1] hello")
