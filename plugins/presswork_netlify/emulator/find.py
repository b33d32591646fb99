"""Looking up what a request's path names; what is not there is a 404."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from presswork_netlify.emulator.wire import Refusal

if TYPE_CHECKING:
    from presswork_netlify.emulator.records import Deploy, Site
    from presswork_netlify.emulator.store import Store

__all__ = ["domains", "find_deploy", "find_labelled", "find_site"]


def domains(site: Site) -> set[str]:
    """Return the domains of a site."""
    return {f"{site.name}.netlify.app", *site.domain_aliases, *([site.custom_domain] if site.custom_domain else [])}


def find_site(store: Store, key: str) -> Site:
    """Return the site with that id or domain; a bare name is neither."""
    site = store.sites.get(key) or next((site for site in store.sites.values() if key in domains(site)), None)
    if site is None:
        raise Refusal(404, "Not Found")
    return site


def find_deploy(store: Store, key: str, site: Site | None = None) -> Deploy:
    """Return the deploy with that id, of that site where one is given."""
    deploy = store.deploys.get(key)
    if deploy is None or (site and deploy.site_id != site.id):
        raise Refusal(404, "Not Found")
    return deploy


def find_labelled(store: Store, label: str) -> tuple[Site, Deploy | None] | None:
    """Return what is served at `NAME`, `DEPLOY--NAME` or `BRANCH--NAME`: the site, and the deploy if there is one."""
    for site in store.sites.values():
        if label == site.name:
            return site, store.deploys.get(site.published or "")
    for site in store.sites.values():
        if label.endswith(f"--{site.name}"):
            wanted = label.removesuffix(f"--{site.name}")
            for deploy in store.deploys_of(site.id):
                if deploy.complete and wanted in {deploy.id, _subdomain(deploy.branch or "")}:
                    return site, deploy
    return None


def _subdomain(branch: str) -> str:
    return re.sub("[^a-z0-9-]+", "-", branch.lower())
