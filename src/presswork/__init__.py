"""Presswork: the step after the build of a static site.

What is public is in `__all__`; each name is loaded when it is first used, so that importing this package costs
next to nothing. The story itself is `presswork.deploy.deploy`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from presswork.builds import after_build as after_build
    from presswork.draft import Draft as Draft
    from presswork.errors import PressworkError as PressworkError
    from presswork.findings import Finding as Finding
    from presswork.hookspecs import hookimpl as hookimpl
    from presswork.manifest import Entry as Entry
    from presswork.manifest import Manifest as Manifest
    from presswork.plan import Change as Change
    from presswork.plan import Plan as Plan
    from presswork.plan import compare as compare
    from presswork.plugins import Plugins as Plugins
    from presswork.project import Project as Project
    from presswork.report import Report as Report
    from presswork.scan import Scan as Scan
    from presswork.settings import Settings as Settings
    from presswork.settings import read_settings as read_settings
    from presswork.site import Page as Page
    from presswork.site import Site as Site

__all__ = [
    "Change",
    "Draft",
    "Entry",
    "Finding",
    "Manifest",
    "Page",
    "Plan",
    "Plugins",
    "PressworkError",
    "Project",
    "Report",
    "Scan",
    "Settings",
    "Site",
    "__version__",
    "after_build",
    "compare",
    "hookimpl",
    "read_settings",
]

_HOMES = {
    "Change": "plan",
    "Draft": "draft",
    "Entry": "manifest",
    "Finding": "findings",
    "Manifest": "manifest",
    "Page": "site",
    "Plan": "plan",
    "Plugins": "plugins",
    "PressworkError": "errors",
    "Project": "project",
    "Report": "report",
    "Scan": "scan",
    "Settings": "settings",
    "Site": "site",
    "after_build": "builds",
    "compare": "plan",
    "hookimpl": "hookspecs",
    "read_settings": "settings",
}
"""Each public name and the module it is loaded from."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"presswork.{_HOMES[name]}"), name)
