import json
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from jsonschema import Draft202012Validator

from fleet.models import SpeedEstimate
from kerne_site.api.endpoints.plan import PLAN
from tests.economics.plan.offers import LLAMA, two_offers, work_out

ADDRESS = f"/api/v1/plan?model={LLAMA}"


@pytest.fixture
def offered(db):
    two_offers()


def test_it_is_the_answer_of_the_command(script, offered):
    work_out({"prompt_tokens": "700"})

    told = script.get(f"{ADDRESS}&prompt_tokens=700&gpu=H200&precision=fp8").json()

    out = StringIO()
    words = ("--prompt-tokens", "700", "--gpu", "H200", "--precision", "fp8", "--json")
    call_command("plan", LLAMA, *words, stdout=out)
    told.pop("as_of")
    assert told == json.loads(out.getvalue())


def test_a_speed_that_is_not_known_is_null_and_is_asked_for_once(script, offered):
    first = script.get(f"{ADDRESS}&gpu=H200").json()
    again = script.get(f"{ADDRESS}&gpu=H200").json()

    for told in (first, again):
        assert told["speeds_being_worked_out"] == SpeedEstimate.objects.count() > 0
        assert "being worked out" in told["options"][0]["speed_unknown_because"]


def test_the_worker_is_rung_once_the_questions_are_kept(
    script, offered, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as bells:
        script.get(ADDRESS)

    assert [bell.__self__.name for bell in bells] == ["fleet.tasks.estimate_speeds"]


def test_a_known_answer_rings_nobody_and_writes_nothing(
    script, offered, django_capture_on_commit_callbacks
):
    work_out({})
    before = list(SpeedEstimate.objects.values())

    with django_capture_on_commit_callbacks() as bells:
        told = script.get(ADDRESS).json()

    assert told["speeds_being_worked_out"] == 0
    assert (bells, list(SpeedEstimate.objects.values())) == ([], before)


@pytest.mark.parametrize("query", ["", "&max_model_len=131072", "&changes=true&hours=1"])
def test_every_answer_has_every_field(script, offered, query):
    if "hours" not in query:
        work_out({"max_model_len": "131072"} if query else {})

    body = script.get(ADDRESS + query).json()

    Draft202012Validator(json.loads(json.dumps(PLAN.answer))).validate(body)
    assert body["options"]


def test_filters_that_match_nothing_leave_no_option(script, offered):
    body = script.get(f"{ADDRESS}&gpu=MI300X").json()

    assert (body["options"], body["speeds_being_worked_out"]) == ([], 0)


@pytest.mark.parametrize(
    ("query", "parameter", "sentence"),
    [
        ("", "model", "model is missing; it has to be given."),
        ("model=llama-3.1-8", "model", "which is unknown; did you mean llama-3.1-8b"),
        ("model=upload-x", "model", "model is 'upload-x', which is unknown"),
        ("model=%00", "model", "write 1 to 120 printable characters"),
        (f"model={LLAMA}&prompt_tokens=x", "prompt_tokens", "Prompt is 'x'; write a whole"),
        (f"model={LLAMA}&utilization=2", "utilization", "use a share from 0 to 1"),
        (f"model={LLAMA}&mix=1,1,1", "mix", "must sum to 1"),
        (f"model={LLAMA}&price_prompt=1", "price_completion", "is missing"),
        (f"model={LLAMA}&count=0", "count", "write a whole number from 1 to 1024"),
        (f"model={LLAMA}&precision=fp99", "precision", "write one of: bf16"),
        (f"model={LLAMA}&changes=yes", "changes", "write true or false"),
        (f"model={LLAMA}&hours=1&hours=2", "hours", "is given 2 times"),
        (f"model={LLAMA}&colour=red", "colour", "is no parameter of this address"),
        (f"model={LLAMA}&max_sequences=1", "max_sequences", "is no parameter"),
    ],
)
def test_what_is_wrong_gets_a_sentence_and_leaves_no_row(
    script, offered, query, parameter, sentence
):
    answer = script.get(f"/api/v1/plan?{query}")

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == parameter
    assert sentence in fault["detail"]
    assert not SpeedEstimate.objects.exists()


def test_faults_of_several_parameters_are_told_at_once(script, offered):
    answer = script.get(f"{ADDRESS}&hours=x&starts=y")

    assert [each["parameter"] for each in answer.json()["errors"]] == ["hours", "starts"]


def test_every_field_of_the_question_is_described_and_taken(script, offered):
    rows = {each.name: each.example for each in PLAN.parameters if each.example}

    answer = script.get("/api/v1/plan", rows)

    assert answer.status_code == 200
    question = answer.json()["question"]
    assert question["concurrency"] == 16
    assert question["starts_per_day"] == 1


def test_an_account_without_any_right_sees_no_more_than_on_the_page(client, offered):
    User.objects.create_user("gone", password="a-long-passphrase", is_active=False)

    assert client.get(ADDRESS).status_code == 401


def test_it_takes_few_queries(script, offered):
    work_out({})

    with CaptureQueriesContext(connection) as queries:
        script.get(ADDRESS)

    assert len(queries) <= 10
