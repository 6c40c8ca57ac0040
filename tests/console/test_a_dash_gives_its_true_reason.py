from datetime import timedelta

from django.test import Client
from django.utils import timezone

from fleet.models import Deployment, Pod
from fleet.views.pod_events import figure_in_words
from tests.factories import make_pod


def test_a_pod_of_yesterday_neither_cost_nor_earned_today(
    operator: Client, deployment: Deployment
):
    ended = timezone.now() - timedelta(days=2)
    make_pod(
        deployment=deployment,
        status="terminated",
        requested_at=ended - timedelta(hours=1),
        billed_from=None,
        billed_until=None,
        status_since=ended,
    )

    page = operator.get(f"/fleet/deployments/{deployment.pk}/").content.decode()

    assert "unknown: no cost and no revenue today" in page
    assert "unknown: the pod has ended" in page
    assert "not booked yet" not in page and "no engine sample" not in page


def test_play_money_without_any_row_is_not_called_measured(operator: Client, pod: Pod):
    pod.deployment.fleet.simulated = True
    pod.deployment.fleet.save()

    page = operator.get(f"/fleet/pods/{pod.pk}/money/").content.decode()

    assert 'data-tag="simulated"' in page and 'data-tag="measured"' not in page


def test_the_log_of_deeds_rounds_money_and_names_its_unit():
    assert figure_in_words("usd_per_day", "17.957260273972602739") == ("per day", "$17.96")
    assert figure_in_words("usd_per_hour", "0.748219178") == ("per hour", "$0.7482")
    assert figure_in_words("balance_usd", "5000.000000") == ("balance", "$5,000.00")
    assert figure_in_words("runway_hours_after", "6682.53") == (
        "runway after",
        "278.4 days",
    )
    assert figure_in_words("replicas", 2) == ("replicas", "2")
    assert figure_in_words("usd_per_hour", "unknown") == ("usd_per_hour", "unknown")
