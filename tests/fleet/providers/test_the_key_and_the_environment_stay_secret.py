import logging

import pytest

from fleet.providers.base import ProviderError
from fleet.providers.runpod import RunPodProvider
from tests.fleet.providers.conftest import KEY, a_request
from tests.fleet.providers.scripted_server import Answer, ScriptedServer

SECRETS = (KEY, "hf_planted_secret", "sk-planted-0001")


def test_the_key_travels_in_the_authorization_header_only(server, runpod):
    server.will_play("pod_created")

    runpod.create(a_request())

    (asked,) = server.asked
    assert asked.headers["Authorization"] == f"Bearer {KEY}"
    rest = {k: v for k, v in asked.headers.items() if k != "Authorization"}
    assert KEY not in f"{rest}{asked.path}{asked.query}{asked.body!r}"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(
            422, b'{"title":"x","status":422,"detail":"bad ECHO","errors":["env ECHO"]}'
        ),
        Answer(400, b'{"title":"x","status":400,"detail":"bad args ECHO"}'),
        Answer(500, b'{"title":"x","status":500,"detail":"ECHO"}'),
        Answer(418, b'{"title":"ECHO","status":418}'),
        Answer(hang_up=True),
    ],
    ids=lambda answer: str(answer.status),
)
def test_an_answer_that_echoes_our_secrets_does_not_tell_them_on(
    server: ScriptedServer,
    runpod: RunPodProvider,
    answer: Answer,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    answer.body = answer.body.replace(b"ECHO", " ".join(SECRETS).encode())
    server.will_answer(answer)

    with pytest.raises(ProviderError) as raised:
        runpod.create(a_request())

    told = f"{raised.value!s}{raised.value!r}{caplog.text}"
    assert not [secret for secret in SECRETS if secret in told]


def test_the_key_shows_in_no_repr(runpod):
    assert KEY not in repr(runpod)
    assert KEY not in repr(runpod._http)
    assert KEY not in repr(runpod._http._session.auth)


def test_the_environment_of_a_listed_pod_is_dropped(server, runpod):
    server.will_play("pods")

    assert "hf_recorded_secret" not in repr(runpod.pods())


def test_a_netrc_of_the_user_does_not_replace_the_key(
    server, runpod, monkeypatch, tmp_path
):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    runpod._http._session.trust_env = True  # as it is for any address but loopback
    server.will_play("pods")

    runpod.pods()

    assert server.asked[0].headers["Authorization"] == f"Bearer {KEY}"


def test_an_empty_key_is_refused_at_once():
    with pytest.raises(ValueError, match="api_key is empty"):
        RunPodProvider(api_key="")
