from decimal import Decimal

import pytest
from django.apps import apps

from fleet.models import AuditEntry, Deployment, Pod, SpendingStop
from tests.access.addresses import OWN_ACCOUNT, READS_BY_POST, Address, all_addresses
from tests.factories import make_balance, make_offer

ACTING = [
    each
    for each in all_addresses()
    if each.policy is not None and each.name not in OWN_ACCOUNT | READS_BY_POST
]
OURS = ("fleet", "economics", "kerne_site", "auth")


def name_of(address: Address) -> str:
    return address.name


def row_counts() -> dict[str, int]:
    """Rows of each of our tables, the audit left out."""
    models = [m for app in OURS for m in apps.get_app_config(app).get_models()]
    return {m._meta.label: m._default_manager.count() for m in models if m != AuditEntry}


def path_of(address: Address, pod: Pod) -> str:
    pk = pod.deployment_id if "deployment" in address.name else pod.pk
    return address.path(pk=pk)


@pytest.mark.parametrize("address", ACTING, ids=name_of)
def test_a_viewer_that_acts_is_refused_and_nothing_changes(viewer, pod, address):
    before = row_counts()
    path = path_of(address, pod)

    for method in ("post", "put", "patch", "delete"):
        answer = getattr(viewer, method)(path)
        assert answer.status_code in (403, 405), f"{method} {path}: {answer.status_code}"
        if answer.status_code == 403:
            said = answer.content.decode()
            assert "Only an " in said and "vera is a viewer" in said
            row = AuditEntry.objects.get()  # the four tries of one minute are one row
            assert (row.acting_user, row.verb, row.target) == ("vera", "refused", path)

    assert row_counts() == before
    pod.refresh_from_db()
    assert (pod.status, Deployment.objects.get().replicas) == ("serving", 1)


@pytest.mark.parametrize("address", ACTING, ids=name_of)
def test_an_address_that_acts_takes_a_post_from_those_who_may(address):
    """So that the test above has tried a deed and not a typing error."""
    assert address.policy is not None
    assert address.policy.acts.rank >= address.policy.reads.rank


def test_a_fragment_is_refused_with_the_sentence_alone(viewer, pod):
    answer = viewer.post("/actions/confirm/", headers={"HX-Request": "true"})

    assert answer.status_code == 403
    assert answer.content.decode().startswith('<p class="note warning"')
    assert "Nothing was changed." in answer.content.decode()


def test_a_viewer_sees_the_button_disabled_with_the_reason(viewer, operator, pod):
    make_offer(provider="sandbox", usd_per_gpu_hour=Decimal("0.74"))
    make_balance(provider="sandbox")
    for path in (
        f"/actions/plan/terminate/?pod={pod.name}",
        "/fleet/order/",
        "/prices/",
        "/prices/take-rate/",
        "/market/listing/llama-3.1-8b/",
        "/plan/model/",
        "/offers/import/",
        "/jobs/",
    ):
        seen = viewer.get(path).content.decode()
        assert "Only an operator may do this; vera is a viewer." in seen, path
        assert " disabled title=" in seen, path
        assert "Only an operator" not in operator.get(path).content.decode(), path


def test_an_operator_is_refused_what_needs_an_admin(operator):
    for address in ACTING:
        if address.policy is None or address.policy.acts != "admin":
            continue
        assert operator.post(address.path()).status_code in (403, 405), address.name


def test_an_account_of_no_group_is_a_viewer(client, django_user_model, pod):
    client.force_login(django_user_model.objects.create_user("nobody"))

    assert client.get("/fleet/").status_code == 200
    assert client.post("/spending/stop/").status_code == 403


def test_the_owner_may_do_everything(client, django_user_model, pod):
    client.force_login(django_user_model.objects.create_superuser("owner"))

    assert client.post("/spending/stop/").status_code == 302
    assert SpendingStop.objects.count() == 1
