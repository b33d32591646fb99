"""The calls that carry content: one file or one function's bundle in a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from presswork_netlify.emulator.find import find_deploy
from presswork_netlify.emulator.wire import Refusal, answer

if TYPE_CHECKING:
    from presswork_netlify.emulator.behaviour import Behaviour
    from presswork_netlify.emulator.life import Life
    from presswork_netlify.emulator.limits import Limits
    from presswork_netlify.emulator.records import Deploy
    from presswork_netlify.emulator.show import Show
    from presswork_netlify.emulator.store import Incoming, Store
    from presswork_netlify.emulator.wire import Answer, Call

__all__ = ["Uploads"]


class Uploads:
    """Handlers, each given the call and the parts of its path."""

    def __init__(self, store: Store, life: Life, show: Show, limits: Limits, behaviour: Behaviour) -> None:
        self._store = store
        self._life = life
        self._show = show
        self._limits = limits
        self._behaviour = behaviour

    async def file(self, call: Call, deploy_id: str, path: str) -> Answer:
        """`PUT /deploys/{deploy}/files/{path}`: the bytes that the manifest names under that path."""
        with self._limits.upload() as headers, self._store.incoming("sha1") as blob:
            await self._receive(call, blob)
            deploy = self._open(deploy_id)
            sha = deploy.files.get(path)
            self._check(call, deploy, path, sha, blob.digest())
            self._life.arrived(deploy, blob.keep())
        return answer(self._show.file(path, blob.digest())).plus(headers)

    async def function(self, call: Call, deploy_id: str, name: str) -> Answer:
        """`PUT /deploys/{deploy}/functions/{name}`: the bundle whose SHA-256 the manifest names."""
        with self._limits.upload() as headers, self._store.incoming("sha256") as blob:
            await self._receive(call, blob)
            deploy = self._open(deploy_id)
            most = self._behaviour.function_bytes
            if blob.size >= most:
                raise Refusal(500, f"Request must be smaller than {most} bytes for the CreateFunction operation")
            sha = (deploy.functions or {}).get(name)
            self._check(call, deploy, name, sha, blob.digest(), odd=True)
            self._life.arrived(deploy, blob.keep())
        return answer({"id": blob.digest(), "name": name, "sha": blob.digest(), "region": None}).plus(headers)

    async def _receive(self, call: Call, blob: Incoming) -> None:
        async for chunk in call.chunks():
            if chunk:
                blob.write(chunk)

    def _open(self, deploy_id: str) -> Deploy:
        deploy = find_deploy(self._store, deploy_id)
        if deploy.phase == "preparing":
            raise Refusal(422, "No records matched")
        if deploy.phase in {"done", "failed"}:
            raise Refusal(422, "Build is already done")
        return deploy

    def _check(
        self, call: Call, deploy: Deploy, name: str, wanted: str | None, sent: str, *, odd: bool = False
    ) -> None:
        if wanted != sent or call.content_type != "application/octet-stream":
            message = f"Uploaded file {name} did not match deploy"
            raise Refusal(422, message, document={"errors": message} if odd else None)
        if self._behaviour.strict_uploads and sent not in self._life.missing(deploy):
            raise Refusal(422, "No records matched")
