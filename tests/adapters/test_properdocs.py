"""What is ProperDocs' own: its configuration file, its name, and that MkDocs is not behind it.

Everything that both tools do alike stands in the tests of MkDocs, which run under both.
"""

from __future__ import annotations

from pathlib import Path

from support_mkdocs import Docs


def test_the_configuration_of_mkdocs_is_taken_where_there_is_no_other(tmp_path: Path) -> None:
    docs = Docs(tmp_path, tool="properdocs")
    docs.config.rename(tmp_path / "mkdocs.yml")
    docs.build().ok()

    assert docs.live == docs.site
    assert docs.record is not None
    assert docs.record.settings.door == "mkdocs.yml"


def test_its_own_configuration_comes_first(tmp_path: Path) -> None:
    Docs(tmp_path, "[{presswork: {path: never}}]", tool="mkdocs")
    docs = Docs(tmp_path, tool="properdocs")
    docs.build().ok()

    assert docs.live == docs.site
    assert not (tmp_path / "never").exists()


def test_the_plugin_runs_where_mkdocs_itself_is_never_loaded(tmp_path: Path) -> None:
    docs = Docs(tmp_path, tool="properdocs", more="hooks: [hook.py]")
    docs.file("hook.py", "import sys\ndef on_shutdown(): print(sys.modules['mkdocs.plugins'].__file__)\n")
    run = docs.build().ok()

    assert "properdocs" in Path(run.stdout.strip()).parts
    assert "mkdocs" not in Path(run.stdout.strip()).parts
    assert docs.live == docs.site
