from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings

from fleet.templatetags.console import SHAPES
from kerne_site.views.styleguide import COLOURS

COMPONENTS = sorted(Path(settings.BASE_DIR, "templates/components").glob("_*.html"))


@pytest.mark.parametrize("part", COMPONENTS, ids=lambda path: path.stem)
def test_a_component_is_told_with_its_name(operator: Client, part: Path):
    assert part.name in operator.get("/styleguide/").content.decode()


@pytest.mark.parametrize("kind", SHAPES)
def test_a_state_is_shown_with_its_shape(operator: Client, kind: str):
    page = operator.get("/styleguide/").content.decode()

    assert f"status-{kind}" in page and SHAPES[kind] in page


def test_every_colour_is_a_token_of_the_stylesheet(operator: Client):
    css = Path(settings.BASE_DIR, "kerne_site/static/console/console.css").read_text()
    assert [token for token, _ in COLOURS if f"  {token}: light-dark(" not in css] == []


@override_settings(KERNE_SANDBOX=False, DEBUG=False)
def test_an_account_of_real_money_has_none(operator: Client):
    assert operator.get("/styleguide/").status_code == 404
