import json
from html import unescape
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from economics.models import GateEvaluation
from kerne_site.api.endpoints.decide import DECIDE
from tests.economics.decisions.worlds import decided, offers
from tests.factories import make_offer, make_user

ADDRESS = "/api/v1/decide"


@pytest.fixture
def offered(db):
    """Two machines, and the speeds of the small model."""
    offers()
    decided(speeds_of="llama-3.1-8b")


def told_by_command(*words: str) -> dict[str, object]:
    out = StringIO()
    call_command("decide", "--json", *words, stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())


@pytest.mark.parametrize("policy", ["safer", "founding-plan"])
def test_page_command_and_api_give_the_same_answers(script, offered, policy):
    told = script.get(f"{ADDRESS}?policy={policy}").json()
    reader = Client()
    reader.force_login(make_user("reader"))
    page = unescape(reader.get(f"/decide/?policy={policy}").content.decode())

    told.pop("as_of")
    assert told == told_by_command("--policy", policy)
    for way in told["ways_not_used"]:
        assert f"Not looked at, {way['way']}: {way['reason']}." in page
    for goal in told["goals"]:
        for step in goal["steps"]:
            assert step["candidate"]["schedule_link"] in page
        assert f"{goal['title']}: {goal['reason']}" in page
        for change in goal["what_would_change_it"]:
            assert change in page
        for refused in goal["refused"][:8]:
            assert refused["title"] in page and refused["reason"] in page
    for fleet in told["gates"]:
        for gate in fleet["gates"]:
            for condition in gate["conditions"]:
                assert condition["sentence"] in page


def test_every_way_to_rent_is_told_alike(script, offered, settings):
    settings.SPOT_PROVIDER_NAME = "spotmarket"
    for kind, provider in (("serverless", "sandbox"), ("interruptible", "spotmarket")):
        make_offer(provider=provider, kind=kind, max_count=1, seen_at=timezone.now())
    decided(speeds_of="llama-3.1-8b")

    told = script.get(ADDRESS).json()
    reader = Client()
    reader.force_login(make_user("reader"))
    page = unescape(reader.get("/decide/").content.decode())
    out = StringIO()
    call_command("decide", stdout=out, stderr=StringIO())

    told.pop("as_of")
    assert told == told_by_command() and told["ways_not_used"] == []
    for goal in told["goals"]:
        for refused in goal["refused"][:8]:
            assert refused["title"] in page and refused["reason"] in page
    for words in ("on demand", "scheduled hours", "serverless", "spot"):
        assert f" {words}" in page.partition("were looked at: ")[2].partition("<")[0]
    assert "Not looked at" not in page and "Not looked at" not in out.getvalue()


def test_the_answer_is_as_described(script, offered):
    body = script.get(ADDRESS).json()

    Draft202012Validator(json.loads(json.dumps(DECIDE.answer))).validate(body)
    assert body["policy"] == "safer"


def test_a_policy_that_does_not_exist_gets_a_sentence(script, offered):
    answer = script.get(f"{ADDRESS}?policy=bold")

    assert answer.status_code == 400
    assert "founding-plan" in answer.content.decode()
    with pytest.raises(CommandError, match="choose one of founding-plan, safer"):
        call_command("decide", "--policy", "bold\x00")


def test_the_terminal_says_the_reasons_and_keeps_the_gates_when_asked(offered):
    out = StringIO()

    call_command("decide", "--keep", stdout=out, stderr=StringIO())

    assert "Start earning today: Do nothing:" in out.getvalue()
    assert "Demand is verified:" in out.getvalue()
    assert GateEvaluation.objects.get().evaluated_by == "command:decide"
