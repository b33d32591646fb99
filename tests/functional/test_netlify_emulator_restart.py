"""What the emulator keeps when it is stopped, or killed, and started again on the same folder."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from support_netlify import emulating, emulator_process, new, sha1

if TYPE_CHECKING:
    from pathlib import Path


def test_sites_deploys_content_and_token_survive_a_restart(tmp_path: Path) -> None:
    home, other = new(), new()
    with emulating(tmp_path) as first:
        first.api("PATCH", f"/sites/{first.site}", {"name": "kept", "password": None})
        old = first.deploy({"index.html": other})
        live = first.deploy({"index.html": home})
        first.api("POST", f"/deploys/{live['id']}/lock")
    with emulating(tmp_path) as second:
        assert (second.facts["token"], second.site) == (first.facts["token"], first.site)
        assert second.page("kept").body == home
        listed = second.api("GET", f"/sites/{second.site}/deploys").json
        assert [deploy["id"] for deploy in listed] == [live["id"], old["id"]]
        assert second.api("GET", f"/sites/{second.site}").json["published_deploy"]["locked"] is True
        later = second.deploy({"index.html": home, "more.html": other})
        assert second.api("GET", f"/sites/{second.site}/deploys").json[0]["id"] == later["id"]


def test_an_upload_goes_on_after_a_kill(tmp_path: Path) -> None:
    files = {name: new() for name in "abc"}
    with emulator_process(tmp_path) as first:
        document = {"files": {path: sha1(content) for path, content in files.items()}}
        made = first.api("POST", f"/sites/{first.site}/deploys", document).json
        assert first.put(made["id"], "a", files["a"]).status == 200
        first.kill()
    with emulator_process(tmp_path) as second:
        assert second.api("GET", f"/deploys/{made['id']}").json["required"] == [sha1(files["b"]), sha1(files["c"])]
        for path in "bc":
            assert second.put(made["id"], path, files[path]).status == 200
        second.kill()
    with emulator_process(tmp_path) as third:
        assert third.settled(made["id"])["state"] == "ready"
        assert third.page("rehearsal", "a").body == files["a"]


def test_an_asynchronous_deploy_is_prepared_after_a_kill(tmp_path: Path) -> None:
    content = new()
    with emulator_process(tmp_path, preparing=["preparing"]) as first:
        document = {"files": {"index.html": sha1(content)}, "async": True}
        made = first.api("POST", f"/sites/{first.site}/deploys", document).json["id"]
        first.kill()
    with emulator_process(tmp_path) as second:
        states = [second.api("GET", f"/deploys/{made}").json["state"] for _ in range(2)]
        assert states == ["preparing", "prepared"]


def test_what_was_half_written_is_cleared_away(tmp_path: Path) -> None:
    with emulating(tmp_path):
        pass
    (tmp_path / "tmp" / "half").write_bytes(b"half")
    with emulating(tmp_path):
        assert list((tmp_path / "tmp").iterdir()) == []


def test_deleted_sites_and_deploys_stay_away(tmp_path: Path) -> None:
    with emulating(tmp_path) as first:
        gone = first.api("POST", "/sites", {"name": "gone"}).json["id"]
        first.deploy({"index.html": b"gone"}, site=gone)
        old = first.deploy({"index.html": b"old"})["id"]
        first.deploy({"index.html": b"new"})
        first.api("DELETE", f"/sites/{gone}")
        first.api("DELETE", f"/deploys/{old}")
    with emulating(tmp_path) as second:
        assert [site["name"] for site in second.api("GET", "/sites").json] == ["rehearsal"]
        assert len(second.api("GET", f"/sites/{second.site}/deploys").json) == 1
        assert second.page("rehearsal").body == b"new"


def test_the_token_is_for_its_owner_to_read(tmp_path: Path) -> None:
    with emulating(tmp_path):
        mode = stat.S_IMODE((tmp_path / "account.json").stat().st_mode)
    assert mode == 0o600 or os.name == "nt"


def test_a_folder_without_a_site_gets_one(tmp_path: Path) -> None:
    with emulating(tmp_path) as first:
        first.api("DELETE", f"/sites/{first.site}")
    with emulating(tmp_path) as second:
        assert second.site != first.site
        assert second.api("GET", f"/sites/{second.site}").json["name"] == "rehearsal"
