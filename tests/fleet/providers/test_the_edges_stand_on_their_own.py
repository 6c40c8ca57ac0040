import subprocess
import sys

MODULES = (
    "fleet.providers.runpod",
    "fleet.providers.runpod_serverless",
    "fleet.providers.fake",
    "fleet.vllm.command",
    "fleet.vllm.client",
    "fleet.sizing.fit",
)


def test_neither_django_nor_the_slow_runpod_package_is_imported_with_them():
    code = (
        f"import sys, {', '.join(MODULES)}\n"
        "print(*sorted({'django', 'celery', 'runpod', 'boto3'} & set(sys.modules)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == ""
