"""The code of all pages is loaded once and then no collection looks at it."""

import gc
import subprocess
import sys

from kerne_site.memory import keep_what_is_loaded

FULL = 2  # the oldest generation, which a full collection goes through


def test_a_full_collection_passes_over_what_was_loaded():
    try:
        kept = keep_what_is_loaded()

        assert kept > 10_000
        assert len(gc.get_objects(generation=FULL)) < kept / 10
    finally:
        gc.unfreeze()


def test_the_web_application_keeps_its_code_before_the_first_request():
    asked = "import gc, kerne_site.asgi; print(gc.get_freeze_count())"
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 10_000
