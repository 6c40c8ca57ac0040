from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from economics.models import BookImport, LogHour, UsageHour
from fleet.models import Pod
from fleet.services.roles import Role
from tests.factories import make_user

PAGE, IMPORT = "/books/usage/", "/books/import/requests/"
HEADER = "request_id,ended_at,deployment,prompt_tokens,completion_tokens,finish_reason\n"


@pytest.fixture
def hour():
    return timezone.now().replace(minute=0, second=0, microsecond=0)


@pytest.fixture
def counted(pod: Pod, hour) -> Pod:
    UsageHour.objects.create(
        pod=pod, hour_start=hour, uncached_prompt_tokens=900, completion_tokens=100
    )
    return pod


def logged(pod: Pod, hour, tokens: int, **columns) -> None:
    made = BookImport.objects.create(
        kind="requests",
        sha256=f"{BookImport.objects.count():064}",
        name="log",
        row_count=1,
        acting_user="ada",
        imported_at=hour,
    )
    LogHour.objects.create(
        book_import=made,
        served_model=pod.deployment.variant.served_model,
        deployment=pod.deployment,
        hour_start=hour,
        uncached_prompt_tokens=tokens - 100,
        completion_tokens=100,
        **({"earns": False} | columns),
    )


def shown(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def upload(client: Client, text: str):
    file = SimpleUploadedFile("log.csv", text.encode())
    return client.post(IMPORT, {"file": file})


def test_a_log_that_agrees_is_said_to(operator: Client, counted: Pod, hour):
    logged(counted, hour, 1_005)

    page = shown(operator)

    assert "all agree" in page and "0.5 %" in page and "agree within the limit" in page


@pytest.mark.parametrize(
    ("tokens", "words"), [(950, "the log has less"), (1_100, "the log has more")]
)
def test_a_difference_above_one_percent_is_marked_with_words(
    operator: Client, counted: Pod, hour, tokens, words
):
    logged(counted, hour, tokens)

    page = shown(operator)

    assert "1 day differs" in page and words in page


def test_hours_that_a_log_does_not_tell_are_not_compared(
    operator: Client, counted: Pod, hour
):
    logged(counted, hour - timedelta(hours=1), 1_000)

    assert "no counter tells of it" in shown(operator)


def test_reasoning_tokens_are_shown_where_the_log_tells_them(
    operator: Client, counted: Pod, hour
):
    logged(counted, hour, 1_000, reasoning_tokens=77)

    assert "77" in shown(operator)


def test_what_is_known_from_its_log_alone_is_listed(operator: Client, pod: Pod, hour):
    logged(pod, hour, 1_000, earns=True)

    page = shown(operator)

    assert "within a minute, once a price is set" in page
    assert "No request log of these days" in page


def test_an_empty_page_says_what_to_do(operator: Client):
    page = shown(operator)

    assert "No request log of these days was imported" in page and IMPORT in page


def test_many_days_take_no_more_queries(operator: Client, counted: Pod, hour):
    logged(counted, hour, 1_000)
    with CaptureQueriesContext(connection) as few:
        shown(operator)
    for n in range(20):
        logged(counted, hour - timedelta(hours=n), 1_000)
    with CaptureQueriesContext(connection) as many:
        shown(operator)

    assert len(many) == len(few) <= 20


def test_a_log_is_previewed_and_then_imported(operator: Client, counted: Pod, hour):
    text = HEADER + f"r1,{hour:%Y-%m-%dT%H:%M:%SZ},llama-a,900,100,stop\n"

    page = upload(operator, text).content.decode()
    assert "nothing is imported yet" in page and not LogHour.objects.exists()
    seal = page.split('name="sealed" value="')[1].split('"')[0]
    done = operator.post(f"{IMPORT}confirm/", {"sealed": seal}, follow=True)

    assert "1 request, 1 hour of a model" in done.content.decode()
    assert LogHour.objects.count() == 1


def test_a_wrong_file_imports_nothing_and_names_its_rows(operator: Client, counted: Pod):
    answer = upload(operator, HEADER + "r1,soon,llama-a,900,100,stop\n")

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "soon" in page and "write an instant such as 2026-11-09T14:03:07Z" in page
    assert not BookImport.objects.exists()


def test_a_viewer_reads_and_imports_nothing(db, counted: Pod):
    client = Client()
    client.force_login(make_user("vera", role=Role.VIEWER))

    assert client.get(PAGE).status_code == 200
    assert upload(client, HEADER).status_code == 403
    assert client.post(f"{IMPORT}confirm/", {"sealed": "x"}).status_code == 403


def test_a_stranger_is_sent_to_the_login(db):
    assert Client().get(PAGE).status_code == 302


def test_the_command_takes_a_file_in_or_says_why_not(counted: Pod, hour, tmp_path, capsys):
    file = tmp_path / "log.csv"
    file.write_text(HEADER + f"r1,{hour:%Y-%m-%dT%H:%M:%SZ},llama-a,900,100,stop\n")

    call_command("import_requests", str(file), "--dry-run")
    call_command("import_requests", str(file))

    assert "1 request, 1 hour of a model" in capsys.readouterr().out
    with pytest.raises(CommandError, match="This file was imported on"):
        call_command("import_requests", str(file))
    with pytest.raises(CommandError, match="can not be read"):
        call_command("import_requests", str(tmp_path / "nothing.csv"))
