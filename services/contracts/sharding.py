"""How what grows is spread over the shards of a MongoDB: by `_id`, which nearly every write names.

Identity is `_id` everywhere and there is no other unique index of ours, so a hash of it spreads the
presses of a busy hall evenly and still refuses a second one of the same. GridFS has a unique index
on (`files_id`, `n`), which begins with the key of its pieces. What is not named here is small and
stays together on the first shard; `data_keys` has to, for its names are unique there.
"""

from __future__ import annotations

from collections.abc import Mapping

HASHED = "hashed"
ShardKey = Mapping[str, str]
_BY_ID = (
    "ratings errands touched quarantine link_uses cases deadline_bases notices tallies audit"
).split()
SHARD_KEYS: Mapping[str, ShardKey] = {
    **{collection: {"_id": HASHED} for collection in _BY_ID},
    "evidence.chunks": {"files_id": HASHED},
}
