"""A whole site sent as one ZIP archive (API page, "ZIP file method")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from presswork.transport import Answered, Unanswered
from presswork.zipped import Zipped
from presswork_netlify.account import explained
from presswork_netlify.wire import FAILED, Deploy

if TYPE_CHECKING:
    from presswork.host import Intent
    from presswork_netlify.account import Account

__all__ = ["Archive"]

_LISTED = "100"


class Archive:
    """One request that makes a deploy. `before` is the id of the newest deploy there was, empty for none.

    By it, a deploy that was made though the answer was lost is told from an earlier one of the same title.
    """

    def __init__(self, account: Account, intent: Intent, before: str | None = None) -> None:
        self._account = account
        self._intent = intent
        if before is None:
            newest = self._newest("1")
            before = newest[0].id if newest else ""
        self.before = before

    def made(self) -> Deploy | None:
        """Return the deploy that was made of it, where that has happened."""
        for deploy in self._newest(_LISTED):
            if deploy.id == self.before:
                return None
            if deploy.title == self._intent.label and deploy.state not in FAILED:
                return deploy
        return None

    def send(self) -> str:
        """Send it, unless that was done; return the deploy's id."""
        made = self.made()
        if made is not None:
            return made.id
        body = Zipped(self._intent.manifest, self._intent.source)
        kind = {"content-type": "application/zip"}
        title = {"title": self._intent.label}
        try:
            with explained():
                answer = self._account.api.post(self._address, params=title, body=body, headers=kind)
        except (Unanswered, Answered) as error:
            made = self.made() if error.retryable else None
            if made is None:
                raise
            return made.id
        made = None if answer.content.strip() else self.made()
        return made.id if made is not None else answer.decode(Deploy).id

    @property
    def _address(self) -> str:
        return f"/sites/{self._account.site_id}/deploys"

    def _newest(self, most: str) -> list[Deploy]:
        return self._account.api.get(self._address, params={"per_page": most}).decode(list[Deploy])
