from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_the_upload_benchmark_works() -> None:
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PRESSWORK_", "NETLIFY_"))}
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "upload.py", "--quick"], env=environ, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["measure", "ours", "other", "figure", "bound"]
    assert [row.partition("  ")[0] for row in rows] == [
        "30 files, 100 KiB: first deploy",
        "server: CPU, of Presswork's",
        "server: CPU, of the loop's",
        "30 files, 100 KiB: first deploy, 5 ms latency",
        "30 files, 100 KiB: nothing changed",
        "the loop: CPU ms of a 4 KiB PUT",
        "40 files, 5 ms, 32 workers: sending, of the latency alone",
        "60 files, 100 KiB: peak MiB",
        "one file of 1 MiB: peak MiB over that of a small one",
    ]
