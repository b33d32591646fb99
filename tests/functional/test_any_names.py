"""Whatever legal names a site has, it survives the whole way: scanned, deployed, served, byte for byte."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, urlsplit

from hypothesis import example, given, settings
from hypothesis import strategies as st

from presswork.deploy import deploy
from presswork.paths import path_trouble
from presswork.project import Project
from presswork.settings import read_settings
from presswork.site import Site
from presswork.testing.servers import served
from presswork_local.serve import make_app
from presswork_local.store import Store

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(
    lambda name: path_trouble(name) is None and "/" not in name and len(name.encode()) <= 200
)
sites = st.dictionaries(st.lists(names, min_size=1, max_size=3).map("/".join), st.binary(max_size=40), max_size=5)


def possible(files: dict[str, bytes]) -> bool:
    return not any(other.startswith(f"{path}/") for path in files for other in files)


@settings(max_examples=25, deadline=None)
@example({"a b/é#?%41.html": b"1", ".well-known/x": b"", "...": b"2", "\x7f\t\n": b"3"})
@given(sites.filter(possible))
def test_any_legal_names_are_scanned_deployed_and_served(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        site = Path(folder, "site")
        for path, content in ({"index.html": b"home", "kept.txt": b"kept"} | files).items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_bytes(content)
        built = {p.relative_to(site).as_posix(): p.read_bytes() for p in site.rglob("*") if p.is_file()}

        project = Project(read_settings({"ignore": ["!*"]}, door="the test", folder=Path(folder)))
        report = deploy(Site(root=str(site)), project)

        assert (report.outcome, report.exit_code) == ("deployed", 0)
        store = Store(project.state.folder / "local", keep=10)
        with (
            served(make_app(store)) as address,
            closing(HTTPConnection(urlsplit(address).netloc)) as connection,
        ):
            for path, content in built.items():
                connection.request("GET", "/" + quote(path))
                answer = connection.getresponse()
                assert (path, answer.status, answer.read()) == (path, 200, content)
