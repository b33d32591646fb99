"""The calls about deploys: create, fill, look at, publish, lock, cancel, delete."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from presswork_netlify.emulator.faults import NAMED
from presswork_netlify.emulator.find import find_deploy, find_site
from presswork_netlify.emulator.manifests import DeployFiles, unpacked
from presswork_netlify.emulator.wire import Answer, Refusal, answer, paged, parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from presswork_netlify.emulator.behaviour import Behaviour
    from presswork_netlify.emulator.life import Life
    from presswork_netlify.emulator.limits import Limits
    from presswork_netlify.emulator.records import Deploy, Site
    from presswork_netlify.emulator.show import Show
    from presswork_netlify.emulator.store import Store
    from presswork_netlify.emulator.wire import Call

__all__ = ["ZIP", "Deploys"]

ZIP = "application/zip"


class Deploys:
    """Handlers, each given the call and the parts of its path."""

    def __init__(self, store: Store, life: Life, show: Show, limits: Limits, behaviour: Behaviour) -> None:
        self._store = store
        self._life = life
        self._show = show
        self._limits = limits
        self._behaviour = behaviour

    async def create(self, call: Call, key: str) -> Answer:
        """`POST /sites/{site}/deploys`: with a manifest, with an archive, or with neither."""
        site = find_site(self._store, key)
        self._limits.deploy()
        if call.content_type == ZIP:
            return answer(self._show.deploy(await self.unpack(call, site), call.origin))
        wanted = parsed(await call.fields(), DeployFiles)
        return self._shown(call, self.begin(site, wanted, call.query.get("title")), wanted)

    async def update(self, call: Call, key: str, deploy_id: str) -> Answer:
        """`PUT /sites/{site}/deploys/{deploy}`: the manifest of a deploy. It stays a draft, or none, as it was made."""
        deploy = find_deploy(self._store, deploy_id, find_site(self._store, key))
        wanted = parsed(await call.fields(), DeployFiles)
        if deploy.phase == "new":
            deploy.branch = wanted.branch or deploy.branch
            deploy.commit_ref = call.query.get("commit_ref", deploy.commit_ref)
        self._fill(deploy, wanted)
        return self._shown(call, deploy, wanted)

    async def unpack(self, call: Call, site: Site) -> Deploy:
        """Make a deploy of the archive that is the call's body."""
        with self._store.incoming("sha1") as archive:
            async for chunk in call.chunks():
                archive.write(chunk)
            files = await asyncio.to_thread(unpacked, self._store, archive.path, self._behaviour.zip_files)
        self._life.admit(site, production=True)
        deploy = self._life.open(site, title=call.query.get("title"), draft=False, branch=None)
        self._life.unpacked(deploy, files)
        return deploy

    def begin(self, site: Site, wanted: DeployFiles, title: str | None) -> Deploy:
        """Make a deploy, and fill it where files or functions are named."""
        if wanted.zip is not None:
            raise Refusal(422, "Send the archive as the body")
        wanted.listed()
        if wanted.files is not None or wanted.functions is not None:
            self._life.admit(site, production=not wanted.draft and not wanted.branch)
        deploy = self._life.open(site, title=title, draft=bool(wanted.draft), branch=wanted.branch)
        self._fill(deploy, wanted)
        return deploy

    async def get(self, call: Call, key: str, deploy_id: str) -> Answer:
        """`GET /sites/{site}/deploys/{deploy}`."""
        site = find_site(self._store, key)
        deploy = find_deploy(self._store, deploy_id, site)
        self._life.look(site)
        return answer(self._show.deploy(deploy, call.origin))

    async def get_alone(self, call: Call, deploy_id: str) -> Answer:
        """`GET /deploys/{deploy}`."""
        return await self.get(call, find_deploy(self._store, deploy_id).site_id, deploy_id)

    async def list(self, call: Call, key: str) -> Answer:
        """`GET /sites/{site}/deploys`: newest first."""
        site = find_site(self._store, key)
        self._life.look(site)
        found = [deploy for deploy in self._store.deploys_of(site.id) if self._fits(call.query, site, deploy)]
        return paged(call, found, lambda deploy: self._show.deploy(deploy, call.origin), self._behaviour.per_page)

    async def files(self, call: Call, deploy_id: str) -> Answer:
        """`GET /deploys/{deploy}/files`: what its manifest names."""
        deploy = find_deploy(self._store, deploy_id)
        return paged(call, sorted(deploy.files.items()), lambda item: self._show.file(*item), self._behaviour.per_page)

    async def restore(self, call: Call, key: str, deploy_id: str) -> Answer:
        """`POST /sites/{site}/deploys/{deploy}/restore`: by hand, so a lock does not stop it; the lock goes with it."""
        site = find_site(self._store, key)
        deploy = find_deploy(self._store, deploy_id, site)
        self._life.publish(site, deploy)
        return answer(self._show.deploy(deploy, call.origin), 201)

    async def roll_back(self, _call: Call, key: str) -> Answer:
        """`PUT /sites/{site}/rollback`."""
        self._life.roll_back(find_site(self._store, key))
        return Answer(204)

    async def lock(self, call: Call, deploy_id: str) -> Answer:
        """`POST /deploys/{deploy}/lock`."""
        return self._locked(call, deploy_id, locked=True)

    async def unlock(self, call: Call, deploy_id: str) -> Answer:
        """`POST /deploys/{deploy}/unlock`."""
        return self._locked(call, deploy_id, locked=False)

    async def cancel(self, call: Call, deploy_id: str) -> Answer:
        """`POST /deploys/{deploy}/cancel`."""
        deploy = find_deploy(self._store, deploy_id)
        self._life.cancel(deploy)
        return answer(self._show.deploy(deploy, call.origin), 201)

    async def delete(self, _call: Call, key: str, deploy_id: str) -> Answer:
        """`DELETE /sites/{site}/deploys/{deploy}`."""
        self._life.delete(find_deploy(self._store, deploy_id, find_site(self._store, key)))
        return Answer(204)

    async def delete_alone(self, _call: Call, deploy_id: str) -> Answer:
        """`DELETE /deploys/{deploy}`."""
        self._life.delete(find_deploy(self._store, deploy_id))
        return Answer(204)

    def _fill(self, deploy: Deploy, wanted: DeployFiles) -> None:
        deploy.framework = wanted.framework or deploy.framework
        deploy.function_schedules = wanted.function_schedules or deploy.function_schedules
        if wanted.files is None and wanted.functions is None:
            return
        self._life.fill(deploy, wanted.listed(), wanted.functions, prepare=bool(wanted.prepare))

    def _shown(self, call: Call, deploy: Deploy, wanted: DeployFiles) -> Answer:
        most = self._behaviour.cut_off
        if most is not None and not wanted.prepare and len(wanted.files or ()) > most:
            return NAMED["html-504"].answer()
        return answer(self._show.deploy(deploy, call.origin))

    def _locked(self, call: Call, deploy_id: str, *, locked: bool) -> Answer:
        deploy = find_deploy(self._store, deploy_id)
        site = self._store.sites[deploy.site_id]
        if site.published != deploy.id:
            raise Refusal(422, "Only the published deploy can be locked and unlocked")
        site.locked = locked
        self._store.save(site)
        return answer(self._show.deploy(deploy, call.origin))

    def _fits(self, query: dict[str, str], site: Site, deploy: Deploy) -> bool:
        checks: dict[str, Callable[[str], bool]] = {
            "branch": lambda value: deploy.branch == value,
            "state": lambda value: deploy.state == value,
            "production": lambda value: (deploy.context == "production") == (value == "true"),
            "deploy-previews": lambda value: (deploy.context == "deploy-preview") == (value == "true"),
            "latest-published": lambda value: value != "true" or site.published == deploy.id,
        }
        return all(check(query[name]) for name, check in checks.items() if name in query)
