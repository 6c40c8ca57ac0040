"""Who may import whom, as data: the guide's arrows, checked in every file."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PURE = ("django", "celery", "requests", "aiohttp", "redis", "psycopg")
APP_CODE = ("fleet.models", "fleet.services", "economics.models", "economics.services")

RULES = [  # (files, may not import)
    # The fleet knows no money beyond its rent, and neither app knows its wiring.
    ("fleet/**/*.py", ("economics", "kerne_site")),
    ("economics/**/*.py", ("kerne_site",)),
    # Pure parts: nothing of the web, the database or the network.
    ("economics/calc/**/*.py", (*PURE, "fleet", "economics.models", "economics.services")),
    ("economics/charts/**/*.py", (*PURE, *APP_CODE, "fleet")),
    # A plan is computed from what the fleet's pure parts say, and touches no row.
    ("economics/planner/**/*.py", (*PURE, *APP_CODE)),
    ("economics/market/**/*.py", (*PURE, *APP_CODE, "fleet")),
    # A market's client gets its key as an argument and touches no table.
    ("economics/openrouter/**/*.py", ("django", "celery", *APP_CODE)),
    ("fleet/sizing/**/*.py", (*PURE, *APP_CODE)),
    ("fleet/market/**/*.py", (*PURE, *APP_CODE)),
    ("fleet/csv_files/**/*.py", (*PURE, *APP_CODE, "fleet.market")),
    ("fleet/charts/**/*.py", (*PURE, *APP_CODE)),
    ("fleet/throughput/**/*.py", (*PURE, *APP_CODE, "fleet.selectors")),
    # Hours and scaling are plain calculation: cronsim, zoneinfo, the standard library.
    ("fleet/schedule/**/*.py", (*PURE, *APP_CODE, "fleet.selectors", "fleet.providers")),
    ("fleet/scaling/**/*.py", (*PURE, *APP_CODE, "fleet.selectors", "fleet.providers")),
    # The estimator takes seconds to import: one adapter knows it, and imports it late.
    ("fleet/**/*.py", ("aiconfigurator", "aiconfigurator_core")),
    ("fleet/vllm/command.py", (*PURE, *APP_CODE)),
    ("fleet/vllm/metrics.py", (*PURE, *APP_CODE)),
    ("fleet/vllm/health.py", (*PURE, *APP_CODE)),
    # Providers get their key as an argument and touch no table.
    ("fleet/providers/**/*.py", ("django", "celery", "fleet.models", "fleet.services")),
    ("fleet/hub/**/*.py", ("django", "celery", "fleet.models", "fleet.services")),
    ("fleet/vllm/client.py", ("django", "celery", "fleet.models", "fleet.services")),
    # The stand-in cloud knows us no better than RunPod does.
    (
        "fleet/sandbox/**/*.py",
        ("django", "celery", "fleet.models", "fleet.services", "economics"),
    ),
    # Models know nothing above them.
    (
        "*/models/**/*.py",
        (
            *(
                "fleet.services",
                "economics.services",
                "fleet.selectors",
                "economics.selectors",
            ),
            *("fleet.tasks", "economics.tasks", "fleet.providers", "requests", "celery"),
        ),
    ),
    # Services serve page, API, command and task alike: they know none of them, and leave
    # the ringing of doorbells to whoever called.
    (
        "*/services/**/*.py",
        (
            *("fleet.views", "economics.views", "fleet.tasks", "economics.tasks"),
            *(
                "fleet.forms",
                "economics.forms",
                "django.http",
                "django.shortcuts",
                "celery",
            ),
            *("fleet.cloud.current_provider",),
        ),
    ),
    ("*/selectors*/**/*.py", ("fleet.services", "economics.services", "django.http")),
    ("*/selectors.py", ("fleet.services", "economics.services", "django.http")),
    # Nothing below the wiring may start processes of the console.
    ("kerne_site/env.py", ("fleet", "economics", "django.conf")),
    ("kerne_site/places.py", ("fleet", "economics", "django")),
    ("kerne_site/processes.py", ("fleet", "economics", "django")),
    ("kerne_site/embedded.py", ("fleet", "economics", "django")),
]
# Where the clock may be read; everybody else is told the time. client.py stamps an
# engine's answer at the moment it arrives; the sandbox is a computer of its own.
CALLERS = (
    "tasks.py",
    "views",
    "commands",
    "forms.py",
    "context.py",
    "access.py",
    "client.py",
    "sandbox",
    "lease_guard.py",  # a program of the pod; nothing imports it
)


def imported_names(path: Path) -> set[str]:
    """Every dotted name that a file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def called_names(path: Path) -> set[str]:
    """Every dotted name that a file calls, such as `timezone.now`."""
    calls = [
        node.func
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
    ]
    return {ast.unparse(function) for function in calls}


def domain_files() -> list[Path]:
    return [path for app in ("fleet", "economics") for path in (ROOT / app).rglob("*.py")]


@pytest.mark.parametrize(("pattern", "forbidden"), RULES, ids=[rule[0] for rule in RULES])
def test_imports_point_inwards(pattern, forbidden):
    broken = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in ROOT.glob(pattern)
        for name in sorted(imported_names(path))
        if any(name == f or name.startswith(f + ".") for f in forbidden)
    ]

    assert broken == []


def test_only_tasks_views_and_commands_read_the_clock():
    clocks = {"timezone.now", "datetime.now", "datetime.utcnow", "date.today", "time.time"}
    broken = [
        f"{path.relative_to(ROOT)} calls {name}()"
        for path in domain_files()
        if not set(path.relative_to(ROOT).parts) & set(CALLERS)
        for name in sorted(called_names(path) & clocks)
    ]

    assert broken == []


def test_no_import_is_relative():
    broken = [
        str(path.relative_to(ROOT))
        for path in [*domain_files(), *(ROOT / "kerne_site").rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level
    ]

    assert broken == []


def test_no_file_grows_beyond_400_lines():
    broken = [
        f"{path.relative_to(ROOT)}: {len(path.read_text().splitlines())} lines"
        for folder in ("fleet", "economics", "kerne_site", "tests")
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts and len(path.read_text().splitlines()) > 400
    ]

    assert broken == []
