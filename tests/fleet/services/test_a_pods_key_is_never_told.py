"""The bearer key of a pod stays in its row."""

import logging

import pytest
from django.db import IntegrityError

from fleet.models import AuditEntry, JobRun, Pod
from fleet.providers.base import Rejected
from fleet.services import provisioning
from fleet.services.jobs import run_job
from fleet.services.provisioning import provision, settle_refusal
from tests.clock import NOON, Clock
from tests.fleet.services.conftest import allow

pytestmark = pytest.mark.django_db

KEY = "sk-0123456789abcdef"


def test_a_job_that_breaks_on_a_row_keeps_the_rows_key_to_itself():
    def work(now) -> str:
        raise IntegrityError(f"Failing row contains (1, kerne-demo-a-1, {KEY}, null)")

    with pytest.raises(IntegrityError):
        run_job("reconcile", work, clock=Clock(), token="worker-a")

    error = JobRun.objects.get().error
    assert "Failing row contains (1, kerne-demo-a-1, ***, null)" in error


def test_neither_request_nor_row_shows_it(make_wanted, account):
    pod = make_wanted()
    request = provisioning.pod_request(Pod.objects.get(), now=pod.requested_at)

    assert KEY in request.args
    assert KEY not in f"{request!r} {pod!r} {pod}"


def test_renting_and_refusing_write_it_into_no_log_and_no_record(
    make_wanted, account, caplog
):
    caplog.set_level(logging.DEBUG)
    for refusal in (None, Rejected("no capacity")):
        if refusal:
            account.fail_next("create", refusal)
        provision(make_wanted().pk, provider=account, guard=allow, now=NOON)
    pod = make_wanted()
    provisioning.give_up(pod, "the order can not be sent", now=NOON)
    settle_refusal(make_wanted(), Rejected("no"), now=NOON)

    told = [caplog.text, *(str(entry.figures) for entry in AuditEntry.objects.all())]
    told += Pod.objects.values_list("status_reason", flat=True)
    assert KEY not in " ".join(told)
