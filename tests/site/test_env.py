from decimal import Decimal

import pytest

from kerne_site.env import Env, SettingError


def test_a_variable_that_is_not_set_gives_its_default():
    env = Env({})

    assert env.text("NAME", "kerne") == "kerne"
    assert env.flag("FLAG", default=True) is True
    assert env.integer("PORT", 8700) == 8700
    assert env.decimal("RATE", Decimal("0.1")) == Decimal("0.1")
    assert env.seconds("PERIOD", 10) == 10
    assert env.words("HOSTS", ["localhost"]) == ["localhost"]
    assert env.optional_text("KEY") is None


def test_a_value_is_read_as_its_type():
    env = Env(
        {
            "NAME": " kerne ",
            "FLAG": "Yes",
            "PORT": "8701",
            "RATE": "0.10",
            "PERIOD": "15m",
            "ADDRESS": "https://api.example/v2/",
            "HOSTS": "a.example, b.example c.example",
        }
    )

    assert env.text("NAME") == "kerne"
    assert env.flag("FLAG", default=False) is True
    assert env.integer("PORT", 1) == 8701
    assert env.decimal("RATE", Decimal(0)) == Decimal("0.10")
    assert env.seconds("PERIOD", 1) == 900
    assert env.url("ADDRESS") == "https://api.example/v2"
    assert env.words("HOSTS") == ["a.example", "b.example", "c.example"]


def test_a_required_variable_that_is_missing_is_named():
    with pytest.raises(SettingError, match=r"^SECRET_KEY is not set\."):
        Env({}).text("SECRET_KEY")


@pytest.mark.parametrize("empty", ["", "   "])
def test_an_empty_value_is_wrong_and_never_taken_for_not_set(empty):
    with pytest.raises(SettingError, match="RUNPOD_API_KEY is set but empty"):
        Env({"RUNPOD_API_KEY": empty}).optional_text("RUNPOD_API_KEY")


@pytest.mark.parametrize(
    ("read", "sentence"),
    [
        (lambda e: e.flag("X", default=True), "X is 'maybe'; write true or false."),
        (
            lambda e: e.integer("X", 1, minimum=1, maximum=65535),
            "X is 'maybe'; write a whole number from 1 to 65535.",
        ),
        (
            lambda e: e.decimal("X", Decimal(0), minimum=Decimal(0)),
            "X is 'maybe'; write a decimal number, 0 or more.",
        ),
        (
            lambda e: e.seconds("X", 1),
            "X is 'maybe'; write whole seconds, 1 or more, or a duration such as 90s, 15m "
            "or 2h.",
        ),
        (
            lambda e: e.choice("X", "INFO", ["INFO", "DEBUG"]),
            "X is 'maybe'; write INFO or DEBUG.",
        ),
    ],
)
def test_a_wrong_value_gets_a_sentence_with_name_value_and_what_is_right(read, sentence):
    with pytest.raises(SettingError) as refusal:
        read(Env({"X": "maybe"}))

    assert str(refusal.value) == sentence


@pytest.mark.parametrize("value", ["0", "65536", "-1"])
def test_a_number_beyond_its_bounds_is_refused(value):
    with pytest.raises(SettingError, match="from 1 to 65535"):
        Env({"PORT": value}).integer("PORT", 1, minimum=1, maximum=65535)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e"])
def test_money_is_a_finite_number(value):
    with pytest.raises(SettingError, match="LIMIT is"):
        Env({"LIMIT": value}).decimal("LIMIT", Decimal(1))


def test_an_address_is_refused_without_its_password_in_the_sentence():
    with pytest.raises(SettingError) as refusal:
        Env({"REDIS_URL": "http://user:hunter2@host"}).url("REDIS_URL", schemes=["redis"])

    assert "hunter2" not in str(refusal.value)
    assert "REDIS_URL is http://...; write an address that starts with redis://" in str(
        refusal.value
    )


def test_a_secret_with_a_line_break_is_refused_without_being_shown():
    with pytest.raises(SettingError) as refusal:
        Env({"KEY": "rpa_abc\ndef"}).text("KEY", secret=True)

    assert "rpa_abc" not in str(refusal.value)
