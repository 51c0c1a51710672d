"""A real nginx on the configuration that is delivered, with ports and certificates of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from services.console.stack.certificates import issue
from services.console.stack.ports import LOOPBACK, claim
from services.console.stack.processes import end_child
from services.console.stack.waiting import accepts, wait_until
from tests.deploy.project import ROOT

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
ABSENT = "nginx is not installed: apt-get install nginx-light libnginx-mod-stream"
STREAM = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
"""Where Debian keeps what nginx's own image has built in."""
CONFIGURATION = ROOT / "config" / "nginx"
LISTENED = ("80", "443", "5671", "8883")
READY_S = 10.0


def laid_out(folder: Path, where: str) -> dict[str, int]:
    """Put the files where the container has them, under `folder`; the ports by those delivered.

    `where` is the text that says where the services are.
    """
    ports = claim([f"nginx-{each}" for each in LISTENED], {})
    own = {each: ports[f"nginx-{each}"] for each in LISTENED}
    (folder / "haoping").mkdir(parents=True)
    (folder / "tls").mkdir()
    made = issue(folder / "tls", ())
    shutil.copy(made.certificate, folder / "tls" / "haoping.crt")
    shutil.copy(made.key, folder / "tls" / "haoping.key")
    for name, target in (("nginx.conf", "nginx.conf"), ("haoping.conf", "haoping/haoping.conf")):
        text = (CONFIGURATION / name).read_text()
        for port, mine in own.items():
            text = text.replace(f"listen {port}", f"listen {LOOPBACK}:{mine}")
        text = text.replace(" /tmp/", f" {folder}/").replace("/etc/nginx/tls/", f"{folder}/tls/")
        (folder / target).write_text(text)
    (folder / "haoping" / "where.conf").write_text(where)
    return own


def command(folder: Path, *more: str) -> list[str]:
    """nginx on the files of this folder."""
    here = [f"load_module {STREAM};"] if STREAM.exists() else []
    here += ["daemon off;"] + (["user root;"] if os.geteuid() == 0 else [])
    return [str(NGINX), "-c", str(folder / "nginx.conf"), "-g", " ".join(here), *more]


def checked(folder: Path) -> str:
    """What `nginx -t` says of them; empty when it has nothing to say."""
    done = subprocess.run(command(folder, "-t", "-q"), capture_output=True, text=True, check=False)
    return done.stderr


def one_machine(addresses: Mapping[str, str]) -> str:
    """config/nginx/one-machine.conf, with each service where it is here."""
    text = (CONFIGURATION / "one-machine.conf").read_text()
    for number, name in enumerate(
        ("portal", "capture", "store", "rectify", "score", "registry"), start=8000
    ):
        delivered = f"{name} {LOOPBACK}:{number};"
        assert delivered in text
        text = text.replace(delivered, f"{name} {addresses.get(name, delivered.split()[1][:-1])};")
    return text


@contextmanager
def running(folder: Path, addresses: Mapping[str, str]) -> Iterator[dict[str, int]]:
    """nginx in front of these services for the length of a `with`; its ports by those delivered."""
    ports = laid_out(folder, one_machine(addresses))
    log = folder / "nginx.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command(folder), stdout=out, stderr=out)
    try:
        up = partial(accepts, ports["443"])
        wait_until(up, "nginx", READY_S, log, lambda: process.poll() is not None)
        yield ports
    finally:
        end_child(process)
