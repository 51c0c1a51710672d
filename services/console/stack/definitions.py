"""What RabbitMQ calls definitions: our topology, and users who may do no more than they must.

On the broker alone, a user without a topic permission may write to every topic of an exchange that
it may write to; so here nobody gets the one without the other.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from services.contracts import topology
from services.contracts.access import ACCESS, Access
from services.contracts.partitions import (
    SPREAD,
    SPREAD_ARGUMENTS,
    SPREAD_TYPE,
    WEIGHT,
    WHOLE,
    Spreading,
)

VHOST = "/"
KEPT = {"vhost": VHOST, "durable": True, "auto_delete": False}
NO_ARGUMENTS: Mapping[str, str] = {}
SALT_BYTES = 4
NOTHING = "^$"
SECTIONS = ("users", "permissions", "topic_permissions")
Definitions = dict[str, list[dict[str, Any]]]


def flow(partitions: int = 1) -> Definitions:
    """Every queue, exchange and binding, for `load_definitions` or `import_definitions`."""
    spreading = Spreading(partitions)
    queues = topology.QUEUES | spreading.queues
    found = {
        "queues": [
            {"name": name, **KEPT, "arguments": arguments} for name, arguments in queues.items()
        ],
        "exchanges": [_exchange(name, kind) for name, kind in topology.EXCHANGES.items()],
        "bindings": [_binding(*each) for each in topology.BINDINGS],
    }
    return found if partitions == 1 else _spread(found, spreading)


def partitions(found: Definitions) -> int:
    """Over how many partitions these spread ratings."""
    return sum(each["source"] == SPREAD for each in found.get("bindings", ())) or 1


def _spread(found: Definitions, spreading: Spreading) -> Definitions:
    """The same with ratings spread over partitions."""
    source, _, key = WHOLE
    ways = [_binding(SPREAD, name, WEIGHT) for name in spreading.queues]
    others = [each for each in found["bindings"] if each != _binding(*WHOLE)]
    return {
        **found,
        "exchanges": [*found["exchanges"], _exchange(SPREAD, SPREAD_TYPE, SPREAD_ARGUMENTS)],
        "bindings": [*others, _binding(source, SPREAD, key, "exchange"), *ways],
    }


def _exchange(name: str, kind: str, arguments: Mapping[str, str] = NO_ARGUMENTS) -> dict[str, Any]:
    return {"name": name, **KEPT, "type": kind, "internal": False, "arguments": dict(arguments)}


def _binding(source: str, destination: str, key: str, to: str = "queue") -> dict[str, Any]:
    return {
        "source": source,
        "vhost": VHOST,
        "destination": destination,
        "destination_type": to,
        "routing_key": key,
        "arguments": {},
    }


def password_hash(password: str, salt: bytes) -> str:
    """How RabbitMQ keeps a password: base64 of a salt and of SHA-256 over salt and password."""
    return b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()


def user(name: str, password: str, *tags: str) -> dict[str, Any]:
    """A user; the same password gives the same hash, for passwords here are random bits."""
    salt = hashlib.sha256(f"{name}:{password}".encode()).digest()[:SALT_BYTES]
    return {
        "name": name,
        "password_hash": password_hash(password, salt),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": list(tags),
        "limits": {},
    }


def master(name: str, password: str) -> Definitions:
    """The operator's user, who may do everything in our virtual host."""
    allowed = {"user": name, "vhost": VHOST, "configure": ".*", "write": ".*", "read": ".*"}
    return {
        "users": [user(name, password, "administrator")],
        "vhosts": [{"name": VHOST}],
        "permissions": [allowed],
    }


def everything(
    operator: str, password: str, passwords: Mapping[str, str], partitions: int = 1
) -> Definitions:
    """The topology, the operator, and the services by their passwords."""
    parts = (flow(partitions), master(operator, password), of_services(passwords))
    sections = {key for part in parts for key in part}
    return {key: [e for part in parts for e in part.get(key, ())] for key in sorted(sections)}


def of_services(passwords: Mapping[str, str]) -> Definitions:
    """An account for each service that speaks to the broker, who may do what its task takes."""
    parts = [_of_service(name, ACCESS[name], password) for name, password in passwords.items()]
    return {key: [each for part in parts for each in part[key]] for key in SECTIONS}


def _of_service(name: str, access: Access, password: str) -> Definitions:
    whose = {"user": topology.service_user(name), "vhost": VHOST}
    rights = {"write": one_of(access.writes), "read": one_of(access.reads)}
    return {
        "users": [user(whose["user"], password)],
        "permissions": [{**whose, "configure": NOTHING, **rights}],
        "topic_permissions": [
            {**whose, "exchange": exchange, "write": one_of(keys), "read": NOTHING}
            for exchange, keys in access.topics.items()
        ],
    }


def one_of(names: Iterable[str]) -> str:
    """The pattern that fits exactly these names."""
    found = "|".join(map(re.escape, sorted(names)))
    return f"^({found})$" if found else NOTHING


def of_device(device: str, password: str) -> Definitions:
    """An account that may publish over MQTT to `haoping/v1/ratings/<device>` and nothing else."""
    return _sender(topology.device_user(device), password, topology.MQTT, device)


def of_system(system: str, password: str) -> Definitions:
    """An account that may publish to the raw exchange as `system`; the broker vouches for it."""
    return _sender(topology.system_user(system), password, topology.RAW, system)


def _sender(name: str, password: str, exchange: str, sender: str) -> Definitions:
    whose = {"user": name, "vhost": VHOST}
    only = f"^{re.escape(exchange)}$"
    key = f"^{re.escape(topology.raw_key(sender))}$"
    return {
        "users": [user(name, password)],
        "permissions": [{**whose, "configure": NOTHING, "write": only, "read": NOTHING}],
        "topic_permissions": [{**whose, "exchange": exchange, "write": key, "read": NOTHING}],
    }
