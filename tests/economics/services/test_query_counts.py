from datetime import timedelta

from economics.selectors import profit_days, today
from economics.services.close import close_day
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, at, pod, price, sample


def test_the_figures_of_today_take_as_many_queries_for_twenty_pods_as_for_one(
    django_assert_max_num_queries,
):
    for _ in range(20):
        served = pod()
        price(served)
        sample(served, at(10, 59), 1000, 400, 200)

    with django_assert_max_num_queries(17):
        today(at(12))


def test_a_history_of_closed_days_takes_no_query_per_day(django_assert_max_num_queries):
    pod()
    for n in range(5):
        close_day(DAY + timedelta(days=n), NEXT_MIDNIGHT + timedelta(days=n, minutes=20))

    with django_assert_max_num_queries(18):
        profit_days(NEXT_MIDNIGHT + timedelta(days=4, hours=1))
