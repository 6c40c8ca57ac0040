"""Each number of a deployment's advice is shown by the page that its link opens."""

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from economics.calc.decide.candidate import Input
from economics.calc.decide.changes import figure_words
from economics.selectors.decisions.answer import Decision
from economics.selectors.policies import policies
from economics.templatetags.decisions import inputs, numbers_of
from fleet.models import Tier
from tests.economics.decisions.test_a_verb_opens_its_filled_in_sheet import (
    RTX_4090,
    llama_on,
)
from tests.economics.decisions.worlds import DAY, closed_days, decided, llama_market, offers
from tests.factories import make_deployment, make_fleet, make_llama, make_user

pytestmark = pytest.mark.django_db
SHOWN = (
    "Contribution a day",
    "Tokens a day",
    "Utilization",
    "Paid hours a day",
    "Rent of a replica",
    "Full speed a day",
)


TWO = "Llama 3.1 8B Instruct (BF16) on 2× RTX 4090, sandbox secure, on-demand"


def source_of(address: str) -> str:
    client = Client()
    client.force_login(User.objects.filter(username="ada").first() or make_user("ada"))
    answer = client.get(address.partition("#")[0])
    assert answer.status_code == 200, address
    return answer.content.decode()


def words_in(source: str) -> str:
    shown = unescape(re.sub(r"<[^>]+>", " ", source))
    return " ".join(shown.replace("\u2060", "").split())


def text_of(address: str) -> str:
    return words_in(source_of(address))


def row_of(address: str) -> str:
    """The words of the row that the address opens at."""
    anchor = address.partition("#")[2]
    source = source_of(address)
    assert source.count(f'id="{anchor}"') == 1, address
    row = re.search(rf'<tr id="{anchor}".*?</tr>', source, re.DOTALL)
    assert row is not None, address
    return words_in(row[0])


def numbers_shown(found: Decision) -> Iterator[tuple[str, str, str]]:
    """(name, words, link) of each number that the page of a decision shows."""
    for goal in found.goals:
        answer = goal.answer
        steps = [each.candidate for each in answer.steps]
        for candidate in steps or [each for each in (answer.nearest,) if each]:
            for name, words, figure in inputs(candidate):
                yield f"{answer.goal.key} {name}", words, figure.link
    for one in found.deployments:
        for name, words, seen in numbers_of(one):
            yield f"{one.deployment.slug} {name}", words, seen.link
    for fleet in found.gates:
        for gate in fleet.gates:
            for each in gate.conditions:
                yield f"{fleet.title} {each.key}", each.seen_words, each.seen.link


def not_shown(found: Decision) -> list[str]:
    """The numbers that the page behind their link does not show where it opens."""
    lacking = []
    for name, words, link in numbers_shown(found):
        if not link:
            lacking += [] if words.startswith("unknown") else [f"{name}: no link"]
            continue
        page = row_of(link) if "#" in link else text_of(link)
        if words.removesuffix("/h") not in page:
            lacking.append(f"{name}: {words} is not on {link}")
    return lacking


def test_every_number_of_the_matrix_is_where_its_link_opens():
    offers()
    llama_market(
        ("0.05", "0.02", "0.10"), ("0.06", "0.03", "0.12"), ("0.04", "0.02", "0.1")
    )
    row = llama_on(RTX_4090)
    closed_days(row, *("5", "-7", "3.25") * 7, newest=timezone.now() - DAY)
    for policy in policies():
        found = decided(policy, speeds_of="llama-3.1-8b")

        assert "\n".join(not_shown(found)) == ""
        assert len(list(numbers_shown(found))) > 25


def test_a_fleet_of_several_is_left_by_the_days_that_its_numbers_open():
    offers()
    row = llama_on(RTX_4090)
    other = make_deployment(fleet=row.fleet, variant=row.variant, slug="llama-b")
    newest = timezone.now() - DAY
    closed_days(row, *("-5",) * 14, newest=newest)
    closed_days(other, *("2",) * 14, newest=newest, of_fleet=False)
    found = decided()
    leave = next(each for each in found.gates if each.fleet == row.fleet).gate("exit")
    assert leave is not None

    link = leave.conditions[0].seen.link
    days = int(found.policy.policy.exit_days)
    page = f"/decide/days/?fleet={row.fleet.slug}"

    assert link == f"{page}#contribution"
    assert f"−${3 * days}.00" in row_of(link)  # 2 − 5 on each of them
    assert "−$42.00" not in text_of(link) and "$42.00" in row_of(f"{page}#loss")
    assert not_shown(found) == []


def test_a_fleet_that_is_not_there_has_no_closed_days():
    client = Client()
    client.force_login(make_user("ada"))

    assert client.get("/decide/days/?fleet=nobody").status_code == 404
    assert client.get("/decide/days/?fleet=%00").status_code == 404
    assert client.get("/decide/days/").status_code == 200


def test_every_number_is_where_its_link_opens_without_a_market_or_a_closed_day():
    offers()
    llama_on(RTX_4090)
    make_deployment(
        fleet=make_fleet(slug="tier-2", tier=Tier.TWO, simulated=settings.KERNE_SANDBOX),
        variant=make_llama(),
        slug="llama-b",
    )

    assert not_shown(decided(speeds_of="llama-3.1-8b")) == []


@pytest.mark.parametrize("name", SHOWN)
def test_the_page_behind_a_number_shows_it(name: str):
    offers()
    row = llama_on(RTX_4090)
    closed_days(row, "5", "-7", "3.25", newest=timezone.now() - DAY, utilization="0.95")
    one = decided().deployments[0]

    words, seen = next((words, seen) for n, words, seen in numbers_of(one) if n == name)

    assert "unknown" not in words
    assert words.removesuffix("/h") in text_of(seen.link)


def test_what_a_fleet_of_one_deployment_is_left_by_is_on_the_days_that_it_opens():
    offers()
    row = llama_on(RTX_4090)
    closed_days(row, "-5", "-7", "-3.25", newest=timezone.now() - DAY)
    gates = next(each for each in decided().gates if each.fleet == row.fleet)
    leave = gates.gate("exit")
    assert leave is not None

    page = text_of("/books/?deployment=llama-a")

    told = [(each.seen_words, each.seen.link) for each in leave.conditions[:2]]
    assert told == [
        ("−$15.25", "/books/?deployment=llama-a"),
        ("$15.25", "/books/?deployment=llama-a"),
    ]
    assert "Contribution of an exit's days −$15.25" in page
    assert "Loss since it was begun $15.25" in page


def test_a_deployment_without_a_closed_day_says_so_on_its_days():
    row = make_deployment(
        fleet=make_fleet(simulated=settings.KERNE_SANDBOX), variant=make_llama()
    )

    assert "unknown: no day is closed yet" in text_of(f"/books/?deployment={row.slug}")


def test_the_rent_of_a_candidate_is_the_offer_and_its_disk():
    offers()
    found = decided(speeds_of="llama-3.1-8b")
    two = next(each.figures[Input.RENT] for each in found.candidates if each.title == TWO)
    page, row = text_of(two.link), row_of(two.link)

    assert two.source == (
        "sandbox secure, on-demand: 2 × $0.74 + $0.0052 for 38 GB of disk; "
        "the catalog of sandbox"
    )
    assert f"{two.mid:.4f}" == "1.4852"
    assert "$1.49/h ($1.00/h to $1.98/h)" in row
    assert "2 × $0.74 + $0.0052 for 38 GB of disk" in row
    assert "on 2× RTX 4090" in page


def test_the_offers_behind_a_rent_are_one_click_further():
    offers()
    found = decided(speeds_of="llama-3.1-8b")
    two = next(each.figures[Input.RENT] for each in found.candidates if each.title == TWO)
    onward = "/offers/?provider=sandbox&gpu=NVIDIA+GeForce+RTX+4090&kind=on_demand&count=2"

    assert f'href="{onward.replace("&", "&amp;")}"' in source_of(two.link)
    page = text_of(onward)
    assert "$0.74" in page and "$1.48" in page  # a GPU, and two of them
    assert "H100 SXM NVIDIA" not in page


def test_the_speed_of_a_candidate_is_the_day_by_the_time_of_a_token():
    offers()
    llama_market()
    found = decided(speeds_of="llama-3.1-8b")
    one = next(each for each in found.candidates if each.title == TWO)
    figure = one.figures[Input.SPEED]
    row = row_of(figure.link)

    assert figure_words(Input.SPEED, figure) in row
    sums = re.search(r"86,400 s / \((.*?)\);", row)
    assert sums is not None
    seconds = sum(
        Decimal(share) / 100 * Decimal(micro) / 10**6
        for share, micro in re.findall(r"([\d.]+) % × ([\d.]+) µs", sums[1])
    )
    assert isinstance(figure.mid, Decimal)
    assert abs(86_400 / seconds / figure.mid - 1) < Decimal("0.001")


def test_a_machine_that_is_gone_is_said_to_be_gone():
    offers()

    page = text_of("/decide/market/llama-3.1-8b/?option=nothing~of~the~kind")

    assert "The machine of this address is not on offer here now." in page


@pytest.mark.parametrize("slug", ["llama-3.1-8b", "glm-5"])
@pytest.mark.parametrize("name", [Input.PRICE, Input.DEMAND])
def test_price_and_demand_of_a_candidate_are_on_the_page_that_they_open(slug, name):
    offers()
    if slug == "llama-3.1-8b":
        llama_market()
    candidate = next(e for e in decided(speeds_of=slug).candidates if e.model == slug)
    figure = candidate.figures[name]

    page = text_of(figure.link)

    anchor = "net-price" if name is Input.PRICE else "demand-at-0.05"
    assert figure.link == f"/decide/market/{slug}/#{anchor}"
    assert figure_words(name, figure) in row_of(figure.link)
    assert figure.source in page


def test_the_market_of_a_model_that_nobody_knows_is_not_found():
    client = Client()
    client.force_login(make_user("ada"))

    assert client.get("/decide/market/nonsense/").status_code == 404
