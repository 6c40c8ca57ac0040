"""A maintenance lasts as long as is chosen beside its button."""

from datetime import timedelta

import pytest
from django.test import Client

from fleet.models import MaintenanceWindow, Pod
from fleet.templatetags.alerting import LENGTHS

BEGIN = "/alerts/maintenance/"


def test_a_choice_stands_beside_the_button_and_an_hour_is_proposed(operator: Client):
    page = operator.get("/fleet/").content.decode()

    for minutes, words in LENGTHS:
        assert f'<option value="{minutes}"' in page and f">{words}</option>" in page
    assert '<option value="60" selected>1 h</option>' in page


@pytest.mark.parametrize("minutes", ["30", "240", "10080"])
def test_it_ends_after_the_chosen_minutes(operator: Client, pod: Pod, minutes: str):
    operator.post(BEGIN, {"minutes": minutes, "pod": str(pod.pk)})

    window = MaintenanceWindow.objects.get()
    assert window.pod == pod
    assert window.ends_at - window.starts_at == timedelta(minutes=int(minutes))


@pytest.mark.parametrize("minutes", ["", "0", "-5", "10081", "1.5", "٣", "x", "9" * 400])
def test_another_number_gets_a_sentence_and_silences_nothing(
    operator: Client, minutes: str
):
    page = operator.post(BEGIN, {"minutes": minutes}, follow=True).content.decode()

    assert "write a whole number from 1 to 10080" in page
    assert not MaintenanceWindow.objects.exists()
