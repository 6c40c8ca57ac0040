"""The bars of a start lie end to end in the browser too, and a click opens its pod."""

from datetime import timedelta

from fleet.models import Pod, PodBoot
from tests.browser.screen import ScreenMaker, wait_until
from tests.factories import make_transition

DRAWN = "document.getElementById('starts').dataset.drawn === 'yes'"
PIECES = """[...document.querySelectorAll('#starts .bars .point path')]
    .map((piece) => piece.getBoundingClientRect())
    .map((box) => [Math.round(box.left), Math.round(box.right)])"""


def test_the_pieces_of_a_start_lie_end_to_end(screen: ScreenMaker, lively_fleet: Pod):
    begun = lively_fleet.requested_at
    make_transition(lively_fleet, "requested", "creating", at=begun + timedelta(seconds=5))
    Pod.objects.filter(pk=lively_fleet.pk).update(
        billed_from=begun + timedelta(seconds=30),
        container_started_at=begun + timedelta(seconds=90),
    )
    PodBoot.objects.create(
        pod=lively_fleet,
        read_at=lively_fleet.ready_at,
        weights_from=begun + timedelta(seconds=100),
        weights_until=begun + timedelta(seconds=220),
    )
    opened = screen(width=390, theme="dark")
    page = opened.open(f"/fleet/deployments/{lively_fleet.deployment_id}/")

    wait_until(page, DRAWN)

    assert "2 min of it weights" in page.inner_text("#starts figcaption")
    pieces = page.evaluate(PIECES)
    assert len(pieces) == 6
    for one, after in zip(pieces, pieces[1:], strict=False):
        assert abs(one[1] - after[0]) <= 2
    assert opened.left_behind() == []
