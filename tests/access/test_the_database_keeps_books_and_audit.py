from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from economics.models import BillingObservation, CostLine, RevenueLine
from fleet.models import AuditEntry, AuditSeal
from fleet.services import audit, audit_chain
from tests.factories import NOW

TABLES = [
    "fleet_auditentry",
    "fleet_auditseal",
    "economics_costline",
    "economics_revenueline",
    "economics_tokenprice",
    "economics_takerate",
    "economics_billingobservation",
    "economics_bookimport",
    "economics_loghour",
    "economics_expense",
    "economics_expenseline",
    "economics_statement",
    "economics_statementrow",
    "economics_varianceline",
    "economics_cashentry",
]


def refused(statement: str) -> str:
    """The sentence with which the database refuses a statement."""
    with (
        pytest.raises(IntegrityError) as said,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    return str(said.value)


@pytest.fixture
def entry(db: None) -> AuditEntry:
    row = audit.record("order", "llama-a", acting_user="ada", now=NOW, usd="0.74")
    audit_chain.seal(now=NOW)
    return row


def test_an_audit_row_is_neither_changed_nor_deleted(entry):
    for deed in ("UPDATE fleet_auditentry SET acting_user = 'eve'",):
        assert "fleet_auditentry is append-only: UPDATE is refused" in refused(deed)
    assert "DELETE is refused" in refused("DELETE FROM fleet_auditseal")
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.filter(pk=entry.pk).update(verb="nothing")
    assert AuditEntry.objects.get().verb == "order"
    assert AuditSeal.objects.count() == 1


def test_no_ledger_line_is_changed_or_deleted(db, make_lines):
    make_lines()
    for model in (CostLine, BillingObservation):
        table = model._meta.db_table
        assert f"{table} is append-only" in refused(f"UPDATE {table} SET id = id + 1")
        assert f"{table} is append-only" in refused(f"DELETE FROM {table}")
        assert model._default_manager.count() == 1


@pytest.mark.parametrize("table", TABLES)
def test_no_such_table_is_emptied(db, table):
    with connection.cursor() as cursor:  # as everywhere but in a test database
        cursor.execute("SET LOCAL kerne.may_truncate = 'off'")

    assert "TRUNCATE is refused" in refused(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("table", TABLES)
def test_each_of_them_has_both_triggers(db, table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass "
            "AND tgname LIKE 'kerne_append_only%%' AND tgenabled = 'O'",
            [table],
        )
        assert cursor.fetchone() == (2,)


def test_a_correction_is_a_new_line(db, make_lines):
    first = make_lines()
    CostLine.objects.create(
        **{
            **{
                field.attname: getattr(first, field.attname)
                for field in CostLine._meta.concrete_fields
                if field.attname not in ("id", "hour_start")
            },
            "hour_start": NOW.replace(minute=0),
            "amount_usd": Decimal("-0.10"),
            "corrects_id": first.pk,
        }
    )

    assert CostLine.objects.count() == 2
    assert RevenueLine.objects.count() == 0
