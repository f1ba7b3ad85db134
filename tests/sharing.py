"""Data that the tests of a module share: created once, in a transaction around all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from pytest_django import DjangoDbBlocker


@contextmanager
def shared(blocker: DjangoDbBlocker) -> Iterator[None]:
    """What a module's fixture makes in the block is there for each of its tests, as it was made.

    Each test's own changes are rolled back to it. Not for tests that commit (`transaction=True`) or that look at it
    on a second connection.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
