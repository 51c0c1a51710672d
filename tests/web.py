"""Asking over HTTP as others would; the machine's authorities are read once, not for every answer.

To read them takes longer than most answers do.
"""

from __future__ import annotations

from functools import partial

import httpx

from services.adapters.trust import trusting

Client = partial(httpx.Client, verify=trusting())
request = partial(httpx.request, verify=trusting())
get = partial(httpx.get, verify=trusting())
post = partial(httpx.post, verify=trusting())
put = partial(httpx.put, verify=trusting())
delete = partial(httpx.delete, verify=trusting())
