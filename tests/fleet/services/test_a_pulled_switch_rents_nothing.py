from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from threading import Event

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from fleet.models import PodStatus, SpendingStop
from fleet.services.provisioning import provision
from fleet.services.spending import release_spending, stop_spending
from tests.clock import NOON, seconds
from tests.fleet.services.conftest import allow

PATIENCE = 20  # seconds


@pytest.mark.django_db
def test_a_pulled_switch_refuses_the_launch_and_says_who_pulled_it(make_wanted, account):
    pod = make_wanted()
    stop_spending(acting_user="ada", now=NOON, reason="the bill looks wrong")

    assert not provision(pod.pk, provider=account, guard=allow, now=NOON)

    pod.refresh_from_db()
    assert (pod.status, account.calls) == (PodStatus.REQUESTED, [])
    assert pod.status_reason == (
        "not launched: new spending is stopped since 2026-03-10 12:00 UTC by ada "
        "(the bill looks wrong); an operator must release it first."
    )


@pytest.mark.django_db
def test_the_switch_is_asked_before_the_guard(make_wanted, account):
    asked = []
    stop_spending(acting_user="ada", now=NOON)

    provision(make_wanted().pk, provider=account, guard=asked.append, now=NOON)

    assert asked == []


@pytest.mark.django_db
def test_what_waited_is_rented_a_minute_after_the_release(make_wanted, account):
    pod = make_wanted()
    stop_spending(acting_user="ada", now=NOON)
    provision(pod.pk, provider=account, guard=allow, now=NOON)
    release_spending(acting_user="ada", now=NOON, reason="checked")

    assert provision(pod.pk, provider=account, guard=allow, now=NOON + seconds(60))


@pytest.mark.django_db(transaction=True)
def test_once_the_switch_is_pulled_no_launch_that_was_being_weighed_passes_later(
    make_wanted, account
):
    """The pull waits for the launch that is weighed, and no other follows."""
    first, second = make_wanted(), make_wanted()
    weighing, go_on = Event(), Event()

    def slow_guard(request) -> None:
        weighing.set()
        assert go_on.wait(PATIENCE)

    def in_thread(work):
        def run():
            try:
                return work()
            finally:
                connection.close()

        return pool.submit(run)

    with ThreadPoolExecutor(2) as pool:
        launch = in_thread(
            lambda: provision(first.pk, provider=account, guard=slow_guard, now=NOON)
        )
        assert weighing.wait(PATIENCE)
        pull = in_thread(lambda: stop_spending(acting_user="ada", now=NOON))
        assert not pull.done()
        go_on.set()
        pull.result(PATIENCE)
        assert launch.result(PATIENCE)

    assert not provision(second.pk, provider=account, guard=allow, now=NOON)
    assert len(account.requests) == 1


@pytest.mark.django_db
def test_the_terminal_pulls_and_releases_it():
    told = StringIO()

    call_command("stop_spending", reason="fire drill", stdout=told)
    assert SpendingStop.objects.get().reason == "fire drill"
    with pytest.raises(CommandError, match="The reason is empty"):
        call_command("stop_spending", release=True)
    call_command("stop_spending", release=True, reason="drill over", stdout=told)

    assert SpendingStop.objects.get().release_reason == "drill over"
    assert told.getvalue().splitlines()[1] == "released"
