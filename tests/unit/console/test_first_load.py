"""What a page brings along when a browser comes for the first time."""

from __future__ import annotations

import gzip

import httpx

from services.console.bench.firstload import named, wire_bytes

PAGE = """<link rel="icon" href="/i.svg"><a href="/away">x</a>
<img src="data:image/png;base64,AA"><script type="module" src="/js/a.js"></script>"""
FILES = {
    "/": ("text/html; charset=utf-8", PAGE),
    "/i.svg": ("image/svg+xml", "<svg/>"),
    "/js/a.js": ("text/javascript", 'import { b } from "./b.js";\n'),
    "/js/b.js": ("text/javascript", 'const FILES = ["/", "/js/a.js", "/kept.css"];\n'),
    "/kept.css": ("text/css", "a { background: url(/i.svg) }"),
}


def zipped(text: str) -> bytes:
    """As it is sent."""
    return gzip.compress(text.encode(), mtime=0)


def answer(request: httpx.Request) -> httpx.Response:
    """A file, zipped."""
    kind, text = FILES[request.url.path]
    head = {"Content-Type": kind, "Content-Encoding": "gzip"}
    return httpx.Response(200, headers=head, stream=httpx.ByteStream(zipped(text)))


def test_everything_that_is_named_counts_once_as_it_is_sent() -> None:
    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://hall")
    sent = sum(len(zipped(text)) for _, text in FILES.values())
    assert wire_bytes(client, "/") == sent


def test_a_link_that_somebody_may_follow_is_not_loaded() -> None:
    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://hall")
    assert list(named(client.get("/"), "/")) == ["/i.svg", "/js/a.js"]
