"""Where the chains stood, told outside of the database: a chain that lost its end looks whole.

Who can write both the database and this file can cut off the end of both. Hence the key: with it
each head is signed, and nobody without it makes one that passes; and the file may lie on another
machine's disk.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING, Any, Final

from features.errors import BadConfig
from models.files import replace_text
from serving.secretfiles import secret_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from features.store.chain import Chain

FOLDER: Final = "audit"
HOME_NAME: Final = "@home"
"""Name of the chain of what belongs to no program; a program's begins with a letter or digit."""
MISSING: Final = "no head is written down outside of the database"
KEY: Final = "JAGA_AUDIT_KEY"
KEY_CHARACTERS: Final = 32
"""The least of a key: 24 random bytes in base64."""


def audit_key(environment: Mapping[str, str] | None = None) -> bytes:
    """Read the key that signs heads; empty: they are not signed.

    It is in ``JAGA_AUDIT_KEY``, or in the file that ``JAGA_AUDIT_KEY_FILE`` names.

    Raises
    ------
    BadConfig
        A key that is too short to be random; it is never told.
    """
    text = secret_of(os.environ if environment is None else environment, KEY).strip()
    if text and len(text) < KEY_CHARACTERS:
        raise BadConfig(f"at least {KEY_CHARACTERS} characters in {KEY}", f"{len(text)}",
                        "make one: openssl rand -base64 32")
    return text.encode()


class Heads:
    """The heads of the chains of a home, one file a program: ``HOME/audit/PROGRAM.json``.

    Parameters
    ----------
    home : Path
    key : bytes or None
        Signs them; None: as `audit_key` reads it, empty: not at all.

    """

    def __init__(self, home: Path, key: bytes | None = None) -> None:
        self._folder = home / FOLDER
        self._key = audit_key() if key is None else key

    def keep(self, program_id: str, chain: Chain, at_ms: int) -> None:
        """Write down where a chain stands, unless what is written down does not fit it.

        So a service that goes on over a chain that was cut off does not cover it up.
        """
        number, hashed = chain.head()
        if not number or (self._path(program_id).exists() and (
                self._is_told(program_id, number) or self.check(program_id, chain, True))):
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        head = {"number": number, "hash": hashed, "at_ms": at_ms}
        replace_text(self._path(program_id), json.dumps(
            head | {"signature": self._signature(program_id, head)}) + "\n")

    def _is_told(self, program_id: str, number: int) -> bool:
        """Whether this very head stands there, signed where there is a key."""
        told = self._read(program_id) or {}
        return told.get("number") == number and (
            not self._key or self._is_ours(program_id, told))

    def told(self, program_id: str) -> tuple[int, str] | None:
        """Number and hash of the head that is written down; None where none is."""
        told = self._read(program_id)
        return (told["number"], told["hash"]) if told else None

    def check(self, program_id: str, chain: Chain, may_be_unsigned: bool = False) -> list[str]:
        """Say what of the chain's end does not fit the head that is written down."""
        told = self._read(program_id)
        if told is None:
            return [MISSING] if chain.head()[0] else []
        if not told:
            return ["the file of its head is damaged"]
        number = told["number"]
        is_open = may_be_unsigned and not told.get("signature")
        if self._key and not is_open and not self._is_ours(program_id, told):
            return ["the head written down is not signed by the key of this home"]
        found = chain.hash_of(number)
        if found is None:
            return [f"the end is cut off: entry {number:,} was there, the last one now is "
                    f"{chain.head()[0]:,}"]
        return [] if found == told["hash"] else [
            f"entry {number:,} is another one than the head written down says"]

    def _path(self, program_id: str) -> Path:
        return self._folder / f"{program_id}.json"

    def _read(self, program_id: str) -> dict[str, Any] | None:
        """Read what is written down; None where nothing is, empty where it is damaged."""
        path = self._path(program_id)
        if not path.exists():
            return None
        try:
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return told | {"number": int(told["number"]), "hash": str(told["hash"])}
        except (ValueError, KeyError, TypeError):
            return {}

    def _is_ours(self, program_id: str, told: dict[str, Any]) -> bool:
        return hmac.compare_digest(str(told.get("signature", "")).encode(),
                                   self._signature(program_id, told).encode())

    def _signature(self, program_id: str, head: Mapping[str, Any]) -> str:
        if not self._key:
            return ""
        text = json.dumps([program_id, head["number"], head["hash"]])
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()
