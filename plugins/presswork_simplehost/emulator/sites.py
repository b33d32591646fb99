"""The calls beside a deploy: read, list, delete, duplicate, metadata, account."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from msgspec import UNSET, UnsetType

from presswork_simplehost.emulator.calls import Calls, live_at
from presswork_simplehost.emulator.checks import Viewer
from presswork_simplehost.emulator.records import Site, Version
from presswork_simplehost.emulator.wire import Refusal, answer, moment

if TYPE_CHECKING:
    from starlette.responses import Response

    from presswork_simplehost.emulator.wire import Call

__all__ = ["Sites"]


class _Metadata(Viewer, kw_only=True, rename="camel"):
    password: str | UnsetType | None = UNSET
    ttl_seconds: int | UnsetType | None = UNSET


class Sites(Calls):
    """Handlers, each given the call and the slug in its path."""

    async def get(self, call: Call, slug: str) -> Response:
        """`GET /publish/SLUG`: the site and its live manifest."""
        site = self.own(call, slug)
        version = self._store.version(site.live)
        return answer(
            {
                **self._common(call, site),
                "versionId": site.live,
                "description": site.description,
                "ogImagePath": site.og_image_path,
                "hasPassword": site.password is not None,
                "files": list(version.files.values()) if version else [],
            }
        )

    async def list(self, call: Call) -> Response:
        """`GET /publishes`: the account's sites."""
        sites = []
        for site in self._store.sites_of(call.email):
            version = self._store.version(site.live)
            sizes = [file.size for file in version.files.values()] if version else []
            sites.append({**self._common(call, site), "fileCount": len(sizes), "totalSize": sum(sizes)})
        return answer({"sites": sites, "total": len(sites)})

    async def delete(self, call: Call, slug: str) -> Response:
        """`DELETE /publish/SLUG`: for ever."""
        self._store.delete(self.own(call, slug))
        return answer({"slug": slug, "deleted": True})

    async def duplicate(self, call: Call, slug: str) -> Response:
        """`POST /publish/SLUG/duplicate`: the live version as a new site, live at once, without the metadata."""
        old = self._store.version(self.own(call, slug).live)
        if old is None:
            raise Refusal("INVALID_REQUEST", "The site has no live version")
        self._limits.site(call.email)
        self._limits.sizes(call.email, "", (file.size for file in old.files.values()))
        now, new = self._clock(), self._store.new_slug()
        version = Version(id=self._store.new_id(now), slug=new, files=old.files)
        self._store.add(version)
        for path in old.files:
            self._store.copy(path, old, version)
        self._store.save(Site(slug=new, owner=call.email, created_at=now, updated_at=now, live=version.id))
        document = {"slug": new, "siteUrl": live_at(call, new), "versionId": version.id}
        return answer({**document, "copiedFrom": slug, "status": "active"}, 201)

    async def metadata(self, call: Call, slug: str) -> Response:
        """`PATCH /publish/SLUG/metadata`: what is absent stays, what is null is cleared."""
        site = self.own(call, slug)
        sent = msgspec.structs.asdict(await call.fields(_Metadata))
        changed = {name: value for name, value in sent.items() if value is not UNSET}
        version = self._store.version(site.live)
        if (image := changed.get("og_image_path")) and image not in (version.files if version else {}):
            raise Refusal("INVALID_REQUEST", f"ogImagePath is not in the site: {image}")
        if "ttl_seconds" in changed:
            seconds = changed.pop("ttl_seconds")
            if seconds is not None and self._behaviour.plan == "free":
                offer = self._limits.upgrade(call.email, "A time to live needs Hobby.")
                raise Refusal("PLAN_LIMIT", "ttlSeconds is not in the plan", upgrade=offer)
            if seconds is not None and seconds <= 0:
                raise Refusal("INVALID_REQUEST", "ttlSeconds must be positive")
            changed["expires_at"] = None if seconds is None else self._clock() + seconds
        if changed.get("password") is not None:
            changed["password"] = hashlib.sha256(changed["password"].encode()).hexdigest()
        self._store.save(site, **changed, updated_at=self._clock())
        return answer({"slug": slug, "updated": True})

    async def account(self, call: Call) -> Response:
        """`GET /account`: the plan, what is used and what may be."""
        plan, used = self._limits.plan(call.email), self._limits.used(call.email)
        sites, storage = plan.sites if plan.sites is not None else "unlimited", _sized(plan.storage_bytes)
        return answer(
            {
                "email": call.email,
                "plan": self._behaviour.plan,
                "handle": None,
                "usage": {
                    "sites": {"used": len(self._store.sites_of(call.email)), "limit": sites},
                    "storage": {
                        "used": _sized(used),
                        "usedBytes": used,
                        "limit": storage,
                        "limitBytes": plan.storage_bytes,
                    },
                },
                "limits": {
                    "maxFileSize": _sized(plan.file_bytes),
                    "maxFileSizeBytes": plan.file_bytes,
                    "maxSites": sites,
                    "maxStorage": storage,
                },
                "createdAt": moment(call.account.created_at if call.account else None),
            }
        )

    def _common(self, call: Call, site: Site) -> dict[str, object]:
        return {
            "slug": site.slug,
            "siteUrl": live_at(call, site.slug),
            "status": site.status(self._clock()),
            "title": site.title,
            "createdAt": moment(site.created_at),
            "updatedAt": moment(site.updated_at),
            "expiresAt": moment(site.expires_at),
        }


def _sized(count: int) -> str:
    """Return a size as people read it, in units of 1,024."""
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:g} {unit}"
        size = round(size / 1024, 2)
    return f"{size:g} GB"
