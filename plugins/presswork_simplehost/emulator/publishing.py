"""The calls of a deploy: create, update, upload, finalize; and the claim of an anonymous one."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote
from uuid import uuid4

import msgspec
from msgspec import Struct
from starlette.responses import Response

from presswork_simplehost.emulator.calls import Calls, live_at
from presswork_simplehost.emulator.checks import Draft, manifest, secrets_in
from presswork_simplehost.emulator.records import Site, Version
from presswork_simplehost.emulator.wire import Refusal, answer, moment

if TYPE_CHECKING:
    from presswork_simplehost.emulator.records import File
    from presswork_simplehost.emulator.wire import Call

__all__ = ["Publishing"]

_UPLOAD: Final = re.compile(r"/api/v1/_upload/([^/?]+)\?token=([0-9a-f]+)&ct=([^&]+)&exp=([0-9]+)")
_DAY: Final = 86_400.0


class _Finalize(Struct, rename="camel"):
    version_id: str


class _Claim(Struct, rename="camel"):
    claim_token: str


class Publishing(Calls):
    """Handlers, each given the call and the slug in its path."""

    async def create(self, call: Call) -> Response:
        """`POST /publish`: a new site with its first version."""
        draft = await call.fields(Draft)
        files = manifest(draft, self._behaviour)
        owner, now = call.email or None, self._clock()
        self._limits.site(owner)
        site = Site(slug=self._store.new_slug(), owner=owner, created_at=now, updated_at=now)
        anonymous: dict[str, object] = {}
        if owner is None:
            site.expires_at, site.claim_token = now + _DAY, str(uuid4())
            anonymous = {
                "claimToken": site.claim_token,
                "claimUrl": f"{call.origin}/claim?slug={site.slug}&token={site.claim_token}",
                "expiresAt": moment(site.expires_at),
                "anonymous": True,
                "warning": "Save the claim token: it is not shown again.",
            }
        return answer({**self._begun(call, site, draft, files), **anonymous}, 201)

    async def update(self, call: Call, slug: str) -> Response:
        """`PUT /publish/SLUG`: the complete manifest of a new version."""
        site = self.own(call, slug)
        if site.live is None and self._behaviour.pending_update != 200:
            code = "NOT_FOUND" if self._behaviour.pending_update == 404 else "INVALID_REQUEST"
            raise Refusal(code, "The site was never finalized")
        draft = await call.fields(Draft)
        return answer(self._begun(call, site, draft, manifest(draft, self._behaviour)))

    async def upload(self, call: Call) -> Response:
        """`PUT` of an upload URL: the bytes of one file. Only the URL as it was given out has the right token."""
        temporary, size, digest = self._store.temporary(), 0, hashlib.sha256()
        try:
            with temporary.open("wb") as stream:
                async for piece in call.stream():
                    size += len(piece)
                    digest.update(piece)
                    stream.write(piece)
            version, path = self._signed(call)
            self._accept(call, version, path, size, digest.hexdigest())
            temporary.replace(self._store.content(version, path))
        finally:
            temporary.unlink(missing_ok=True)
        return Response(status_code=200)

    async def finalize(self, call: Call, slug: str) -> Response:
        """`POST /publish/SLUG/finalize`: the pending version goes live, where all of it is there and clean."""
        site = self.there(slug)
        if site.owner != (call.email or None) and site.owner is not None:
            raise Refusal("UNAUTHORIZED", "Not allowed to finalize this site")
        wanted = (await call.fields(_Finalize)).version_id
        again = self._behaviour.finalize_again and wanted == site.live
        version = self._store.version(wanted)
        if version is None or (wanted != site.pending and not again):
            raise Refusal("INVALID_REQUEST", "versionId does not match the pending version")
        if not all(self._store.content(version, path).exists() for path in version.files):
            raise Refusal("INVALID_REQUEST", "Some files have not been uploaded")
        if found := self._secrets(version):
            hint = "Move secrets to site variables, change the published copy and finalize again."
            raise Refusal("SECRET_DETECTED", "Secrets found in published files", detectedSecrets=found, hint=hint)
        if not again:
            self._store.save(site, **version.viewer, live=version.id, pending=None, updated_at=self._clock())
        return answer({"slug": slug, "siteUrl": live_at(call, slug), "versionId": version.id, "status": "active"})

    async def claim(self, call: Call, slug: str) -> Response:
        """`POST /publish/SLUG/claim`: an anonymous site becomes the account's."""
        site = self.there(slug, expired=True)
        token = (await call.fields(_Claim)).claim_token
        if site.owner is not None:
            raise Refusal("INVALID_REQUEST", "The site is already claimed")
        if not hmac.compare_digest(token.encode(), str(site.claim_token).encode()):
            raise Refusal("INVALID_REQUEST", "The claim token is wrong")
        if site.status(self._clock()) == "expired":
            raise Refusal("INVALID_REQUEST", "The site has expired")
        self._limits.site(call.email)
        self._store.save(site, owner=call.email, claim_token=None, expires_at=None, updated_at=self._clock())
        return answer(
            {"slug": slug, "siteUrl": live_at(call, slug), "owner": call.email, "message": "The site is yours now."}
        )

    def _begun(self, call: Call, site: Site, draft: Draft, files: dict[str, File]) -> dict[str, object]:
        if self._behaviour.limits_at == "create":
            self._limits.sizes(site.owner, site.slug, (file.size for file in files.values()))
        viewer = msgspec.structs.asdict(draft.viewer) if draft.viewer else {}
        given = {name: value for name, value in viewer.items() if value is not msgspec.UNSET}
        version = Version(id=self._store.new_id(self._clock()), slug=site.slug, files=files, viewer=given)
        self._store.add(version)
        skipped = self._skipped(site, version)
        expires = int((self._clock() + self._behaviour.expires_in) * 1000)
        uploads = [self._entry(call, version, path, expires) for path in files if path not in skipped]
        names = self._behaviour.names
        if names == "unknown":
            uploads.append({**self._entry(call, version, next(iter(files)), expires), "path": "not-in/the-manifest"})
        if names == "missing" and uploads:
            uploads.pop()
        self._store.save(site, pending=version.id)
        finalize = f"{self._behaviour.finalize_origin or call.origin}/api/v1/publish/{site.slug}/finalize"
        return {
            "slug": site.slug,
            "siteUrl": live_at(call, site.slug),
            "upload": {
                "versionId": version.id,
                "uploads": uploads,
                "skipped": [{"path": path, "reason": "hash_match"} for path in skipped],
                "finalizeUrl": finalize,
                "expiresInSeconds": self._behaviour.expires_in,
            },
        }

    def _skipped(self, site: Site, version: Version) -> list[str]:
        newest = self._behaviour.previous == "newest" and site.pending
        old = self._store.version(newest or site.live)
        skipped = []
        for path, file in version.files.items():
            if self._behaviour.names == "unhashed" and file.hash is None:
                skipped.append(path)
            before = old.files.get(path) if old else None
            if old and before and file.hash and before.hash == file.hash and self._store.content(old, path).exists():
                self._store.copy(path, old, version)
                skipped.append(path)
        return skipped

    def _entry(self, call: Call, version: Version, path: str, expires: int) -> dict[str, Any]:
        kind = version.files[path].content_type
        key, sort = quote(f"{version.slug}/{version.id}/{path}", safe=""), quote(kind, safe="")
        origin = self._behaviour.upload_origin or call.origin
        token = self._token(key, sort, str(expires))
        entry = {
            "path": path,
            "method": "PUT",
            "url": f"{origin}/api/v1/_upload/{key}?token={token}&ct={sort}&exp={expires}",
            "headers": {"Content-Type": kind},
        }
        if not self._behaviour.upload_method:
            del entry["method"]
        return entry

    def _token(self, *parts: str) -> str:
        return hmac.new(self._store.secret, "\n".join(parts).encode(), "sha256").hexdigest()[:40]

    def _signed(self, call: Call) -> tuple[Version, str]:
        match = _UPLOAD.fullmatch(call.target)
        if match is None or not hmac.compare_digest(match[2], self._token(match[1], match[3], match[4])):
            raise Refusal("UNAUTHORIZED", "Invalid upload token")
        if int(match[4]) <= self._clock() * 1000:
            raise Refusal("INVALID_REQUEST", "Upload URL has expired")
        slug, _, rest = unquote(match[1]).partition("/")
        name, _, path = rest.partition("/")
        version = self._store.version(name)
        if version is None or self.there(slug).deleted:
            raise Refusal("NOT_FOUND", "Site not found")
        return version, path

    def _accept(self, call: Call, version: Version, path: str, size: int, digest: str) -> None:
        file = version.files[path]
        if call.headers.get("content-type") != file.content_type:
            raise Refusal("INVALID_REQUEST", "Content-Type does not match the upload URL")
        if "authorization" in call.headers:
            raise Refusal("INVALID_REQUEST", "Upload URLs carry their own authorization")
        if self._behaviour.single_use and self._store.content(version, path).exists():
            raise Refusal("INVALID_REQUEST", "Upload URL was used already")
        if not size:
            raise Refusal("INVALID_REQUEST", "No body")
        if self._behaviour.limits_at == "upload":
            sizes = [size, *(other.size for name, other in version.files.items() if name != path)]
            self._limits.sizes(self._store.sites[version.slug].owner, version.slug, sizes)
        if self._behaviour.checks_content and (size != file.size or file.hash not in {None, digest}):
            raise Refusal("INVALID_REQUEST", "The content is not what was declared")

    def _secrets(self, version: Version) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for path, file in version.files.items():
            found += secrets_in(path, file.content_type, self._store.content(version, path))
        return found
