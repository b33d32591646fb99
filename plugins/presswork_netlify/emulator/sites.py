"""The calls about sites and the account they belong to."""

from __future__ import annotations

from secrets import choice, token_hex
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import uuid4

from msgspec import UNSET, Meta, Struct, UnsetType

from presswork_netlify.emulator.deploys import ZIP
from presswork_netlify.emulator.find import domains, find_site
from presswork_netlify.emulator.life import now
from presswork_netlify.emulator.manifests import DeployFiles
from presswork_netlify.emulator.records import Site
from presswork_netlify.emulator.wire import Answer, Refusal, answer, paged, parsed

if TYPE_CHECKING:
    from presswork_netlify.emulator.behaviour import Behaviour
    from presswork_netlify.emulator.deploys import Deploys
    from presswork_netlify.emulator.life import Life
    from presswork_netlify.emulator.limits import Limits
    from presswork_netlify.emulator.show import Show
    from presswork_netlify.emulator.store import Store
    from presswork_netlify.emulator.wire import Call

__all__ = ["Sites"]

_RAW: Final = "application/vnd.bitballoon.v1.raw"
_FINAL: Final = {"spam", "usage_exceeded"}  # disabled for one of these, a site is not for its owner to enable
_WORDS: Final = ("amber", "brisk", "calm", "dusky", "eager", "fond"), ("badger", "crane", "finch", "heron", "otter")


class SiteSetup(Struct, kw_only=True):
    """The body of a new or changed site; null takes a value away."""

    name: Annotated[str, Meta(pattern="^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")] | UnsetType | None = UNSET
    custom_domain: str | UnsetType | None = UNSET
    domain_aliases: list[str] | UnsetType = UNSET
    password: str | UnsetType | None = UNSET
    force_ssl: bool | UnsetType = UNSET
    processing_settings: dict[str, Any] | UnsetType = UNSET
    prevent_non_git_prod_deploys: bool | UnsetType = UNSET


class Sites:
    """Handlers, each given the call and the parts of its path."""

    def __init__(
        self, store: Store, life: Life, show: Show, limits: Limits, behaviour: Behaviour, deploys: Deploys
    ) -> None:
        self._store = store
        self._life = life
        self._show = show
        self._limits = limits
        self._behaviour = behaviour
        self._deploys = deploys

    async def user(self, _call: Call) -> Answer:
        """`GET /user`."""
        account = self._store.account
        return answer(
            {
                "id": account.user_id,
                "uid": account.user_id,
                "full_name": "Emulated User",
                "email": "user@example.com",
                "site_count": len(self._store.sites),
                "login_providers": [],
            }
        )

    async def accounts(self, _call: Call) -> Answer:
        """`GET /accounts`."""
        account = self._store.account
        shown = {"id": account.id, "name": account.name, "slug": account.slug, "type": "PERSONAL"}
        return answer([{**shown, "type_name": "Emulated", "owner_ids": [account.user_id], "roles_allowed": ["Owner"]}])

    async def list(self, call: Call) -> Answer:
        """`GET /sites`: `name` is a term to look for, not a name; nobody shares a site with this account."""
        guest, term = call.query.get("filter") == "guest", call.query.get("name", "")
        found = [site for site in self._store.sites.values() if term in site.name and not guest]
        return paged(call, found, lambda site: self._show.site(site, call.origin), self._behaviour.per_page)

    async def list_in(self, call: Call, account: str) -> Answer:
        """`GET /{account}/sites`."""
        self._check_account(account)
        return await self.list(call)

    async def create(self, call: Call) -> Answer:
        """`POST /sites`: from JSON, where a manifest may be included, or from an archive with the first files."""
        self._limits.deploy()
        if call.content_type == ZIP:
            site = self.make(None)
            try:
                await self._deploys.unpack(call, site)
            except Refusal:
                self._store.remove(site)
                raise
            return answer(self._show.site(site, call.origin), 201)
        fields = await call.fields()
        setup, wanted = parsed(fields, SiteSetup), parsed(fields, DeployFiles)
        wanted.listed()
        self._check_free(setup)
        site = self.make(setup.name or None)
        self._change(site, setup)
        shown: dict[str, Any] = {}
        if wanted.files is not None:
            shown = self._show.required(self._deploys.begin(site, wanted, call.query.get("title")))
        return answer(self._show.site(site, call.origin) | shown, 201)

    async def create_in(self, call: Call, account: str) -> Answer:
        """`POST /{account}/sites`."""
        self._check_account(account)
        return await self.create(call)

    async def get(self, call: Call, key: str) -> Answer:
        """`GET /sites/{site}`."""
        site = find_site(self._store, key)
        self._life.look(site)
        return answer(self._show.site(site, call.origin))

    async def update(self, call: Call, key: str) -> Answer:
        """`PATCH` and `PUT /sites/{site}`: settings, or with `PUT` an archive to deploy."""
        site = find_site(self._store, key)
        if call.method == "PUT" and call.content_type == ZIP:
            self._limits.deploy()
            await self._deploys.unpack(call, site)
        else:
            setup = parsed(await call.fields(), SiteSetup)
            self._check_free(setup, site)
            self._change(site, setup)
        return answer(self._show.site(site, call.origin))

    async def delete(self, _call: Call, key: str) -> Answer:
        """`DELETE /sites/{site}`."""
        site = find_site(self._store, key)
        for deploy in self._store.deploys_of(site.id):
            self._life.forget(deploy)
        self._store.remove(site)
        return Answer(204)

    async def enable(self, _call: Call, key: str) -> Answer:
        """`PUT /sites/{site}/enable`."""
        site = find_site(self._store, key)
        if site.disabled in _FINAL:
            raise Refusal(422, "Cannot enable this site")
        site.disabled = None
        self._store.save(site)
        return Answer(204)

    async def disable(self, call: Call, key: str) -> Answer:
        """`PUT /sites/{site}/disable?reason=`."""
        site = find_site(self._store, key)
        if "reason" not in call.query:
            raise Refusal(422, "A reason is required")
        site.disabled = call.query["reason"]
        self._store.save(site)
        return Answer(204)

    async def files(self, call: Call, key: str) -> Answer:
        """`GET /sites/{site}/files`: what is live."""
        listing = sorted(self._live(key).items())
        return paged(call, listing, lambda item: self._show.file(*item), self._behaviour.per_page)

    async def file(self, call: Call, key: str, path: str) -> Answer:
        """`GET /sites/{site}/files/{path}`: one live file, or its bytes where the content type asks for them."""
        sha = self._live(key).get(path)
        if sha is None:
            raise Refusal(404, "Not Found")
        shown = self._show.file(path, sha)
        if call.content_type != _RAW:
            return answer(shown)
        kind = (b"content-type", shown["mime_type"].encode())
        return Answer(200, headers=(kind,), file=self._store.blob(sha), size=shown["size"])

    def make(self, name: str | None) -> Site:
        """Make a site of that name, or of one made up."""
        made = now()
        name = name or f"{choice(_WORDS[0])}-{choice(_WORDS[1])}-{token_hex(3)}"
        site = Site(id=str(uuid4()), name=name, created_at=made, updated_at=made)
        self._store.save(site)
        return site

    def _live(self, key: str) -> dict[str, str]:
        site = find_site(self._store, key)
        self._life.look(site)
        return self._store.deploys[site.published].files if site.published else {}

    def _check_account(self, key: str) -> None:
        if key not in {self._store.account.slug, self._store.account.id}:
            raise Refusal(404, "Not Found")

    def _check_free(self, setup: SiteSetup, own: Site | None = None) -> None:
        others = [site for site in self._store.sites.values() if site is not own]
        if any(setup.name == site.name for site in others):
            raise Refusal(422, "name", document={"errors": {"subdomain": ["must be unique"]}})
        wanted = {setup.custom_domain, *(setup.domain_aliases or ())} - {None, UNSET}
        if any(wanted & domains(site) for site in others):
            raise Refusal(422, "custom_domain", document={"errors": {"custom_domain": ["must be unique"]}})

    def _change(self, site: Site, setup: SiteSetup) -> None:
        for name in setup.__struct_fields__:
            value = getattr(setup, name)
            if value is not UNSET and (name, value) != ("name", None):
                setattr(site, name, value)
        site.updated_at = now()
        self._store.save(site)
