import pytest
from django.core.management import call_command

from fleet.models import ServedModel


@pytest.mark.django_db(transaction=True)
def test_emptying_the_tables_gives_the_migrated_rows_back():
    known = set(ServedModel.objects.values_list("slug", flat=True))

    call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=False)

    assert known
    assert set(ServedModel.objects.values_list("slug", flat=True)) == known
