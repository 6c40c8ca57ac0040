from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from kerne_site import api_tokens
from kerne_site.models import ApiToken
from tests.api.tokens import SECRET, checked, token_of
from tests.clock import NOON


def test_the_token_is_that_of_its_account(ada):
    assert checked(token_of(ada, now=NOON), now=NOON).user == ada


def test_the_database_holds_no_secret(ada):
    token_of(ada)

    assert SECRET not in str(list(ApiToken.objects.values_list()))


def test_the_hash_needs_the_secret_key(ada):
    made = token_of(ada, now=NOON)

    with (
        override_settings(SECRET_KEY="another-key"),
        pytest.raises(api_tokens.TokenRefused, match="not one of ours"),
    ):
        checked(made, now=NOON)


def test_a_token_outlives_a_changed_key_that_is_kept_as_fallback(ada, settings):
    made = token_of(ada, now=NOON)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key"

    assert checked(made, now=NOON).user == ada


def test_a_token_is_good_for_its_days_and_not_a_second_longer(ada):
    made = token_of(ada, days=1, now=NOON)

    assert checked(made, now=NOON + timedelta(days=1, seconds=-1)) == made.row
    with pytest.raises(api_tokens.TokenRefused, match="expired at 2026-03-11 12:00 UTC"):
        checked(made, now=NOON + timedelta(days=1))


def test_a_revoked_token_opens_nothing_and_is_revoked_once(ada):
    made = token_of(ada, now=NOON)

    first = api_tokens.revoke(made.row, acting_user="ada", now=NOON)
    second = api_tokens.revoke(made.row, acting_user="ada", now=NOON)

    assert (first, second) == (True, False)
    with pytest.raises(api_tokens.TokenRefused, match="revoked at 2026-03-10 12:00 UTC"):
        checked(made, now=NOON)


def test_the_state_of_a_token_is_told_only_to_who_holds_its_secret(ada):
    made = token_of(ada, now=NOON)
    api_tokens.revoke(made.row, acting_user="ada", now=NOON)

    with pytest.raises(api_tokens.TokenRefused, match="not one of ours"):
        api_tokens.check(made.text[:-1] + "0", now=NOON)


def test_a_use_is_noted_once_a_minute(ada):
    made = token_of(ada, now=NOON)
    for seconds in (0, 59, 60):
        checked(made, now=NOON + timedelta(seconds=seconds))
        made.row.refresh_from_db()
        noted = 60 if seconds == 60 else 0
        assert made.row.last_used_at == NOON + timedelta(seconds=noted)


def test_a_second_use_in_the_same_minute_only_reads(ada):
    made = token_of(ada, now=NOON)
    checked(made, now=NOON)

    with CaptureQueriesContext(connection) as queries:
        checked(made, now=NOON + timedelta(seconds=30))

    assert len(queries) == 1


def test_the_table_itself_refuses_a_token_of_more_than_a_year(ada):
    made = token_of(ada, now=NOON)
    longer = NOON + timedelta(days=365, seconds=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.filter(pk=made.row.pk).update(expires_at=longer)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"days": 0}, "Days is 0; write a whole number from 1 to 365."),
        ({"days": 366}, "Days is 366; write a whole number from 1 to 365."),
        ({"name": "  "}, "Name is empty"),
        ({"name": "x" * 81}, "Name has 81 characters; write at most 80."),
        ({"name": "two\nlines"}, "write it in one line"),
    ],
)
def test_a_wrong_wish_gets_a_sentence_and_makes_nothing(ada, changes, sentence):
    with pytest.raises(api_tokens.TokenRefused) as refusal:
        token_of(ada, **changes)

    assert sentence in str(refusal.value)
    assert not ApiToken.objects.exists()


def test_a_name_is_taken_until_its_token_is_revoked(ada):
    made = token_of(ada, name="report")
    with pytest.raises(api_tokens.TokenRefused, match="already has a token named 'report'"):
        token_of(ada, name="report")

    api_tokens.revoke(made.row, acting_user="ada", now=NOON)

    assert token_of(ada, name="report").row.pk != made.row.pk
