"""An estimate without a token earns nothing, and no run looks at it again."""

from datetime import timedelta

from economics.models import RevenueLine, UsageEstimate
from economics.services.revenue import post_revenue
from tests.economics.services.rows import NEXT_MIDNIGHT, at, pod, price


def test_it_is_no_hour_of_any_run():
    ended = pod(billed_until=at(11))
    price(ended)
    UsageEstimate.objects.create(
        pod=ended,
        reason=UsageEstimate.Reason.END,
        hour_start=at(10),
        from_at=at(10, 50),
        to_at=at(11),
        uncached_prompt_tokens=0,
        cached_prompt_tokens=0,
        completion_tokens=0,
        basis="600 s × 0 tokens/s = 0",
        earns=True,
        made_at=at(11),
    )
    now = NEXT_MIDNIGHT + timedelta(hours=2)

    assert [post_revenue(now).hours, post_revenue(now).hours] == [0, 0]
    assert not RevenueLine.objects.exists()
