"""Cursor pagination by primary key: every page costs the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

from imports.integers import parse_digits

PER_PAGE = 50

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, newest first, and the addresses of newer and older pages; empty if there are none."""

    rows: Sequence[Row]
    newer_url: str = ""
    older_url: str = ""


def paginate(found: QuerySet[Row], query: QueryDict, *, size: int = PER_PAGE) -> Page[Row]:
    """Returns the page for `before` or `after` in the query: rows with a smaller or larger primary key. One query."""
    # An invalid key means the first page, because an error would not help readers with mistyped or cut addresses.
    before, after = (parse_digits(query.get(name, "")) for name in ("before", "after"))
    # One row more than is shown, to know whether there is another page; counting would cost more than the page.
    if after is not None:
        # Read upwards from the cursor, because the nearest rows are wanted, and reversed for display.
        up = list(found.filter(pk__gt=after).order_by("pk")[: size + 1])
        rows, has_newer, has_older = up[:size][::-1], len(up) > size, True
    else:
        older = found if before is None else found.filter(pk__lt=before)
        down = list(older.order_by("-pk")[: size + 1])
        rows, has_newer, has_older = down[:size], before is not None, len(down) > size
    if not rows:  # beyond either end: the link leads to the first page
        return Page(rows, newer_url="" if before is after is None else list_url(query))
    return Page(
        rows,
        newer_url=list_url(query, after=rows[0].pk) if has_newer else "",
        older_url=list_url(query, before=rows[-1].pk) if has_older else "",
    )


def list_url(query: QueryDict, **changes: object) -> str:
    """Returns the address of the first page of the list with these changes; None or empty removes a parameter."""
    # Another filter or order means other rows, for which the cursor has no meaning.
    kept = query.copy()
    for name in ("before", "after", *changes):
        kept.pop(name, None)
    for name, value in changes.items():
        if value not in (None, ""):
            kept[name] = str(value)
    return f"?{kept.urlencode()}"
