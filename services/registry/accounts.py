"""The account of a person: a password, whether it must be changed, and whether it is locked. Pure.

Nobody has a password by default. An administrator gives one for one use; the person then chooses.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict

ONE_TIME_LASTS = timedelta(days=3)
"""Long enough for a weekend between being given a password and coming to work."""
MOST_BROWSERS = 10
BROWSER_LASTS = timedelta(days=180)


class Browser(BaseModel):
    """A browser that the owner signed in from, known by the hash of a secret that it keeps."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    hash: str
    seen_at: AwareDatetime


class Account(BaseModel):
    """An account as it is kept; `password` is an Argon2id hash. Every change is a version."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    person: str
    password: str | None = None
    one_time_until: AwareDatetime | None = None
    changed_at: AwareDatetime | None = None
    locked_by: str | None = None
    locked_at: AwareDatetime | None = None
    browsers: tuple[Browser, ...] = ()
    version: int = 0

    @property
    def locked(self) -> bool:
        """Whether an administrator has closed it; failures never do."""
        return self.locked_at is not None

    def must_change(self, at: datetime, lasts: timedelta | None) -> bool:
        """Whether the password was for one use, or is older than this installation lets it get."""
        aged = lasts is not None and self.changed_at is not None and at >= self.changed_at + lasts
        return self.one_time_until is not None or aged

    def ended(self, at: datetime) -> bool:
        """Whether the password was for one use and nobody used it in time."""
        return self.one_time_until is not None and at >= self.one_time_until

    def knows(self, browser: str | None, at: datetime) -> bool:
        """Whether the owner signed in from the browser with this hash, not too long ago."""
        return any(
            each.hash == browser and at < each.seen_at + BROWSER_LASTS for each in self.browsers
        )

    def given(self, password: str, at: datetime) -> Account:
        """With a password for one use; the browsers are to be shown again that they are theirs."""
        until = at + ONE_TIME_LASTS
        return self._changed(password=password, one_time_until=until, changed_at=at, browsers=())

    def chosen(self, password: str, at: datetime) -> Account:
        """With a password that only the owner knows."""
        return self._changed(password=password, one_time_until=None, changed_at=at)

    def lock(self, by: str, at: datetime) -> Account:
        """Closed: no sign-in opens it, by password or otherwise."""
        return self._changed(locked_by=by, locked_at=at)

    def unlock(self) -> Account:
        """Open again, with the password it had."""
        return self._changed(locked_by=None, locked_at=None)

    def seen_in(self, browser: str, before: str | None, at: datetime) -> Account:
        """With a browser of the owner's, in the place of what the same browser was known by."""
        others = [each for each in self.browsers if each.hash != before]
        known = (*others, Browser(hash=browser, seen_at=at))
        return self._changed(browsers=known[-MOST_BROWSERS:])

    def forgotten(self) -> Account:
        """What is left when its person leaves: nothing that opens anything."""
        return Account(person=self.person, version=self.version + 1)

    def _changed(self, **fields: object) -> Account:
        return self.model_copy(update={**fields, "version": self.version + 1})
