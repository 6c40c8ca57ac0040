"""Does it fit: a bar of one GPU's memory and a sentence, in each row of the plan."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from economics.planner.option import Fitting, Machine, MemoryTerm
from economics.templatetags.plans import fit_legend, fit_row, fit_words
from fleet.views.memory import COLOURS
from tests.economics.planner.machines import make_machine

LLAMA = "/plan/?model=llama-3.1-8b"
TERMS = (
    MemoryTerm("weights", Decimal(15)),
    MemoryTerm("activations", Decimal("1.2")),
    MemoryTerm("outside PyTorch", Decimal("0.6")),
)


def machine(gpus: int = 1, **fitting: object) -> Machine:
    whole: dict[str, object] = {
        "ok": True,
        "memory": (*TERMS, MemoryTerm("KV cache", Decimal("6.2"))),
        "budget_gib": Decimal(23),
        "capacity_gib": Decimal(25),
    }
    return make_machine(gpus=gpus, fitting=Fitting(**(whole | fitting)))  # type: ignore[arg-type]


def short(gpus: int = 1) -> Machine:
    return machine(gpus, ok=False, memory=TERMS, short_gib=Decimal("3.1"))


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (machine(), "fits, 6.2 GiB spare for the KV cache"),
        (machine(2), "fits, 6.2 GiB per GPU (12.4 GiB in all) spare for the KV cache"),
        (short(), "short 3.1 GiB"),
        (short(4), "short 3.1 GiB per GPU (12.4 GiB in all)"),
        (machine(ok=False, memory=()), "does not fit"),
        (make_machine(), "fits"),
    ],
)
def test_it_says_by_how_much_of_each_gpu_and_of_all(one: Machine, words: str):
    assert fit_words(one) == words


def test_spare_is_the_budget_less_all_that_is_not_the_cache():
    # 23 - 15 - 1.2 - 0.6
    assert machine().fitting.spare_gib == Decimal("6.2")
    assert short().fitting.spare_gib is None


def test_the_bar_has_the_terms_end_to_end_and_the_line_of_the_budget():
    row = fit_row(machine())

    # of 25 GiB: 15 are 60 %, 1.2 are 4.8 %, 0.6 are 2.4 %, 6.2 are 24.8 %
    assert re.findall(r'class="mem-(\d)" x="([\d.]+)%" width="([\d.]+)%"', row) == [
        ("1", "0.00", "60.00"),
        ("2", "60.00", "4.80"),
        ("4", "64.80", "2.40"),
        ("5", "67.20", "24.80"),
    ]
    assert 'class="fit-budget" x1="92.00%"' in row
    assert "Memory of one GPU: weights 15.0 GiB, activations 1.2 GiB" in row


def test_what_was_not_computed_has_words_and_no_bar():
    assert "<svg" not in fit_row(machine(ok=False, memory=()))


def test_the_legend_names_every_colour():
    legend = fit_legend()

    assert all(f'mem-{number}"></span>{name}' in legend for name, number in COLOURS.items())


def test_every_option_shown_has_its_bar(planner: Client, answer_speeds: Callable[[], None]):
    planner.get(LLAMA)
    answer_speeds()

    page = planner.get(LLAMA).content.decode()
    listed = page[page.index('id="options-title"') :]

    assert listed.count('class="fit-bar"') == listed.count("spare for the KV cache") == 25


def test_shapes_that_do_not_fit_say_what_they_are_short_of(planner: Client):
    planner.get(LLAMA)

    refused = planner.get("/plan/refused/?model=glm-5").content.decode()

    assert re.search(r"short [\d.]+ GiB per GPU \([\d.]+ GiB in all\)", refused)
    assert 'class="fit-bar"' in refused
