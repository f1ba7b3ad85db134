"""Errors of small changes while an import or a revert of the same player is running."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from imports.api.core.exceptions import APIError
from imports.pipeline.states import NoLongerExists, PlayerLocked


class PlayerBusy(APIError):
    status = 409
    message = "You already have an import or a revert ongoing."


@contextmanager
def translate_lock_errors(not_found: Callable[[], APIError] | None = None) -> Iterator[None]:
    """Converts errors of a small change: PlayerLocked to PlayerBusy, NoLongerExists to the error of `not_found`."""
    try:
        yield
    except PlayerLocked:
        raise PlayerBusy() from None
    except NoLongerExists:
        if not_found is None:
            raise
        raise not_found() from None
