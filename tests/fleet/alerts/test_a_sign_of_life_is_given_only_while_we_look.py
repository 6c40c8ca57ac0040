import pytest

from fleet.models import CloudListing, JobResult
from fleet.outgoing import Reply
from fleet.services.alerts import deadman
from fleet.services.jobs import JobFailed
from tests.clock import NOON, seconds
from tests.factories import make_job_run, make_lists

URL = "https://hc.example/ping/s3cret"


@pytest.fixture(autouse=True)
def _database(db: None) -> None:
    """Every test here writes."""


def all_watched(at=NOON) -> None:
    for name in deadman.WATCHED:
        make_job_run(name, started_at=at, ended_at=at, result=JobResult.OK)


def test_it_is_given_while_pods_are_watched():
    all_watched()
    asked = []

    def ask(url: str) -> Reply:
        asked.append(url)
        return Reply(True, "HTTP 200", 0.21)

    assert deadman.ping(URL, ask=ask, now=NOON) == "HTTP 200 after 0.2 s"
    assert asked == [URL]


def test_it_stays_out_when_one_of_the_jobs_that_watch_had_no_good_run():
    all_watched(NOON - seconds(301))
    make_job_run("reconcile", started_at=NOON, ended_at=NOON)
    make_job_run("probe", started_at=NOON, ended_at=NOON, result=JobResult.ERRORED)
    asked: list[str] = []

    with pytest.raises(JobFailed, match="not pinged: list_cloud, probe had no good run"):
        deadman.ping(URL, ask=asked.append, now=NOON)  # type: ignore[arg-type]

    assert asked == []


def test_it_stays_out_while_volumes_or_endpoints_are_not_listed(settings):
    all_watched()
    make_lists(settings.PROVIDER_NAME, read_at=NOON)
    CloudListing.objects.filter(what="endpoints").update(read_at=NOON - seconds(301))

    assert deadman.blind_jobs(now=NOON) == ["the list of serverless endpoints"]


def test_a_ping_that_is_not_taken_is_a_failed_job_without_the_address():
    all_watched()

    with pytest.raises(JobFailed) as failure:
        deadman.ping(URL, ask=lambda _: Reply(False, "HTTP 404", 0.1), now=NOON)

    assert str(failure.value) == "the ping was not taken: HTTP 404"
