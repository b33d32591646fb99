from __future__ import annotations

import subprocess
import sys

SHOWN = {"rich", "pygments"}


def loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_the_transport_loads_httpx_without_what_its_command_line_needs() -> None:
    loaded = loaded_by("import presswork.transport")
    assert "httpx" in loaded
    assert not loaded & SHOWN


def test_httpx_alone_would_load_it() -> None:
    assert loaded_by("import httpx") >= SHOWN


def test_the_command_line_of_httpx_can_be_had_afterwards() -> None:
    assert loaded_by("import presswork.transport; import httpx._main") >= SHOWN
