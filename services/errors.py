"""The exception tree. The docstring of a class is its message and says what to do.

HaopingError
├── Refused                      the request is at fault (4xx)
│   ├── Malformed                400
│   ├── NotAuthenticated         401
│   │   └── StaleSignature       401, with the time here
│   ├── NotAllowed               403
│   ├── NotFound                 404
│   ├── NotAnswered              404 or 405, by the address and the method
│   ├── Conflict                 409
│   ├── Gone                     410
│   ├── TooLarge                 413
│   ├── WrongMediaType           415
│   ├── Invalid                  422, with field errors
│   └── TooMany                  429, with Retry-After
├── Unavailable                  503, try again later
└── Misconfigured                the operator must mend a file or a setting
"""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError


class HaopingError(Exception):
    """Something went wrong in Haoping; see the service's log for the details."""

    status = 500

    def __init__(self, message: str | None = None, **extra: Any) -> None:
        self.message = message or (type(self).__doc__ or "").splitlines()[0]
        self.extra = extra
        super().__init__(self.message)

    @property
    def title(self) -> str:
        """The general sentence of this kind of error."""
        return (type(self).__doc__ or "").splitlines()[0]


class Refused(HaopingError):
    """The request was refused; mend it before sending it again."""

    status = 400


class Malformed(Refused):
    """The body could not be read; send JSON in UTF-8."""


class NotAuthenticated(Refused):
    """No valid credentials came with the request; send 'Authorization: Bearer <token>'."""

    status = 401


class StaleSignature(NotAuthenticated):
    """The signature is good but its timestamp is not of now; sign again with the time in 'now'."""


class NotAllowed(Refused):
    """These credentials do not allow this; ask an administrator for the role or the scope."""

    status = 403


class NotFound(Refused):
    """There is nothing here under this name that you may see."""

    status = 404


class NotAnswered(Refused):
    """Nothing answers this method at this address; docs/permissions.md lists what there is."""

    status = 404


class Conflict(Refused):
    """Somebody was faster, or the state does not allow it; read again and decide anew."""

    status = 409


class Gone(Refused):
    """This was there once and is used up; ask for a new one."""

    status = 410


class TooLarge(Refused):
    """The body is larger than this address takes; send it in smaller parts."""

    status = 413


class WrongMediaType(Refused):
    """This address takes application/json; say so in Content-Type."""

    status = 415


class Invalid(Refused):
    """Some fields are not as they should be; see 'errors' for each of them."""

    status = 422


class TooMany(Refused):
    """You are asking more often than the limits allow; wait as long as Retry-After says."""

    status = 429


class Unavailable(HaopingError):
    """The service cannot confirm this now, and may have it all the same; send the same again."""

    status = 503


class Misconfigured(HaopingError):
    """A file or setting is wrong; mend it and start again."""


def wrong_fields(error: ValidationError) -> list[str]:
    """Each field that is not as it should be, and why; nothing of what stands in it."""
    found = error.errors(include_input=False, include_url=False, include_context=False)
    return [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found]
