"""A pod is found by its whole name: no two attempts share one, whatever KERNE_ENV is."""

import pytest
from django.core.checks import run_checks

from fleet.models import Orphan, PodStatus
from fleet.providers.pod_request import NAME
from fleet.services.cloud_list import compare
from fleet.services.replicas import pod_name
from tests.fleet.services.test_the_cloud_list_settles_every_difference import stray

pytestmark = pytest.mark.django_db

LONGEST_SLUG = "a" * 40


@pytest.mark.parametrize("env", ["demo", "live", "a" * 20])
def test_the_longest_name_keeps_its_attempt_and_is_taken_by_the_provider(settings, env):
    settings.KERNE_ENV = env
    names = {pod_name(LONGEST_SLUG, attempt) for attempt in (1, 10, 12, 123_456, 9_999_999)}

    assert len(names) == 5
    assert all(NAME.fullmatch(name) for name in names)


def test_two_long_deployments_that_begin_alike_have_different_names(settings):
    settings.KERNE_ENV = "a" * 20

    assert pod_name(LONGEST_SLUG, 1) != pod_name(LONGEST_SLUG[:-1] + "b", 1)


def test_a_name_that_fits_is_left_as_it_is():
    assert pod_name("b" * 40, 12345) == f"kerne-demo-{'b' * 40}-12345"


@pytest.mark.parametrize(("env", "faults"), [("a" * 20, []), ("a" * 21, ["fleet.E001"])])
def test_an_environment_that_would_push_names_out_is_refused_at_the_start(
    settings, env, faults
):
    settings.KERNE_ENV = env

    found = [message.id for message in run_checks() if message.id.startswith("fleet.")]
    assert found == faults


def test_a_pod_of_ours_stays_ours_when_the_environment_gets_another_name(
    make_wanted, account, clock, settings
):
    """The row has ended, the machine bills on, and its prefix is yesterday's."""
    pod = make_wanted(status=PodStatus.TERMINATED, provider_id="another")
    account.adopt(stray(pod.name, clock))
    settings.KERNE_ENV = "production"

    compare(provider=account, now=clock.now)

    assert Orphan.objects.get().ours
    assert ("terminate", "stray-1") in account.calls


def test_a_name_of_another_clouds_row_proves_nothing(make_wanted, account, clock):
    make_wanted(status=PodStatus.FAILED, provider="sandbox", name="kerne-live-llama-1")
    account.adopt(stray("kerne-live-llama-1", clock))

    compare(provider=account, now=clock.now)

    assert not Orphan.objects.get().ours
    assert account.calls == [("pods", "")]
