"""The life of a deploy: manifest, preparation, uploads, post-processing, and whether it goes live."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from secrets import token_hex
from typing import TYPE_CHECKING

from presswork_netlify.emulator.records import Deploy
from presswork_netlify.emulator.wire import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from presswork_netlify.emulator.behaviour import Behaviour
    from presswork_netlify.emulator.records import Phase, Site
    from presswork_netlify.emulator.store import Store

__all__ = ["Life", "now"]


def now() -> str:
    """Return the time as the API writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Life:
    """Moves deploys from phase to phase."""

    def __init__(self, store: Store, behaviour: Behaviour) -> None:
        self._store = store
        self._behaviour = behaviour
        self._missing: dict[str, set[str]] = {}
        self._number = max((deploy.number for deploy in store.deploys.values()), default=0)
        self._moving = {d.id: d for d in store.deploys.values() if d.phase in {"preparing", "processing"}}

    def admit(self, site: Site, *, production: bool) -> None:
        """Refuse a production deploy where the site takes those from git only."""
        if production and site.prevent_non_git_prod_deploys and self._behaviour.non_git == "refuse":
            raise Refusal(422, "This site accepts production deploys from git only")

    def open(self, site: Site, *, title: str | None, draft: bool, branch: str | None) -> Deploy:
        """Make a deploy without files."""
        self._number += 1
        made = now()
        deploy = Deploy(
            id=f"{int(time.time()):08x}{token_hex(8)}",
            site_id=site.id,
            number=self._number,
            created_at=made,
            updated_at=made,
            title=title,
            draft=draft,
            branch=branch,
        )
        self._store.save(deploy)
        return deploy

    def fill(
        self, deploy: Deploy, files: dict[str, str], functions: dict[str, str] | None, *, prepare: bool = False
    ) -> None:
        """Give a deploy its manifest; with `prepare` it is worked on before it says what it lacks.

        Another manifest, or the same again, is taken until all of the first has arrived; after that only the same.
        """
        if deploy.phase not in {"new", "preparing", "uploading"}:
            if (deploy.files, deploy.functions) == (files, functions):
                return
            raise Refusal(422, "Build is already done")
        self.admit(self._store.sites[deploy.site_id], production=deploy.context == "production")
        deploy.files, deploy.functions = files, functions
        self._missing.pop(deploy.id, None)
        if prepare:
            self._enter(deploy, "preparing", "preparing", self._behaviour.preparing)
        else:
            self._prepared(deploy, "uploading", "uploaded")

    def unpacked(self, deploy: Deploy, files: dict[str, str]) -> None:
        """Give a deploy the files of an archive, which are all there."""
        deploy.files = files
        self._enter(deploy, "processing", "processing", self._behaviour.processing)

    def missing(self, deploy: Deploy) -> set[str]:
        """Return the digests that a deploy still waits for."""
        if deploy.phase != "uploading":
            return set()
        if deploy.id not in self._missing:
            self._missing[deploy.id] = self._lacking(deploy)
        return self._missing[deploy.id]

    def arrived(self, deploy: Deploy, digest: str) -> None:
        """Take note that the bytes of one file or function are there."""
        if deploy.phase == "uploading":
            missing = self.missing(deploy)
            missing.discard(digest)
            deploy.state = "uploading"
            if not missing:
                self._enter(deploy, "processing", "uploaded", self._behaviour.processing)

    def look(self, site: Site) -> None:
        """Move the site's deploys that are under way one step on."""
        for deploy in [deploy for deploy in self._moving.values() if deploy.site_id == site.id]:
            if deploy.trail:
                deploy.state = deploy.trail.pop(0)
            elif deploy.phase == "preparing":
                self._prepared(deploy, "prepared", "prepared")
            else:
                self._finish(site, deploy)

    def publish(self, site: Site, deploy: Deploy) -> None:
        """Make a deploy the live one."""
        if deploy.phase != "done":
            raise Refusal(422, "This deploy is not ready")
        deploy.published_at = site.updated_at = now()
        self._store.save(deploy)
        site.published = deploy.id
        self._store.save(site)

    def roll_back(self, site: Site) -> None:
        """Make the deploy live that was so before the live one."""
        live = self._store.deploys.get(site.published or "")
        for deploy in self._store.deploys_of(site.id):
            if live and deploy.number < live.number and deploy.published_at and deploy.phase == "done":
                self.publish(site, deploy)
                return
        raise Refusal(422, "There is no earlier deploy to go back to")

    def cancel(self, deploy: Deploy) -> None:
        """Stop a deploy that is under way; harmless where it failed or was cancelled before."""
        if deploy.phase == "done":
            raise Refusal(422, "Build is already done")
        if deploy.phase != "failed":
            deploy.error_message = "Canceled"
            self._enter(deploy, "failed", "error")

    def delete(self, deploy: Deploy) -> None:
        """Delete a deploy that is not live."""
        if self._store.sites[deploy.site_id].published == deploy.id:
            raise Refusal(422, "The published deploy cannot be deleted")
        self.forget(deploy)
        self._store.remove(deploy)

    def forget(self, deploy: Deploy) -> None:
        """Let go of a deploy that is about to be removed."""
        self._moving.pop(deploy.id, None)
        self._missing.pop(deploy.id, None)

    def _lacking(self, deploy: Deploy) -> set[str]:
        wanted: Mapping[str, str] = deploy.functions or {}
        return {*deploy.files.values(), *wanted.values()} - self._store.sizes.keys()

    def _prepared(self, deploy: Deploy, lacking: str, whole: str) -> None:
        self._missing[deploy.id] = self._lacking(deploy)
        if self._missing[deploy.id]:
            self._enter(deploy, "uploading", lacking)
        else:
            self._enter(deploy, "processing", whole, self._behaviour.processing)

    def _enter(self, deploy: Deploy, phase: Phase, state: str, trail: tuple[str, ...] = ()) -> None:
        deploy.phase, deploy.state, deploy.trail, deploy.updated_at = phase, state, [*trail], now()
        if phase in {"preparing", "processing"}:
            self._moving[deploy.id] = deploy
        else:
            self._moving.pop(deploy.id, None)
        if phase != "uploading":
            self._missing.pop(deploy.id, None)
        self._store.save(deploy)

    def _finish(self, site: Site, deploy: Deploy) -> None:
        if self._behaviour.outcome != "ready":
            deploy.error_message = self._behaviour.error_message
            self._enter(deploy, "failed", self._behaviour.outcome)
            return
        self._enter(deploy, "done", "ready")
        if deploy.context == "production" and not site.locked and not site.prevent_non_git_prod_deploys:
            self.publish(site, deploy)
