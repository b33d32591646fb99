"""Which paths a site may have, whatever its host."""

from __future__ import annotations

__all__ = ["path_trouble"]


def path_trouble(path: str) -> str | None:
    """Say what is wrong with a path relative to a site's root, as the end of a sentence; None where nothing is."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return "is not valid UTF-8"
    if not path or path.startswith("/"):
        return "is not relative to the site's root"
    if any(part in {"", ".", ".."} for part in path.split("/")):
        return "has an empty, `.` or `..` part"
    if "\0" in path:
        return "holds a NUL"
    return None
