"""Media types by file name: our own table, because the standard library's depends on the machine."""

from __future__ import annotations

from typing import Final

__all__ = ["FALLBACK", "is_page", "media_type"]

FALLBACK: Final = "application/octet-stream"

_TEXT: Final = "; charset=utf-8"

_TYPES: Final[dict[str, str]] = {
    "atom": "application/atom+xml",
    "avif": "image/avif",
    "bin": FALLBACK,
    "bmp": "image/bmp",
    "br": FALLBACK,
    "css": "text/css" + _TEXT,
    "csv": "text/csv" + _TEXT,
    "eot": "application/vnd.ms-fontobject",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "gif": "image/gif",
    "gz": "application/gzip",
    "htm": "text/html" + _TEXT,
    "html": "text/html" + _TEXT,
    "ico": "image/vnd.microsoft.icon",
    "ics": "text/calendar" + _TEXT,
    "inv": FALLBACK,
    "ipynb": "application/x-ipynb+json",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript" + _TEXT,
    "json": "application/json",
    "jsonld": "application/ld+json",
    "jxl": "image/jxl",
    "m4a": "audio/mp4",
    "m4v": "video/mp4",
    "map": "application/json",
    "md": "text/markdown" + _TEXT,
    "mjs": "text/javascript" + _TEXT,
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "otf": "font/otf",
    "pdf": "application/pdf",
    "png": "image/png",
    "rss": "application/rss+xml",
    "rst": "text/plain" + _TEXT,
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "toml": "application/toml",
    "ttf": "font/ttf",
    "txt": "text/plain" + _TEXT,
    "vtt": "text/vtt" + _TEXT,
    "wasm": "application/wasm",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webmanifest": "application/manifest+json",
    "webp": "image/webp",
    "whl": "application/zip",
    "woff": "font/woff",
    "woff2": "font/woff2",
    "xhtml": "application/xhtml+xml",
    "xml": "application/xml",
    "xsl": "application/xslt+xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
}


def media_type(path: str) -> str:
    """Return the media type of a file by the last extension of its name, the case of which does not count."""
    _, dot, extension = path.rpartition(".")
    return _TYPES.get(extension.lower(), FALLBACK) if dot else FALLBACK


def is_page(path: str) -> bool:
    """Say whether a file is a page: HTML, to be read by people."""
    return media_type(path).startswith(("text/html", "application/xhtml"))
