from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from fleet.models import AuditEntry, AuditSeal
from fleet.services import audit, audit_chain
from tests.factories import NOW
from tests.tampering import triggers_off

pytestmark = pytest.mark.django_db


def deeds(count: int) -> list[AuditEntry]:
    return [
        audit.record("order", f"pod-{n}", acting_user="ada", now=NOW, usd_per_hour="0.74")
        for n in range(count)
    ]


def fault(**noted: str) -> str:
    return audit_chain.verify(now=NOW, **noted).fault


def test_sealed_rows_verify_and_the_head_is_told():
    deeds(3)

    said = audit_chain.seal(now=NOW)

    found = audit_chain.verify(now=NOW)
    assert (found.verified, found.unsealed, found.fault) == (3, 0, "")
    assert said == f"sealed 3, head {found.head}"


def test_sealing_goes_on_where_it_ended_and_twice_adds_nothing():
    deeds(2)
    audit_chain.seal(now=NOW)
    deeds(1)
    audit_chain.seal(now=NOW)
    audit_chain.seal(now=NOW)

    assert [seal.position for seal in AuditSeal.objects.all()] == [1, 2, 3]
    assert fault() == ""


@pytest.mark.parametrize("column", ["acting_user", "verb", "target", "request_id"])
def test_a_changed_column_is_named_by_its_row(column):
    row = deeds(3)[1]
    audit_chain.seal(now=NOW)
    with triggers_off():
        AuditEntry.objects.filter(pk=row.pk).update(**{column: "other"})

    assert fault() == f"Audit row {row.pk} (seal 2) was changed after its sealing."


def test_a_changed_figure_or_time_is_noticed():
    row = deeds(1)[0]
    audit_chain.seal(now=NOW)
    with triggers_off():
        AuditEntry.objects.update(figures={"usd_per_hour": "0.75"})
    assert "was changed" in fault()
    with triggers_off():
        AuditEntry.objects.update(figures=row.figures, at=NOW + timedelta(microseconds=1))
    assert "was changed" in fault()


def test_a_removed_row_is_noticed():
    row = deeds(3)[1]
    audit_chain.seal(now=NOW)
    with triggers_off():
        AuditSeal.objects.filter(entry=row).delete()
        AuditEntry.objects.filter(pk=row.pk).delete()

    assert fault() == "Seal 2 is missing; the next one is 3."


def test_an_end_that_was_cut_off_is_noticed_by_a_noted_head():
    deeds(3)
    head = audit_chain.seal(now=NOW).partition("head ")[2]
    with triggers_off():
        AuditSeal.objects.filter(position=3).delete()
        AuditEntry.objects.filter(target="pod-2").delete()

    assert fault() == ""
    assert "before the noted head 3" in fault(noted_head=head)


def test_a_chain_that_was_computed_anew_is_noticed_by_a_noted_head():
    deeds(2)
    head = audit_chain.seal(now=NOW).partition("head ")[2]
    with triggers_off():
        AuditSeal.objects.all().delete()
        AuditEntry.objects.filter(target="pod-0").update(acting_user="eve")
    audit_chain.seal(now=NOW)
    deeds(1)
    audit_chain.seal(now=NOW)

    assert fault() == ""
    assert "is not the head that was noted" in fault(noted_head=head)


def test_rows_that_stay_unsealed_are_a_fault_once_they_are_late():
    deeds(1)

    assert fault() == ""
    later = audit_chain.verify(now=NOW + timedelta(minutes=11))
    assert "1 rows are older than 10 minutes and have no seal" in later.fault


def test_the_command_says_the_head_and_fails_on_a_fault():
    deeds(2)
    head = audit_chain.seal(now=NOW).partition("head ")[2]
    said = StringIO()
    call_command("verify_audit", head=head, stdout=said)
    assert said.getvalue() == f"2 rows verified, 0 not sealed yet.\nHead {head}\n"

    with pytest.raises(CommandError, match="write it as the job did"):
        call_command("verify_audit", head="nonsense")
    with triggers_off():
        AuditEntry.objects.filter(target="pod-1").update(target="pod-9")
    with pytest.raises(CommandError, match=r"was changed.*Good up to 1:"):
        call_command("verify_audit")
