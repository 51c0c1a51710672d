"""Styles and scripts: read once, named by their content, so that a browser keeps them for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nameko.extensions import DependencyProvider, SharedExtension
from werkzeug.wrappers import Response

from services.adapters.settings import ROOT
from services.errors import NotFound

FOLDER = ROOT / "services" / "portal" / "static"
FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"
DIGITS = 12


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    zipped: bytes
    type: str
    digest: str

    def response(self, zipped: bool, caching: str) -> Response:
        """The file, for a browser that takes gzip or does not."""
        headers = {"Cache-Control": caching, "Vary": "Accept-Encoding", "ETag": f'"{self.digest}"'}
        if zipped:
            headers["Content-Encoding"] = "gzip"
        return Response(
            self.zipped if zipped else self.content, headers=headers, content_type=self.type
        )


class AssetsOnDisk(SharedExtension):
    """Every file of the portal's `static` folder by its path there, such as `work/case.js`."""

    @cached_property
    def files(self) -> dict[str, Asset]:
        """All of them, read when the first one is asked for."""
        found = (path for path in FOLDER.rglob("*") if path.is_file())
        return {path.relative_to(FOLDER).as_posix(): _read(path) for path in found}

    def address(self, path: str) -> str:
        """Where a browser finds the file as it is now; KeyError if there is none of that name."""
        return f"/static/{self.files[path].digest}/{path}"

    def file(self, path: str) -> Asset:
        """The file. Raises NotFound."""
        try:
            return self.files[path]
        except KeyError:
            raise NotFound from None


class Assets(DependencyProvider):
    """Gives workers the files."""

    assets = AssetsOnDisk()

    def get_dependency(self, worker_ctx: object) -> AssetsOnDisk:
        """The files."""
        return self.assets


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    text = kind.startswith("text/") or kind.endswith(("javascript", "json", "xml"))
    digest = hashlib.sha256(content).hexdigest()[:DIGITS]
    return Asset(
        content, gzip.compress(content, mtime=0), f"{kind}; charset=utf-8" if text else kind, digest
    )
