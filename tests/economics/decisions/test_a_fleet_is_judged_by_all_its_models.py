"""Tier 2 with two models: GLM-5 lost $4 on each of three days, Llama earned $1 on each.

GLM-5 −12, Llama +3: together −9, so the fleet is to be left, and of its models GLM-5.
"""

from decimal import Decimal
from html import unescape
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from economics.calc.gates import State
from economics.models import GateEvaluation
from economics.selectors.decisions.gate_facts import FleetGates
from economics.services.gates import keep_gates
from fleet.models import Deployment, Tier
from tests.economics.decisions.worlds import DAY, closed_days, decided, offers
from tests.factories import make_deployment, make_fleet, make_llama, make_user, make_variant
from tests.market.boards import make_glm

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_models() -> dict[str, Deployment]:
    newest = timezone.now() - DAY
    fleet = make_fleet(simulated=settings.KERNE_SANDBOX, name="Large", tier=Tier.TWO)
    glm = make_glm().variants.first() or make_variant(served_model=make_glm())
    rows = {
        "llama": make_deployment(fleet=fleet, variant=make_llama(), slug="llama-b"),
        "glm": make_deployment(fleet=fleet, variant=glm, slug="glm-b"),
    }
    closed_days(rows["llama"], "1", "1", "1", newest=newest)
    closed_days(rows["glm"], "-4", "-4", "-4", newest=newest, of_fleet=False)
    return rows


def gates() -> FleetGates:
    (found,) = decided().gates
    return found


def test_each_model_has_its_own_contribution_and_the_fleet_their_sum(two_models):
    found = gates()

    assert {each.model.slug: each.contribution.value for each in found.models} == {
        "llama-3.1-8b": Decimal(3),
        "glm-5": Decimal(-12),
    }
    leave = found.gate("exit")
    assert leave.conditions[0].seen.value == Decimal(-9)
    assert leave.state is State.MET
    states = {each.model.slug: each.exit.state for each in found.models}
    assert states["glm-5"] is State.MET and states["llama-3.1-8b"] is not State.MET
    source = leave.conditions[0].seen.source
    assert "Llama 3.1 8B Instruct $3.00" in source and "GLM-5 −$12.00" in source


def test_demand_and_price_are_asked_of_every_model(two_models):
    offers()
    found = gates()

    for key in ("demand-verified", "premium-price"):
        titles = [each.title for each in found.gate(key).conditions]
        assert len([each for each in titles if each.startswith("GLM-5: ")]) == len(
            [each for each in titles if each.startswith("Llama 3.1 8B Instruct: ")]
        )
    tokens = {
        each.title: each.seen.value
        for each in found.gate("demand-verified").conditions
        if "Tokens" in each.title or "tokens" in each.title
    }
    assert len(set(tokens.values())) > 1  # each of its own market


def test_a_model_that_is_stopped_does_not_count_beside_one_that_runs(two_models):
    Deployment.objects.filter(pk=two_models["glm"].pk).update(replicas=0)

    assert [each.model.slug for each in gates().models] == ["llama-3.1-8b"]


def test_the_command_says_what_met_the_gate_of_leaving(two_models):
    out = StringIO()

    call_command("decide", stdout=out, stderr=StringIO())

    after = out.getvalue().split("Leave: met\n")[1]
    assert after.startswith("    Contribution of the last 3 closed days: −$9.00")


def test_page_command_and_kept_row_name_each_model(two_models):
    reader = Client()
    reader.force_login(make_user())
    out = StringIO()

    page = unescape(reader.get("/decide/").content.decode()).replace("\u2060", "")
    call_command("decide", stdout=out, stderr=StringIO())
    keep_gates(decided(), acting_user="ada", now=timezone.now())

    for name, usd in (("GLM-5", "−$12.00"), ("Llama 3.1 8B Instruct", "$3.00")):
        assert f"{name}: contribution {usd}" in page
        assert f"{name}: contribution {usd}" in out.getvalue()
    assert GateEvaluation.objects.get().model == "glm-5, llama-3.1-8b"
