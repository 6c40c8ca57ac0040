from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from economics.calc.gates import texts_of
from economics.models import FleetPolicy, GoalVersion, OnboardingTick, PolicyVersion
from economics.selectors.policies import policies
from fleet.models import AuditEntry, Deployment
from fleet.services.roles import Role
from fleet.services.speeds import answer_wanted
from tests.economics.decisions.worlds import closed_days
from tests.economics.plan.offers import roofline
from tests.factories import make_user

PAGES = ("/decide/", "/roadmap/", "/decide/policy/safer/")
DEEDS = (
    ("/decide/goal/", {"title": "Mine", "profit": "1"}),
    ("/decide/goal/off/", {"key": "reach"}),
    ("/roadmap/tick/", {"item": "terms", "done": "yes"}),
    ("/roadmap/gates/", {}),
)
LONG = "x" * 100_000


def client_of(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(role.value, role=role))
    return client


@pytest.fixture
def viewer(db: None) -> Client:
    return client_of(Role.VIEWER)


@pytest.fixture
def admin(db: None) -> Client:
    return client_of(Role.ADMIN)


@pytest.mark.parametrize("address", PAGES)
def test_a_stranger_is_sent_to_the_login(client: Client, db: None, address: str):
    assert client.get(address).headers["Location"].startswith("/login/")


@pytest.mark.parametrize("address", PAGES)
def test_a_viewer_reads(viewer: Client, catalog: None, address: str):
    assert viewer.get(address).status_code == 200


@pytest.mark.parametrize(("address", "sent"), DEEDS)
def test_a_viewer_changes_nothing(viewer: Client, address: str, sent: dict[str, str]):
    assert viewer.post(address, sent).status_code == 403
    assert GoalVersion.objects.count() == 4 and not OnboardingTick.objects.exists()


def test_only_an_admin_sets_a_policy(operator: Client):
    sent = texts_of(policies()["safer"].policy) | {"profit_days": "21"}

    assert operator.post("/decide/policy/safer/", sent).status_code == 403
    assert PolicyVersion.objects.count() == 2


def test_an_admin_sets_a_policy_and_sees_what_changed(admin: Client):
    sent = texts_of(policies()["safer"].policy) | {"profit_days": "21", "note": "longer"}

    page = admin.post("/decide/policy/safer/", sent, follow=True).content.decode()

    assert "Safer: version 2 counts now." in page
    assert "Profitable days: 14 → 21" in page
    assert policies()["safer"].policy.profit_days == 21


def test_a_wrong_threshold_comes_back_with_its_sentence_and_what_was_written(admin: Client):
    sent = texts_of(policies()["safer"].policy) | {"most_market_share": "lots"}

    page = admin.post("/decide/policy/safer/", sent).content.decode()

    assert "Market share needed, at most is &#x27;lots&#x27;; write a number" in page
    assert 'value="lots"' in page
    assert PolicyVersion.objects.count() == 2


def test_an_admin_chooses_the_policy_of_a_fleet(
    admin: Client, deployment: Deployment, play_money: None
):
    address = f"/decide/fleet/{deployment.fleet_id}/policy/"

    admin.post(address, {"policy": "founding-plan"})
    page = admin.post(address, {"policy": "bold\x00"}, follow=True).content.decode()

    assert FleetPolicy.objects.get().policy == "founding-plan"
    assert "There is no policy &#x27;bold&#x27;" in page


def test_an_operator_weighs_a_goal_anew_and_adds_one(operator: Client, catalog: None):
    operator.post("/decide/goal/", {"key": "earn-today", "title": "Earn", "profit": "2"})
    operator.post("/decide/goal/", {"title": "Sleep well", "safety": "1"})
    operator.post("/decide/goal/off/", {"key": "reach"})

    page = operator.get("/decide/").content.decode()

    assert "Earn: expected profit a day 2" in page
    assert "Sleep well: profit a day at the low end 1" in page
    assert "Reach $200 a day: " not in page


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"title": LONG, "profit": LONG},
        {"title": "a\x00", "profit": "\x00"},
        {"key": "\x00", "title": "x", "profit": "1"},
        {"title": "x", "kind": "steal", "profit": "1"},
        {"title": "x", "kind": "reach", "profit": "1", "target": "-5"},
    ],
)
def test_a_strange_goal_gets_a_sentence(
    operator: Client, catalog: None, sent: dict[str, str]
):
    page = operator.post("/decide/goal/", sent, follow=True).content.decode()

    assert "Nothing was changed." in page
    assert GoalVersion.objects.count() == 4


@pytest.mark.parametrize("policy", ["bold", "\x00", LONG, "safer' or 1=1"])
def test_a_policy_that_does_not_exist_shows_the_safer_one(
    operator: Client, catalog: None, policy: str
):
    page = operator.get("/decide/", {"policy": policy})

    assert page.status_code == 200 and "by the policy Safer." in page.content.decode()


def test_a_policy_of_no_name_is_not_found(operator: Client):
    assert operator.get("/decide/policy/bold/").status_code == 404


def test_the_page_says_where_each_number_came_from(
    operator: Client, deployment: Deployment, play_money: None, catalog: None
):
    closed_days(deployment, "-5", "-4", "-6", newest=timezone.now() - timedelta(days=1))

    page = operator.get("/decide/").content.decode()

    assert "<strong>Stop</strong>" in page
    assert "Contribution of the last 3 closed days: −\u2060$15.00." in page
    assert f'href="/books/?deployment={deployment.slug}"' in page
    assert "/actions/plan/stop/?deployment=llama-a" in page


def test_an_operator_ticks_an_item_and_takes_it_back(operator: Client, catalog: None):
    for done in ("yes", "yes", "no"):
        operator.post("/roadmap/tick/", {"item": "terms", "done": done})

    assert [row.is_done for row in OnboardingTick.objects.all()] == [False, True]
    verbs = AuditEntry.objects.filter(target="terms").values_list("verb", flat=True)
    assert list(verbs) == ["untick onboarding", "tick onboarding"]


@pytest.mark.parametrize("item", ["float", "", "\x00", LONG])
def test_a_computed_item_is_not_ticked_by_hand(operator: Client, catalog: None, item: str):
    page = operator.post("/roadmap/tick/", {"item": item, "done": "yes"}, follow=True)

    assert "to tick by hand. Nothing was changed." in page.content.decode()
    assert not OnboardingTick.objects.exists()


@pytest.mark.parametrize(
    ("address", "budget"), [("/decide/", 22), ("/roadmap/", 25), ("/plan/", 11)]
)
def test_a_page_keeps_its_query_budget(
    operator: Client,
    deployment: Deployment,
    play_money: None,
    catalog: None,
    address: str,
    budget: int,
):
    operator.get(address)  # asks for the speeds once
    answer_wanted(evidence=roofline, clock=timezone.now)
    with CaptureQueriesContext(connection) as queries:
        assert operator.get(address).status_code == 200

    assert len(queries) <= budget
