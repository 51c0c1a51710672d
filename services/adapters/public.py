"""Where citizens reach this installation."""

from __future__ import annotations

from nameko.extensions import DependencyProvider


class PublicUrl(DependencyProvider):
    """Gives workers the address (`HAOPING_PUBLIC_URL`), without a slash at its end."""

    def get_dependency(self, worker_ctx: object) -> str:
        """The address."""
        return str(self.container.config["HAOPING_PUBLIC_URL"]).rstrip("/")
