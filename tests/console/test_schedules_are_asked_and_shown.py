"""The schedule page: asked by a form, worked out by a worker, told in words and charts."""

import csv
import io
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from economics.models import PlanStatus, SchedulePlan
from fleet.models import Action, AuditEntry, Deployment
from fleet.services.roles import Role
from tests.economics.plan.offers import LLAMA
from tests.economics.schedules.asked import answered, ask, with_workers, world
from tests.factories import make_user
from tests.plan_sheet import confirm

ASKED = {"model": LLAMA, "hours": "24", "source": "history", "key": "f" * 40}
BUDGET = 33


@pytest.fixture
def solved(operator: Client) -> SchedulePlan:
    """An answer of a moment ago, with a deployment on its machine."""
    world(simulated=True)
    return answered(simulated=True)


def shown(client: Client, plan: SchedulePlan) -> str:
    return client.get(reverse("economics:schedule", args=[plan.pk])).content.decode()


def test_a_question_becomes_a_row_and_its_page_waits(operator: Client):
    answer = operator.post(reverse("economics:schedules"), ASKED)

    plan = SchedulePlan.objects.get()
    assert answer["Location"] == reverse("economics:schedule", args=[plan.pk])
    assert (plan.status, plan.asked_by, plan.simulated) == ("pending", "ada", True)
    assert "Waits for a worker" in shown(operator, plan)


def test_a_double_click_asks_once(operator: Client):
    for _ in range(2):
        operator.post(reverse("economics:schedules"), ASKED)

    assert SchedulePlan.objects.count() == 1


def test_the_waiting_line_reads_the_page_anew_when_it_has_ended(operator: Client):
    plan = ask()
    address = reverse("economics:schedule-wait", args=[plan.pk])

    assert "HX-Refresh" not in operator.get(address)
    SchedulePlan.objects.update(status=PlanStatus.FAILED, finished_at=timezone.now())
    assert operator.get(address)["HX-Refresh"] == "true"


def test_the_answer_is_in_words_first(operator: Client, solved: SchedulePlan):
    page = shown(operator, solved)

    assert solved.answer["headline"].split(":")[0] in page
    assert "the best simple strategy" in page
    assert "No schedule can earn more than" in page
    for rule in ("24/7", "8 fixed hours a day", "Reactive autoscaling", "Serverless"):
        assert rule in page
    assert "simulated" in page


def test_every_input_has_a_value_a_source_and_an_age(
    operator: Client, solved: SchedulePlan
):
    page = shown(operator, solved)

    for one in solved.answer["inputs"]:
        assert one["value"] and one["source"] and one["age"]
    assert "per 1M tokens, net of the take rate" in page
    assert "Unknown hours" in page and "0 of 24" in page


def test_both_charts_have_their_rows(operator: Client, solved: SchedulePlan):
    for name, lines in (("demand", 3), ("replicas", 1)):
        address = reverse(f"economics:schedule-{name}", args=[solved.pk])
        chart = operator.get(address).json()
        rows = operator.get(reverse(f"economics:schedule-{name}-table", args=[solved.pk]))
        assert len(chart["figure"]["data"]) == lines and chart["caption"]
        assert {trace["line"]["shape"] for trace in chart["figure"]["data"]} == {"hv"}
        assert chart["figure"]["layout"]["meta"] == {"simulated": True}
        assert rows.content.decode().count("<tr>") == 25


def test_the_csv_sums_to_the_profit(operator: Client, solved: SchedulePlan):
    answer = operator.get(reverse("economics:schedule-csv", args=[solved.pk]))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))

    assert len(rows) == 24
    assert sum(float(row["profit_usd"]) for row in rows) == pytest.approx(
        float(solved.profit_usd), abs=1e-4
    )


def test_conflicting_limits_are_named_and_nothing_is_drawn(operator: Client):
    world(simulated=True)
    plan = answered(simulated=True, floor="2", usd_per_hour="0.5")
    page = shown(operator, plan)

    assert "No schedule keeps these limits" in page and "floor of 2 replicas" in page
    assert "data-chart=" not in page
    chart = operator.get(reverse("economics:schedule-demand", args=[plan.pk])).json()
    assert chart["empty"]


def test_a_failed_one_says_why(operator: Client):
    plan = ask()
    SchedulePlan.objects.update(
        status=PlanStatus.FAILED, finished_at=timezone.now(), why="The worker ended."
    )

    assert "The worker ended." in shown(operator, plan)


def test_applying_leads_to_the_plan_sheet_and_changes_nothing(
    operator: Client, solved: SchedulePlan
):
    page = shown(operator, solved)
    part = page.split('name="part" value="')[1].split('"')[0]
    address = reverse("economics:schedule-apply", args=[solved.pk])
    answer = operator.post(address, {"part": part})

    assert answer["Location"].startswith("/actions/plan/rental/?deployment=")
    assert not Action.objects.exists()


def test_a_machine_without_a_deployment_leads_to_a_filled_order(
    operator: Client, solved: SchedulePlan
):
    Deployment.objects.update(gpu_type_id="NVIDIA L40S")
    page = shown(operator, solved)
    part = page.split('name="part" value="')[1].split('"')[0]
    answer = operator.post(
        reverse("economics:schedule-apply", args=[solved.pk]), {"part": part}
    )

    assert answer["Location"].startswith("/fleet/order/?")
    order = operator.get(answer["Location"])
    assert order.status_code == 200


def test_an_old_answer_is_not_applied(operator: Client, solved: SchedulePlan):
    SchedulePlan.objects.update(worked_at=timezone.now() - timedelta(minutes=6))
    answer = operator.post(
        reverse("economics:schedule-apply", args=[solved.pk]), {"part": "0"}, follow=True
    )

    assert "more than 5 minutes old" in answer.content.decode()
    assert answer.redirect_chain[-1][0] == reverse("economics:schedule", args=[solved.pk])


def test_asked_again_it_is_a_new_row_of_the_same_question(
    operator: Client, solved: SchedulePlan
):
    operator.post(
        reverse("economics:schedule-again", args=[solved.pk]), {"key": "again" * 4}
    )

    anew = SchedulePlan.objects.exclude(pk=solved.pk).get()
    assert anew.question == solved.question and anew.status == "pending"


def test_a_file_of_hours_is_taken_in(operator: Client):
    rows = "".join(f"100,{n},1\n" for n in range(24))
    file = SimpleUploadedFile(
        "d.csv", f"prompt_tokens,completion_tokens,requests\n{rows}".encode()
    )
    operator.post(reverse("economics:schedules"), ASKED | {"source": "csv", "file": file})

    assert len(SchedulePlan.objects.get().file["hours"]) == 24


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ({"usd_per_hour": "cheap"}, "Budget per hour is &#x27;cheap&#x27;"),
        ({"replicas": "9" * 5000}, "Replicas at most has 5,000 characters"),
        ({"uptime": "2"}, "Uptime is 2; write a share from 0 to 1."),
        ({"allowed": "8 to 20"}, "Allowed hours is"),
        ({"allowed": "25-26"}, "Allowed hours is"),
        ({"min_run": "0"}, "Minimum run is 0"),
        ({"model": "nobody\x00"}, "without the null character"),
        ({"model": "nobody"}, "is unknown"),
        ({"source": "stars"}, "Demand is"),
        ({"source": "market"}, "Share is missing"),
        ({"source": "trace"}, "No file was chosen"),
        ({"hours": "25"}, "Hours is 25"),
        ({"unknown": "zero"}, "Unknown hours is"),
        ({"key": ""}, "The form is incomplete"),
    ],
)
def test_nonsense_gets_a_sentence_and_asks_nothing(
    operator: Client, written: dict[str, str], sentence: str
):
    answer = operator.post(reverse("economics:schedules"), ASKED | written)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not SchedulePlan.objects.exists()


@pytest.mark.parametrize("content", [b"", b"\x00", b"a,b\n1,2\n", b"\xff\xfe\x00"])
def test_a_strange_file_gets_a_sentence(operator: Client, content: bytes):
    file = SimpleUploadedFile("d.csv", content)
    answer = operator.post(
        reverse("economics:schedules"), ASKED | {"source": "csv", "file": file}
    )

    assert answer.status_code == 422
    assert not SchedulePlan.objects.exists()


@pytest.mark.parametrize("name", ["schedule", "schedule-csv", "schedule-demand"])
def test_a_number_of_nothing_is_not_found(operator: Client, name: str):
    assert operator.get(reverse(f"economics:{name}", args=[999])).status_code == 404


def test_a_viewer_reads_and_can_not_act(solved: SchedulePlan):
    viewer = Client()
    viewer.force_login(make_user("eve", role=Role.VIEWER))

    assert "Only an operator may do this" in shown(viewer, solved)
    for name, args in (
        ("schedules", []),
        ("schedule-again", [solved.pk]),
        ("schedule-apply", [solved.pk]),
    ):
        answer = viewer.post(reverse(f"economics:{name}", args=args), ASKED)
        assert answer.status_code == 403
    assert SchedulePlan.objects.count() == 1


def test_the_pages_keep_their_query_budget(operator: Client, solved: SchedulePlan):
    for name, args in (
        ("schedules", []),
        ("schedule", [solved.pk]),
        ("schedule-demand", [solved.pk]),
        ("schedule-csv", [solved.pk]),
    ):
        with CaptureQueriesContext(connection) as queries:
            operator.get(reverse(f"economics:{name}", args=args))
        assert len(queries) <= BUDGET


def test_the_page_is_found_in_the_navigation(operator: Client):
    page = operator.get(reverse("economics:plan")).content.decode()

    assert page.count(f'href="{reverse("economics:schedules")}') >= 2


def test_confirmed_the_sheet_changes_the_hours_and_is_audited(
    operator: Client, solved: SchedulePlan
):
    answer = solved.answer
    answer["start"] = "2026-11-02T00:00:00+00:00"
    level = next(e for e in answer["fleet_hours"]["levels"] if e["inside"])
    level |= {"inside": 3, "outside": 0, "hours": "0" * 8 + "1" * 12 + "0" * 4}
    SchedulePlan.objects.filter(pk=solved.pk).update(answer=answer)
    part = shown(operator, solved).split('name="part" value="')[1].split('"')[0]
    address = reverse("economics:schedule-apply", args=[solved.pk])

    sheet = operator.post(address, {"part": part}, follow=True).content.decode()
    assert "/h" in sheet and "Balance lasts" in sheet and "Per day" in sheet
    confirm(operator, sheet)

    deployment = Deployment.objects.get()
    assert deployment.hours_in_words == "Every day 08:00 to 20:00 UTC"
    assert (deployment.replicas, deployment.baseline_replicas) == (3, 0)
    assert Action.objects.get().kind == "rental"
    assert AuditEntry.objects.filter(target=deployment.slug).exists()


def test_every_number_that_was_asked_has_its_unit(operator: Client):
    plan = ask(
        hours="24",
        share="0.5",
        usd_per_hour="8",
        usd_per_day="100",
        replicas="4",
        floor="1",
        uptime="0.9",
        min_run="2",
        cap_usd="50",
        allowed="8-20",
    )

    page = shown(operator, plan).split('id="question-title"')[1]

    for told in (
        "a day",
        "0.5 of the demand",
        "$8/h, all that is rented at once",
        "$100 a UTC day",
        "4 at once",
        "1 in each hour",
        "0.9 of all hours",
        "2 h from each start",
        "$50 over all hours",
        "8-20 UTC",
    ):
        assert f"<dd>{told}</dd>" in page


def endpoint_sheet(client: Client, plan: SchedulePlan) -> str:
    """Where the button of an endpoint leads."""
    plan.save(update_fields=["answer"])
    part = shown(client, plan).split('name="part" value="')[-1].split('"')[0]
    address = reverse("economics:schedule-apply", args=[plan.pk])
    return client.post(address, {"part": part})["Location"]


def test_an_endpoint_beside_replicas_leads_to_its_sheet_and_says_what_it_needs(
    operator: Client, solved: SchedulePlan
):
    sheet = endpoint_sheet(operator, with_workers(solved, most=3, beside=True))

    assert sheet.startswith("/actions/plan/add_endpoint/?deployment=")
    told = operator.get(sheet).content.decode()
    assert "2.2200 USD/h is the most" in told and "Balance lasts" in told
    assert "not in the path of a request" in shown(operator, solved)
    assert not Action.objects.exists()


def test_an_endpoint_that_takes_all_leads_to_the_sheet_of_another_rental(
    operator: Client, solved: SchedulePlan
):
    sheet = endpoint_sheet(operator, with_workers(solved, most=3))

    assert sheet.startswith("/actions/plan/rental/?deployment=")
    told = operator.get(sheet).content.decode()
    assert "serverless, 0 to 3, idle 10 s" in told and "2.2200 USD/h is" in told


def test_an_endpoint_without_a_deployment_leads_to_a_filled_serverless_order(
    operator: Client, solved: SchedulePlan
):
    with_workers(solved, most=3)
    Deployment.objects.update(gpu_type_id="NVIDIA L40S")

    order = endpoint_sheet(operator, solved)

    assert order.startswith("/fleet/order/?") and "rental_kind=serverless" in order
    form = operator.get(order).context["form"]
    assert (form["workers_max"].value(), form["rental_kind"].value()) == ("3", "serverless")
