"""Sites, deploys and files as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from presswork.mediatypes import media_type

if TYPE_CHECKING:
    from presswork_netlify.emulator.behaviour import Behaviour
    from presswork_netlify.emulator.life import Life
    from presswork_netlify.emulator.records import Deploy, Site
    from presswork_netlify.emulator.store import Store

__all__ = ["Show"]

_UNPREPARED: dict[str, dict[str, Any]] = {"empty": {"required": []}, "null": {"required": None}, "absent": {}}


class Show:
    """Makes the documents of answers; `origin` is where the client reaches the emulator."""

    def __init__(self, store: Store, life: Life, behaviour: Behaviour) -> None:
        self._store = store
        self._life = life
        self._behaviour = behaviour

    def site(self, site: Site, origin: str) -> dict[str, Any]:
        """Return a site, with the deploy that is live."""
        account, url = self._store.account, f"{origin}/_live/{site.name}"
        published = self._store.deploys.get(site.published or "")
        return {
            "id": site.id,
            "name": site.name,
            "state": "disabled" if site.disabled is not None else "current",
            "url": url,
            "ssl_url": url,
            "admin_url": f"{origin}/_emulator/sites/{site.name}",
            "deploy_url": url,
            "custom_domain": site.custom_domain,
            "domain_aliases": site.domain_aliases,
            "password": site.password,
            "force_ssl": site.force_ssl,
            "ssl": True,
            "managed_dns": False,
            "account_id": account.id,
            "account_slug": account.slug,
            "account_name": account.name,
            "user_id": account.user_id,
            "published_deploy": self.deploy(published, origin) if published else None,
            "build_settings": {},
            "processing_settings": site.processing_settings,
            "prevent_non_git_prod_deploys": site.prevent_non_git_prod_deploys,
            "plan": "emulated",
            "capabilities": {},
            "created_at": site.created_at,
            "updated_at": site.updated_at,
        }

    def deploy(self, deploy: Deploy, origin: str) -> dict[str, Any]:
        """Return a deploy with what it still requires."""
        site = self._store.sites[deploy.site_id]
        url, own = f"{origin}/_live/{site.name}", f"{origin}/_live/{deploy.id}--{site.name}"
        return {
            "id": deploy.id,
            "site_id": site.id,
            "user_id": self._store.account.user_id,
            "build_id": None,
            "state": self._state(site, deploy),
            "name": site.name,
            "url": url,
            "ssl_url": url,
            "admin_url": f"{origin}/_emulator/sites/{site.name}",
            "deploy_url": own,
            "deploy_ssl_url": own,
            "screenshot_url": None,
            "review_id": None,
            "review_url": None,
            "draft": deploy.draft,
            **self.required(deploy),
            "error_message": deploy.error_message,
            "branch": deploy.branch,
            "commit_ref": deploy.commit_ref,
            "commit_url": None,
            "skipped": None,
            "created_at": deploy.created_at,
            "updated_at": deploy.updated_at,
            "published_at": deploy.published_at,
            "title": deploy.title,
            "context": deploy.context,
            "locked": site.locked and site.published == deploy.id,
            "framework": deploy.framework,
            "function_schedules": deploy.function_schedules,
        }

    def required(self, deploy: Deploy) -> dict[str, Any]:
        """Return the lists of what is to be sent: each digest once; no list of functions where none were named."""
        if deploy.phase in {"new", "preparing"}:
            return _UNPREPARED[self._behaviour.unprepared]
        missing = self._life.missing(deploy)
        functions = deploy.functions
        return {
            "required": [sha for sha in dict.fromkeys(deploy.files.values()) if sha in missing],
            "required_functions": None
            if functions is None
            else [sha for sha in dict.fromkeys(functions.values()) if sha in missing],
        }

    def file(self, path: str, digest: str) -> dict[str, Any]:
        """Return a file of a deploy; its path begins with a slash here."""
        return {
            "id": f"/{path}",
            "path": f"/{path}",
            "sha": digest,
            "mime_type": media_type(path).partition(";")[0],
            "size": self._store.sizes.get(digest),
        }

    def _state(self, site: Site, deploy: Deploy) -> str:
        if not self._behaviour.old_words or deploy.state != "ready":
            return deploy.state
        if site.published == deploy.id:
            return "current"
        return "old" if deploy.published_at else "ready"
