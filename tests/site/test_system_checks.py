from django.core.checks import Tags, run_checks


def found(settings, **values) -> set[str]:
    """The ids of our own findings with these settings."""
    for name, value in values.items():
        setattr(settings, name, value)
    messages = run_checks(tags=[Tags.security], include_deployment_checks=True)
    return {message.id for message in messages if str(message.id).startswith("kerne.")}


LIVE = {
    "KERNE_SANDBOX": False,
    "SECRET_KEY": "s" * 50,
    "EMBEDDED_DATABASE": False,
    "EMBEDDED_REDIS": False,
}


def test_a_live_console_with_its_own_services_has_nothing_to_say(settings):
    assert found(settings, **LIVE) == set()


def test_error_pages_are_refused_while_real_pods_are_rented(settings):
    assert found(settings, **LIVE, DEBUG=True) == {"kerne.E001"}


def test_any_host_name_is_refused(settings):
    assert found(settings, **LIVE, ALLOWED_HOSTS=["*"]) == {"kerne.E002"}


def test_a_short_secret_is_refused_where_money_is_real(settings):
    assert found(settings, **LIVE | {"SECRET_KEY": "s" * 49}) == {"kerne.E003"}


def test_embedded_services_are_named_as_a_risk_in_production(settings):
    assert found(
        settings, **LIVE | {"EMBEDDED_DATABASE": True, "EMBEDDED_REDIS": True}
    ) == {
        "kerne.W001",
        "kerne.W002",
    }


def test_an_image_that_no_registry_has_is_refused(settings):
    settings.DEFAULT_VLLM_IMAGE = "VLLM openai"

    said = [each.msg for each in run_checks() if each.id == "fleet.E003"]

    assert len(said) == 1 and said[0].startswith("KERNE_DEFAULT_VLLM_IMAGE: image is")
