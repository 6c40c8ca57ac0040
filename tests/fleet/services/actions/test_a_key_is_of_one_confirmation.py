"""A key confirms one thing: an action, or several at once, and never both."""

import pytest

from fleet.models import Action, ActionKind, Deployment
from fleet.services.actions import Confirmation, confirm
from fleet.services.actions.confirm import KeyUsed
from fleet.services.actions.selection import STOP, Selection, asked_of
from fleet.services.actions.together import confirm_together, plan_together
from tests.clock import NOON
from tests.fleet.services.actions.conftest import plan_of
from tests.fleet.services.conftest import allow
from tests.fleet.services.test_two_workers_at_once import at_once

ADA = Confirmation(acting_user="ada", key="k" * 40, answers={})


def several() -> str:
    """A stop, sealed as a plan of several."""
    asked = asked_of(STOP, Selection(("llama-a",)))
    return plan_together(asked, guard=allow, now=NOON).seal()


def alone() -> str:
    """A scale to two, sealed as a plan of one."""
    return plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2).seal()


def do_several(sealed: str):
    return confirm_together(sealed, ADA, guard=allow, now=NOON)


def do_alone(sealed: str):
    return confirm(sealed, ADA, guard=allow, now=NOON)


def test_a_key_of_one_action_confirms_no_several(pod):
    first = do_alone(alone())

    with pytest.raises(KeyUsed, match=f"was used for scale llama-a, action {first.pk}"):
        do_several(several())

    assert Deployment.objects.get().replicas == 2
    assert Action.objects.count() == 1


def test_a_key_of_several_confirms_no_action_alone(pod):
    sealed = alone()
    (first,) = do_several(several())

    with pytest.raises(KeyUsed, match=f"was used for stop llama-a, action {first.pk}"):
        do_alone(sealed)

    assert Deployment.objects.get().replicas == 0
    assert Action.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_both_at_once_are_one_of_them(pod):
    one, many = alone(), several()

    def tried(do, sealed):
        try:
            do(sealed)
        except KeyUsed:
            return "used"
        return "done"

    ends = at_once(lambda: tried(do_alone, one), lambda: tried(do_several, many))

    assert sorted(ends) == ["done", "used"]
    assert Action.objects.count() == 1
