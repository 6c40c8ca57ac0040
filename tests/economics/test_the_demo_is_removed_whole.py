"""Removing the demo empties a console of play money, and nothing else anywhere."""

from dataclasses import replace
from decimal import Decimal

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from economics.models import CostLine, RevenueLine, TokenPrice
from economics.services.demo import make_demo
from economics.services.start_over import KEPT, start_over, still_billed, stop_everything
from fleet.models import (
    AuditEntry,
    Deployment,
    Fleet,
    GpuOffer,
    JobRun,
    NetworkVolume,
    Pod,
    PodStatus,
    ServedModel,
)
from fleet.services.demo_fleet import GLM, LLAMA
from fleet.services.refused import Refused
from fleet.services.roles import Role
from tests.factories import make_deployment, make_fleet, make_offer, make_pod, make_user

pytestmark = pytest.mark.django_db
WHO = "ada"
PLANS = (replace(LLAMA, days=3, pod_days=2), replace(GLM, days=2))


@pytest.fixture
def demo() -> None:
    for plan, price in ((LLAMA, "0.34"), (GLM, "4.59")):
        make_offer(
            provider=settings.PROVIDER_NAME,
            gpu_type_id=plan.gpu_type_id,
            cloud=plan.cloud,
            usd_per_gpu_hour=Decimal(price),
        )
    make_demo(now=timezone.now(), plans=PLANS)


def end_all_pods() -> None:
    now = timezone.now()
    Pod.objects.maybe_billed().update(status=PodStatus.TERMINATED, stopped_at=now)


def test_the_whole_past_goes_and_the_settings_stay(demo: None):
    stop_everything(acting_user=WHO, now=timezone.now())
    end_all_pods()
    models = ServedModel.objects.count()

    gone = start_over(acting_user=WHO, now=timezone.now())

    assert (gone.deployments, gone.days) == (2, 3)
    for emptied in (Deployment, Pod, Fleet, CostLine, RevenueLine, TokenPrice):
        assert emptied._default_manager.count() == 0
    assert ServedModel.objects.count() == models and GpuOffer.objects.exists()
    assert AuditEntry.objects.filter(verb="start over", acting_user=WHO).count() == 1


def test_afterwards_the_demo_can_be_made_again(demo: None):
    stop_everything(acting_user=WHO, now=timezone.now())
    end_all_pods()
    start_over(acting_user=WHO, now=timezone.now())

    assert make_demo(now=timezone.now(), plans=PLANS).startswith("3 simulated days closed")


def test_while_a_pod_is_billed_nothing_goes(demo: None):
    make_pod(deployment=Deployment.objects.first(), name="still-here", attempt=99)

    assert stop_everything(acting_user=WHO, now=timezone.now()) >= 1
    with pytest.raises(Refused, match="may still be billed; they end first"):
        start_over(acting_user=WHO, now=timezone.now())

    assert CostLine.objects.exists() and not Deployment.objects.filter(replicas__gt=0)


def test_a_fleet_of_real_money_stays_and_nothing_is_stopped():
    deployment = make_deployment(fleet=make_fleet(name="Tier 1", simulated=False))

    with pytest.raises(Refused, match="fleet 'Tier 1' is of real money"):
        stop_everything(acting_user=WHO, now=timezone.now())

    deployment.refresh_from_db()
    assert deployment.replicas == 1


@override_settings(KERNE_SANDBOX=False)
def test_a_console_of_a_real_account_removes_nothing():
    with pytest.raises(Refused, match="of real money"):
        start_over(acting_user=WHO, now=timezone.now())


def test_a_volume_that_bills_on_is_ended_first():
    deployment = make_deployment(fleet=make_fleet(simulated=True))
    NetworkVolume.objects.create(
        deployment=deployment,
        name="weights",
        size_gb=100,
        status="live",
        status_since=timezone.now(),
        requested_at=timezone.now(),
    )

    with pytest.raises(Refused, match="volume weights is billed on"):
        stop_everything(acting_user=WHO, now=timezone.now())


def test_the_database_refuses_again_afterwards(demo: None):
    stop_everything(acting_user=WHO, now=timezone.now())
    end_all_pods()
    start_over(acting_user=WHO, now=timezone.now())

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('kerne.may_truncate', true)")
        assert cursor.fetchone() == ("off",)


@pytest.mark.parametrize("app", KEPT)
def test_what_is_kept_is_named_as_it_is_called(app: str):
    names = {model.__name__ for model in apps.get_app_config(app).get_models()}

    assert set(KEPT[app]) <= names


def test_no_kept_table_points_into_an_emptied_one():
    for app, kept in KEPT.items():
        for name in kept:
            for field in apps.get_model(app, name)._meta.get_fields():
                target = field.related_model if field.many_to_one else None
                if target is not None and target._meta.app_label in KEPT:
                    assert target.__name__ in KEPT[target._meta.app_label], (
                        f"{name}.{field}"
                    )


def test_the_page_asks_for_the_word_and_says_what_goes(demo: None):
    client = Client()
    client.force_login(make_user("eve", role=Role.ADMIN))

    page = client.get("/demo/remove/").content.decode()
    assert "Closed days</dt><dd>3" in page
    again = client.post("/demo/remove/", {"word": "yes"}).content.decode()
    assert "type remove to go on" in again
    assert Deployment.objects.count() == 2 and JobRun.objects.count() == 0


def test_the_ribbon_says_demo_and_leads_an_admin_there(demo: None):
    client = Client()
    client.force_login(make_user("eve", role=Role.ADMIN))
    viewer = Client()
    viewer.force_login(make_user("vera", role=Role.VIEWER))

    assert "DEMO: made-up past" in client.get("/jobs/").content.decode()
    assert "/demo/remove/" in client.get("/jobs/").content.decode()
    assert "DEMO: made-up past" in viewer.get("/jobs/").content.decode()
    assert "/demo/remove/" not in viewer.get("/jobs/").content.decode()


def test_without_billed_pods_nothing_is_waited_for():
    assert still_billed() == 0
