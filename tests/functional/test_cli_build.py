from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from support_cli import Done, Project, check_one_error, run

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "site_name: Test\ntheme: {name: null, custom_dir: theme}\nplugins:\n  - presswork:\n      on_build: off\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    theme = {"theme/main.html": "<title>{{ config.site_name }}</title>{{ page.content }}"}
    made.write({"mkdocs.yml": CONFIG, "docs/index.md": "# Home\n", **theme})
    return made


def build(project: Project) -> Done:
    done = run([sys.executable, "-m", "mkdocs", "build", "--quiet"], project.folder, project.environ)
    assert done.code == 0, done
    return done


def home(project: Project) -> bytes:
    return (project.live() or {})["index.html"]


def test_without_a_folder_the_last_build_is_deployed_and_it_is_said_which(project: Project) -> None:
    build(project)
    assert project.live() is None
    done = project.ok("deploy")
    assert "Taking site: the last build from 3f2a9c1b0d2e, by mkdocs 1." in done.err
    assert b"<h1" in home(project)
    report = project.report("plan")
    assert report["site"]["generator"].startswith("mkdocs 1.")
    assert report["outcome"] == "unchanged"


def test_the_settings_of_the_configuration_are_read_anew(project: Project) -> None:
    build(project)
    project.write({"mkdocs.yml": CONFIG + "      path: elsewhere\n"})
    project.ok("deploy")
    assert project.live("elsewhere")


def test_a_build_that_changed_since_is_refused_and_can_be_deployed_by_its_name(project: Project) -> None:
    build(project)
    (project.folder / "site" / "late.html").write_text("late")
    check_one_error(project.run("deploy"), 3, "site has changed since it was built")
    assert project.report("deploy", code=3)["targets"] == []
    assert project.live() is None
    assert project.report("deploy", "site")["site"]["generator"].startswith("mkdocs 1.")
    assert "late.html" in (project.live() or {})


def test_a_build_whose_folder_is_gone_is_told(project: Project) -> None:
    build(project)
    (project.folder / "site").rename(project.folder / "moved")
    check_one_error(project.run("deploy"), 2, "The last build's folder site is gone")


def test_without_a_build_it_is_said_where_it_was_looked_for(project: Project) -> None:
    done = project.run("deploy")
    check_one_error(done, 2, "There is no build to deploy")
    assert ".presswork/build.json" in done.hints[0]
    assert "mkdocs.yml" in done.hints[0]


def test_without_a_record_the_folder_that_the_configuration_names_is_taken(project: Project) -> None:
    project.write({"site/index.html": "home"})
    done = project.ok("deploy")
    assert "Taking site: the folder mkdocs.yml builds into" in done.err
    assert home(project) == b"home"


def test_a_development_build_goes_to_the_embedded_default_only_unless_its_folder_is_named(project: Project) -> None:
    development = CONFIG + "      path: store\nsite_url: http://127.0.0.1:8000/\n"
    project.write({"mkdocs.yml": development})
    build(project)
    check_one_error(project.run("deploy"), 3, "This is a development build (http://127.0.0.1:8000/)")
    assert project.live("store") is None
    project.ok("deploy", "site")
    assert project.live("store")
    project.write({"mkdocs.yml": development.replace("      path: store\n", "")})
    project.ok("deploy")
    assert project.live()


def test_a_record_that_is_damaged_is_as_none(project: Project) -> None:
    build(project)
    for damage in ('{"schema": 99}', "rubbish", ""):
        project.write({".presswork/build.json": damage})
        assert "the folder mkdocs.yml builds into" in project.ok("deploy").err


def test_settings_that_only_the_build_knew_are_those_it_recorded(project: Project) -> None:
    from presswork.builds import after_build
    from presswork.project import Project as Ours
    from presswork.settings import read_settings
    from presswork.site import Site

    (project.folder / "mkdocs.yml").unlink()
    project.write({"output/index.html": "home"})
    table: dict[str, Any] = {"path": "recorded", "on_build": "off"}
    settings = read_settings(table, door="pelicanconf.py", folder=project.folder)
    site = Site(root=str(project.folder / "output"), generator="pelican 4")
    assert after_build(site, Ours(settings, environ={}), lambda _line: None) is None
    project.ok("deploy")
    assert project.live("recorded") == {"index.html": b"home"}


def test_where_several_folders_could_be_meant_they_are_named_and_none_is_taken(tmp_path: Path) -> None:
    made = Project(tmp_path)
    made.write({"hugo.toml": "", "docs/conf.py": "", "public/index.html": "hugo", "docs/_build/html/index.html": "x"})
    done = made.run("deploy")
    check_one_error(
        done, 2, "public (the folder hugo.toml builds into); docs/_build/html (the usual one beside docs/conf.py"
    )
    assert made.live() is None
    (made.folder / "docs" / "conf.py").unlink()
    assert "Taking public: the folder hugo.toml builds into." in made.ok("deploy").err
    assert made.live() == {"index.html": b"hugo"}


def test_a_folder_named_in_another_way_is_that_of_the_build_all_the_same(project: Project) -> None:
    build(project)
    report = project.report("deploy", "docs/../site/")
    assert report["site"]["generator"].startswith("mkdocs 1.")
    assert report["site"]["root"] == str(project.folder / "site")
