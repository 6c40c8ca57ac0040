import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from fleet.models import AuditEntry
from fleet.services.roles import Role
from kerne_site.models import ApiToken, Authenticator
from tests.access.codes import code_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ada() -> User:
    return User.objects.create_user("ada")


def made(capsys, **options) -> str:
    """The token that `create` prints, alone on its stream."""
    wish = {"user": "ada", "name": "report"} | options
    call_command("api_token", "create", **wish)
    return capsys.readouterr().out.strip()


def test_a_printed_token_opens_the_api(capsys):
    text = made(capsys)

    answer = Client().get("/api/v1/", headers={"Authorization": f"Bearer {text}"})

    assert answer.status_code == 200


def test_the_list_names_the_token_and_not_its_secret(capsys):
    text = made(capsys, days=7)

    call_command("api_token", "list")

    line = capsys.readouterr().out
    assert ApiToken.objects.get().public_id in line and "active" in line
    assert text[-64:] not in line


def test_a_revoked_token_opens_nothing(capsys):
    text = made(capsys)

    call_command("api_token", "revoke", ApiToken.objects.get().public_id)

    answer = Client().get("/api/v1/", headers={"Authorization": f"Bearer {text}"})
    assert answer.status_code == 401
    assert AuditEntry.objects.filter(verb="revoke api token").count() == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("create", "--user", "bob", "--name", "x"), "'bob' is unknown; known: ada"),
        (("create", "--user", "ada", "--name", "x", "--days", "366"), "from 1 to 365"),
        (("create", "--user", "ada", "--name", ""), "Name is empty"),
        (("revoke", "0123456789ab"), "'0123456789ab' is unknown"),
    ],
)
def test_a_wrong_wish_gets_a_sentence_and_makes_nothing(arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        call_command("api_token", *arguments)

    assert not ApiToken.objects.exists()


def test_where_it_is_required_what_operates_is_made_behind_the_second_factor(
    capsys, settings
):
    settings.REQUIRE_SECOND_FACTOR = True
    otto = make_user("otto", role=Role.OPERATOR)
    device = Authenticator.objects.create(
        user=otto, name="authenticator", confirmed=True, key="0f" * 20
    )

    with pytest.raises(CommandError, match="give --code with the six digits"):
        made(capsys, user="otto", scope="operate")
    with pytest.raises(CommandError, match="This code is not right"):
        made(capsys, user="otto", scope="operate", code="abcdef")
    assert not ApiToken.objects.exists()

    Authenticator.objects.update(throttling_failure_count=0)
    assert made(capsys, user="otto", scope="operate", code=code_of(device)).startswith(
        "kerne_"
    )
