from decimal import Decimal

import pytest

from fleet.models import StoredSecret
from fleet.providers.base import Balance
from fleet.providers.errors import Unauthorized
from fleet.providers.fake import FakeProvider
from fleet.views.keys import findings_of
from tests.factories import NOW

KEY = "rpa_PLANTED0123456789ABCDEF"
PAGE = "/settings/keys/"


def test_a_key_is_written_and_only_its_end_is_shown(admin):
    answer = admin.post(PAGE, {"value": KEY}, follow=True)

    page = answer.content.decode()
    row = StoredSecret.objects.get()
    assert KEY not in page and KEY[:-4] not in page
    assert "…CDEF" in page and row.fingerprint in page
    assert "by ada" in page


def test_a_wrong_key_is_refused_and_not_echoed(admin):
    answer = admin.post(PAGE, {"value": "rpa_planted with blanks"})

    assert answer.status_code == 422
    assert "planted" not in answer.content.decode()
    assert not StoredSecret.objects.exists()


def test_a_key_can_be_deleted(admin):
    admin.post(PAGE, {"value": KEY})

    page = admin.post(f"{PAGE}forget/", follow=True).content.decode()

    assert "The key is deleted." in page and "No key is stored." in page


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}forget/", f"{PAGE}check/"])
def test_an_operator_gets_no_further(operator, path):
    assert operator.post(path, {"value": KEY}).status_code == 403
    assert operator.get(PAGE).status_code == 403
    assert not StoredSecret.objects.exists()


def test_the_check_says_what_the_key_may_do_and_what_was_not_tried():
    account = FakeProvider(
        now=lambda: NOW, credit=Balance(balance_usd=Decimal("12.30"), usd_per_hour=None)
    )

    found = {each.deed: each.words for each in findings_of(account)}

    assert found["balance"] == "ok, $12.30"
    assert found["read pods"] == "ok, 0 in the account"
    assert found["create a pod"] == "not tested, it would cost money"


def test_a_key_that_is_refused_is_said_in_the_providers_words():
    account = FakeProvider(now=lambda: NOW)
    account.fail_next("pods", Unauthorized("the key is wrong"))

    assert findings_of(account)[0].words == "the key is wrong"


def test_the_page_is_linked_for_admins(admin):
    assert f'href="{PAGE}"' in admin.get("/guardrails/").content.decode()
