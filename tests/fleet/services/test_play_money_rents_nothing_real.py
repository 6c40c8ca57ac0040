"""A deployment of a simulated fleet is none of the real cloud's business."""

import pytest

from fleet.models import Pod
from fleet.services import reconcile, replicas
from tests.clock import NOON, Clock
from tests.factories import make_deployment, make_fleet

pytestmark = pytest.mark.django_db


def tick(account, *, simulated: bool) -> str:
    return reconcile.tick(
        provider=account,
        simulated=simulated,
        clock=Clock(),
        new_key=lambda: "sk-0123456789abcdef",
        last_scrape=len,
        canary=lambda: "",
    )


@pytest.mark.parametrize("simulated", [True, False])
def test_only_deployments_of_the_same_kind_become_intents(account, simulated):
    same = make_deployment(fleet=make_fleet(simulated=simulated))
    make_deployment(fleet=make_fleet(simulated=not simulated))

    tick(account, simulated=simulated)

    assert [pod.deployment for pod in Pod.objects.all()] == [same]


def test_a_deployment_made_in_the_sandbox_is_refused_when_it_is_settled_by_name(account):
    sandbox = make_deployment(fleet=make_fleet(simulated=True))

    changed = replicas.settle_deployment(
        sandbox.pk,
        provider="runpod",
        simulated=False,
        now=NOON,
        new_key=lambda: "sk-0123456789abcdef",
    )

    assert changed == 0
    assert not Pod.objects.exists()
