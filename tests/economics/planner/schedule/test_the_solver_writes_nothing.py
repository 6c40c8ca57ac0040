"""A command that answers in JSON writes its answer alone: the solver is silent."""

import subprocess
import sys

SOLVES_TWICE = """
from economics.planner.schedule.solve import solve
from tests.economics.planner.schedule.problems import candidate, demand, problem

for _ in range(2):
    solve(problem(demand(3600, 1000, 3600), candidate()))
print("{}")
"""


def test_the_first_and_the_second_solve_of_a_process_write_nothing(pytestconfig):
    ran = subprocess.run(
        [sys.executable, "-c", SOLVES_TWICE],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert (ran.stdout, ran.stderr) == ("{}\n", "")
