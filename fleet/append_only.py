"""Tables that the database itself keeps append-only, as operations for migrations.

The triggers refuse UPDATE and DELETE of a row and TRUNCATE of the table, whoever asks,
with a sentence. They hold against mistakes and against whatever runs as the console; the
owner of the tables can drop them, which the audit's hash chain is there to show. Only a
database that says `kerne.may_truncate = on` lets its tables be emptied: that of the test
run, which empties them between tests.
"""

from django.db.migrations.operations.special import RunSQL

FUNCTION = """
CREATE OR REPLACE FUNCTION kerne_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TG_OP = 'TRUNCATE' AND current_setting('kerne.may_truncate', true) = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused; a correction is a new row.',
    TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END
$body$;
"""
PROTECT = """
CREATE TRIGGER kerne_append_only_rows BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION kerne_append_only();
CREATE TRIGGER kerne_append_only_table BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION kerne_append_only();
"""
RELEASE = """
DROP TRIGGER kerne_append_only_rows ON {table};
DROP TRIGGER kerne_append_only_table ON {table};
"""


def make_function() -> RunSQL:
    return RunSQL(FUNCTION, "DROP FUNCTION kerne_append_only();")


def protect(table: str) -> RunSQL:
    """Make a table append-only; undone when the migration is."""
    return RunSQL(PROTECT.format(table=table), RELEASE.format(table=table))
