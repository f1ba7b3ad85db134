"""Data that the tests of a module share: created once, in a transaction around all of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from pytest_django import DjangoDbBlocker


@contextmanager
def shared(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Keeps the data that a module's fixture creates in this block for each of its tests.

    The changes of each test are rolled back. Not for tests that commit (`transaction=True`) or that read the data on
    another connection.
    """
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
