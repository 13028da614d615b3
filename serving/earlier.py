"""Bundles that serve no more, read again where somebody asks about a verdict of theirs."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from features.errors import BadInput, NotFound, Unavailable
from serving.champion import load_bundle

if TYPE_CHECKING:
    from features.store.home import Home
    from features.store.journal import Journal
    from models.bundle import Bundle

KEPT: Final = 2
"""A bundle takes some ten megabytes; who asks, asks mostly about the one before."""


class EarlierBundles:
    """The last few bundles of one program that were asked for; threads may share it.

    Parameters
    ----------
    home : Home
        Holds the folders of the bundles.
    journal : Journal
    """

    def __init__(self, home: Home, journal: Journal) -> None:
        self._home = home
        self._journal = journal
        self._found: dict[str, Bundle] = {}
        self._one_reads = threading.Lock()

    def bundle(self, bundle_id: str) -> Bundle:
        """Find a bundle by its id.

        Raises
        ------
        NotFound
            Its folder is gone.
        Unavailable
            It was changed, or a feature that it reads is defined otherwise today.
        """
        with self._one_reads:
            found = self._found.pop(bundle_id, None) or self._read(bundle_id)
            self._found[bundle_id] = found
            while len(self._found) > KEPT:
                del self._found[next(iter(self._found))]
            return found

    def _read(self, bundle_id: str) -> Bundle:
        try:
            return load_bundle(self._home, self._journal, bundle_id)
        except NotFound as error:
            raise NotFound("the bundle that gave this verdict", "none of its id in the home",
                           "restore its folder from a backup") from error
        except BadInput as error:
            raise Unavailable("the bundle that gave this verdict",
                              "one that today's features do not fit, or that was changed",
                              "ask for the verdict without reasons=all") from error
