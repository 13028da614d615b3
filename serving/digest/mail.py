"""A mail server: where it is, and one letter handed to it, over TLS."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, unquote, urlsplit

from features.errors import BadConfig, Unavailable

if TYPE_CHECKING:
    from serving.digest.letter import Letter

NAME: Final = "JAGA_SMTP_URL"
TIMEOUT_S: Final = 20.0
PORTS: Final = {"smtps": 465, "smtp": 587}
"""Ports of submission by implicit TLS and by STARTTLS (RFC 8314, 3.3; RFC 6409, 3.1)."""
LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
"""A server on this machine may be spoken to without TLS: nothing leaves it that way."""


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed over.

    Parameters
    ----------
    host : str
    port : int
    is_wrapped : bool
        TLS from the first byte; else by STARTTLS, which must be offered.
    sender : str
        Address of who sends.
    user, password : str
        Empty: nobody signs in.
    """

    host: str
    port: int
    is_wrapped: bool
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, to: str, letter: Letter, letter_id: str, at_ms: int) -> None:
        """Hand a letter over.

        Parameters
        ----------
        to : str
            Address.
        letter : Letter
        letter_id : str
            The same for the same letter, so that a mailbox knows one that came twice.
        at_ms : int
            Its date, UTC milliseconds.

        Raises
        ------
        Unavailable
            Where the server does not answer, offers no TLS, or does not take it.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, to, letter.subject
        message["Date"] = format_datetime(datetime.fromtimestamp(at_ms // 1000, UTC))
        message["Message-ID"] = f"<{letter_id}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
        message.set_content(letter.text)
        try:
            with self._connected() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            code = getattr(error, "smtp_code", "")
            raise Unavailable("a mail server that takes the digest",
                              f"{type(error).__name__} {code}".strip(),
                              f"check {NAME}, then run the night again") from None

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.is_wrapped:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        try:
            server.ehlo()
            if server.has_extn("starttls") or self.host not in LOOPBACK:
                server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server


def mail_server(url: str) -> MailServer | None:
    """Read the address of a mail server; None where it is empty.

    Raises
    ------
    BadConfig
        Another scheme than smtp and smtps, no host, or nobody who sends. What came is not told.

    Examples
    --------
    >>> mail_server("smtps://jaga:pw@mail.firm.example?from=jaga@firm.example")
    MailServer(host='mail.firm.example', port=465, is_wrapped=True, sender='jaga@firm.example', \
user='jaga')
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        raise _wrong() from None
    user = unquote(parts.username or "")
    sender = parse_qs(parts.query).get("from", [user])[0]
    if parts.scheme not in PORTS or not host or "@" not in sender or not sender.isprintable():
        raise _wrong()
    return MailServer(host, port or PORTS[parts.scheme], parts.scheme == "smtps", sender, user,
                      unquote(parts.password or ""))


def _wrong() -> BadConfig:
    return BadConfig(f"{NAME} such as smtps://USER:PASSWORD@mail.firm.example?from=ADDRESS",
                     "another text", "correct it, or unset it: no e-mail is sent then")
