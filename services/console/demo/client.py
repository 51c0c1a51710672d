"""Talking to the running services the way people and devices do: HTTP, each with an own token."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Self, TypeVar

import httpx

from services.console.stack import StackFailed

Answer = TypeVar("Answer")
TIMEOUT_S = 60.0
PATIENCE_S = 60.0
POLL_S = 0.05
REST_PER_WORK = 2.0
ADMINISTRATOR = "administrator"
UNAUTHORIZED = 401


class StoryFailed(StackFailed):
    """The story could not go on; the logs in the state folder say what went wrong."""


class Refusal(StoryFailed):
    """A service refused what the story did."""

    def __init__(self, response: httpx.Response) -> None:
        problem = response.json() if "json" in response.headers.get("content-type", "") else {}
        said = problem.get("detail") or response.text[:200]
        more = {key: problem[key] for key in ("errors", "checks", "legal") if key in problem}
        super().__init__(f"{response.request.method} {response.url}: {said} {more or ''}".strip())
        self.code = response.status_code


def eventually(
    condition: Callable[[], Answer | None], what: str, patience: float = PATIENCE_S
) -> Answer:
    """What `condition` returns as soon as it is true. Raises StoryFailed when patience has ended.

    Between two looks it rests longer than the look took, so that asking does not hold up the work.
    """
    deadline = time.monotonic() + patience
    while True:
        start = time.monotonic()
        if answer := condition():
            return answer
        now = time.monotonic()
        if now > deadline:
            raise StoryFailed(f"Waited {patience:g} s in vain for this: {what}")
        time.sleep(max(POLL_S, REST_PER_WORK * (now - start)))


class Api:
    """The services behind `url_of`, and the tokens of everybody who asks."""

    def __init__(self, url_of: Callable[[str], str], tokens: Mapping[str, str]) -> None:
        self._url_of, self._tokens = url_of, tokens
        self._http = httpx.Client(timeout=TIMEOUT_S, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *args: object) -> None:
        self._http.close()

    def get(self, who: str, service: str, path: str) -> Any:
        """What `who` reads."""
        return self._ask("GET", who, service, path)

    def read(self, who: str, service: str, path: str) -> bytes:
        """What `who` reads, as it comes."""
        return self._asked("GET", who, service, path).content

    def put(self, who: str, service: str, path: str, body: object) -> Any:
        """What `who` is answered for putting `body`."""
        return self._ask("PUT", who, service, path, json=body)

    def post(self, who: str, service: str, path: str, body: object) -> Any:
        """What `who` is answered for posting `body`."""
        return self._ask("POST", who, service, path, json=body)

    def upload(self, who: str, service: str, path: str, content: bytes) -> Any:
        """What `who` is answered for sending a file."""
        return self._ask("POST", who, service, path, content=content)

    def knows(self, who: str, service: str, path: str) -> bool:
        """Whether a service knows `who` by now: an empty list is refused for another reason."""
        try:
            self.post(who, service, path, [])
        except Refusal as refusal:
            return refusal.code != UNAUTHORIZED
        return True

    def _ask(self, method: str, who: str, service: str, path: str, **sent: Any) -> Any:
        return self._asked(method, who, service, path, **sent).json()

    def _asked(self, method: str, who: str, service: str, path: str, **sent: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        url = self._url_of(service) + path
        try:
            response = self._http.request(method, url, headers=headers, **sent)
        except httpx.TransportError as error:
            raise StoryFailed(f"{method} {url}: no answer ({error}); see the logs") from error
        if response.is_error:
            raise Refusal(response)
        return response
