from __future__ import annotations

from email.message import EmailMessage

import pytest

from services.adapters.mail import post_of
from services.errors import Misconfigured


def test_without_a_server_there_is_no_mail() -> None:
    post = post_of("", "haoping@county.example")
    assert not post.enabled
    assert not post.send(EmailMessage()).delivered


@pytest.mark.parametrize("url", ["http://x", "smtp://", "smtp://u:geheim@host:x", "mail.example"])
def test_a_server_that_cannot_be_read_is_named_without_its_password(url: str) -> None:
    with pytest.raises(Misconfigured, match="smtp://user:password@host") as refused:
        post_of(url, "")
    assert "geheim" not in str(refused.value)


def test_a_password_is_not_printed() -> None:
    assert "geheim" not in repr(post_of("smtps://u:geheim@host", ""))
