"""Pages of a long list by the key at their edge: any page costs the same, however far down it is."""

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
    """Rows, newest first, and the addresses of the newer and the older ones; empty where there are none."""

    rows: Sequence[Row]
    newer_url: str = ""
    older_url: str = ""


def paginate(found: QuerySet[Row], query: QueryDict, *, size: int = PER_PAGE) -> Page[Row]:
    """The page that `before` or `after` in the address name: rows with a smaller, or larger, primary key. One query."""
    # What is no key means the beginning: addresses are typed, cut and kept, and an error would help nobody.
    before, after = (parse_digits(query.get(name, "")) for name in ("before", "after"))
    # One row more than is shown says whether there is another page. Counting would cost more than the page itself.
    if after is not None:
        # Read upwards from the edge, as the rows nearest to it are wanted, and turned round to be shown.
        up = list(found.filter(pk__gt=after).order_by("pk")[: size + 1])
        rows, has_newer, has_older = up[:size][::-1], len(up) > size, True
    else:
        older = found if before is None else found.filter(pk__lt=before)
        down = list(older.order_by("-pk")[: size + 1])
        rows, has_newer, has_older = down[:size], before is not None, len(down) > size
    if not rows:  # beyond either end: the way back is the beginning
        return Page(rows, newer_url="" if before is after is None else list_url(query))
    return Page(
        rows,
        newer_url=list_url(query, after=rows[0].pk) if has_newer else "",
        older_url=list_url(query, before=rows[-1].pk) if has_older else "",
    )


def list_url(query: QueryDict, **changes: object) -> str:
    """The same list, from its beginning or as the changes say; None or nothing takes a part away."""
    # Another filter or order means other rows: the edge of the page that is left would be anywhere among them.
    kept = query.copy()
    for name in ("before", "after", *changes):
        kept.pop(name, None)
    for name, value in changes.items():
        if value not in (None, ""):
            kept[name] = str(value)
    return f"?{kept.urlencode()}"
