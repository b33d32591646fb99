"""A deploy by digest: made without files, told its manifest, sent what it lacks (API page, "File digest method")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import quote

from presswork.errors import HostError, Stale
from presswork.findings import Finding
from presswork.host import Part
from presswork.transport import Answered, Unanswered
from presswork_netlify.account import explained
from presswork_netlify.wire import ARRIVED, FAILED, LACKING, Deploy, deploy_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from presswork.host import Intent, Kit
    from presswork.manifest import Entry
    from presswork_netlify.account import Account
    from presswork_netlify.functions import Bundle

__all__ = ["ByDigest", "Pauses", "given_up"]

T = TypeVar("T")

ASYNC_ABOVE: Final = 100
"""Files above which the manifest is worked on asynchronously, as the official client does: a request that lasts
over 30 seconds is cut off (API page)."""
LONGEST: Final = 1200.0
"""Seconds that Netlify gets for one of its own steps, as from the official client."""
_OCTETS: Final = {"content-type": "application/octet-stream"}
_PASSING: Final = {401, 404}
"""Statuses that an upload meets at random, or right after the deploy was made."""


class ByDigest:
    """One deploy; `id` is empty before it is made. `put` may be called from several threads."""

    def __init__(self, account: Account, kit: Kit, intent: Intent, bundles: Iterable[Bundle], *, draft: bool) -> None:
        self.id = ""
        self._account = account
        self._kit = kit
        self._intent = intent
        self._draft = draft
        self._listing = intent.manifest.listing("sha1")
        self._files: dict[str, Entry] = {}
        for entry in intent.manifest:
            self._files.setdefault(self._listing[entry.path], entry)
        self._functions = {bundle.sha256: bundle for bundle in bundles}
        self._taken: set[str] = set()

    def make(self) -> None:
        """Make the deploy, empty: its id is known before anything can go live.

        A lost answer leaves an empty one behind, which never goes live.
        """
        self._taken.clear()
        intent, api = self._intent, self._account.api
        body: dict[str, object] = {"draft": self._draft}
        if intent.alias is not None:
            body["branch"] = intent.alias
        with explained():
            made = api.post(self._address, params={"title": intent.label}, json=body, repeat=True)
        self.id = made.decode(Deploy).id if made.content.strip() else self._found()

    def told(self) -> Deploy | None:
        """Send the manifest, which may be repeated; return the deploy when it is known what it lacks."""
        asynchronous = len(self._listing) > ASYNC_ABOVE
        body: dict[str, object] = {"files": self._listing, "async": asynchronous}
        if self._functions:
            body["functions"] = {bundle.name: sha for sha, bundle in self._functions.items()}
        try:
            answer = self._account.api.put(f"{self._address}/{self.id}", json=body, again_on={404})
            deploy = deploy_of(answer) if answer.content.strip() else self.look()
        except (Answered, Unanswered) as error:  # cut off and worked on all the same, or taken at an earlier try
            taken = error.retryable or (isinstance(error, Answered) and error.status == 422)
            deploy = self.look() if taken else None
            if deploy is None or deploy.state == "new":
                raise
        return self.settled(deploy)

    def look(self) -> Deploy | None:
        """Return the deploy as it is now; None where it is gone."""
        answer = self._account.api.get(f"/deploys/{self.id}", expect={404})
        return None if answer.status == 404 else deploy_of(answer)

    def settled(self, deploy: Deploy | None) -> Deploy | None:
        """Return the deploy when `required` holds; None where it is gone, `HostError` where Netlify gave it up."""
        pauses = Pauses(self._kit.wait, "Netlify compares the files with those it has")
        while deploy is not None and deploy.state not in ARRIVED:
            if deploy.state in FAILED:
                raise given_up(deploy)
            known = deploy.required is not None or len(self._listing) <= ASYNC_ABOVE
            if deploy.state in LACKING and known:
                break
            pauses()
            deploy = self.look()
        return deploy

    def parts(self, deploy: Deploy) -> list[Part]:
        """Return what the deploy still lacks: one part for each hash, however many paths have it."""
        files = self._lacking(deploy.required, self._files)
        functions = self._lacking(deploy.required_functions, self._functions)
        parts = [Part(sha, entry.size, (entry,)) for sha, entry in files.items()]
        return parts + [Part(sha, len(bundle.content), ()) for sha, bundle in functions.items()]

    def put(self, part: Part) -> None:
        """Send one file or function; `Stale` where the deploy takes it no more, or wants other bytes."""
        api = self._account.api
        try:
            if part.entries:
                entry = part.entries[0]
                address = f"/deploys/{self.id}/files/{quote(entry.path)}"
                body = self._intent.source.open(entry)
                api.put(address, body=body, headers=_OCTETS, again_on=_PASSING, file=entry.path)
            else:
                bundle = self._functions[part.key]
                address = f"/deploys/{self.id}/functions/{quote(bundle.name)}"
                api.put(address, body=bundle.content, headers=_OCTETS, params=bundle.facts, again_on=_PASSING)
        except Answered as error:
            if error.status in {404, 409, 422}:
                raise Stale(error.message) from None
            raise
        self._taken.add(part.key)

    def distrust(self) -> None:
        """Take what was sent for not sent."""
        self._taken.clear()

    @property
    def _address(self) -> str:
        return f"/sites/{self._account.site_id}/deploys"

    def _found(self) -> str:
        """Find the deploy whose making was answered with nothing, as users have seen."""
        for deploy in self._account.api.get(self._address, params={"per_page": "5"}).decode(list[Deploy]):
            if deploy.title == self._intent.label and deploy.state == "new":
                return deploy.id
        raise HostError("Netlify did not say which deploy it made.", hint="Run the same command again.", retryable=True)

    def _lacking(self, required: list[str] | None, ours: Mapping[str, T]) -> dict[str, T]:
        """Return what is required and was not taken in this process: Netlify may go on naming it for a while."""
        wanted = [sha for sha in required or () if sha not in self._taken]
        if unknown := [sha for sha in wanted if sha not in ours]:
            self._kit.note(
                Finding(
                    severity="warning",
                    code="netlify-unknown-hash",
                    message=f"Netlify asks for content that the site has not: {unknown[0]}.",
                    hint="It is passed over. If the deployment does not end, run the same command again.",
                )
            )
        return {sha: ours[sha] for sha in wanted if sha in ours}


class Pauses:
    """Waits between two looks, each time longer; `HostError` after 20 minutes. `spent` is in seconds."""

    def __init__(self, wait: Callable[[float, str], None], why: str) -> None:
        self.spent = 0.0
        self._next = 0.25
        self._wait = wait
        self._why = why

    def __call__(self) -> None:
        """Wait once."""
        if self.spent >= LONGEST:
            raise HostError(
                f"Nothing has come of it in {LONGEST / 60:.0f} minutes: {self._why}.",
                hint="See Netlify's status page and the deploy's own page, then run the same command again.",
                retryable=True,
            )
        self._wait(self._next, self._why)
        self.spent += self._next
        self._next = min(2 * self._next, 5.0)


def given_up(deploy: Deploy) -> HostError:
    """Return the error for a deploy that comes to nothing."""
    return HostError(
        f"Netlify gave the deploy up: {deploy.reason.rstrip('.')}.",
        hint="What was live is still live. Mend the cause, deploy again.",
    )
