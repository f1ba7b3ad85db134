"""Pages of a long list by the key at their edge: any page costs the same, however far down it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import QueryDict

PER_PAGE = 50
LARGEST = 2**63 - 1

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Stretch(Generic[Row]):
    """Rows, newest first, and the addresses of the newer and the older ones; empty where there are none."""

    rows: Sequence[Row]
    newer_url: str = ""
    older_url: str = ""


def stretch_of(found: QuerySet[Row], query: QueryDict, *, size: int = PER_PAGE) -> Stretch[Row]:
    """The page that `before` or `after` in the address name: rows with a smaller, or larger, primary key. One query."""
    before, after = (_key(query.get(name, "")) for name in ("before", "after"))
    if after is not None:
        up = list(found.filter(pk__gt=after).order_by("pk")[: size + 1])
        rows, has_newer, has_older = up[:size][::-1], len(up) > size, True
    else:
        older = found if before is None else found.filter(pk__lt=before)
        down = list(older.order_by("-pk")[: size + 1])
        rows, has_newer, has_older = down[:size], before is not None, len(down) > size
    if not rows:  # beyond either end: the way back is the beginning
        return Stretch(rows, newer_url="" if before is after is None else address(query))
    return Stretch(
        rows,
        newer_url=address(query, after=rows[0].pk) if has_newer else "",
        older_url=address(query, before=rows[-1].pk) if has_older else "",
    )


def address(query: QueryDict, **changes: object) -> str:
    """The same list, from its beginning or as the changes say; None or nothing takes a part away."""
    kept = query.copy()
    for name in ("before", "after", *changes):
        kept.pop(name, None)
    for name, value in changes.items():
        if value not in (None, ""):
            kept[name] = str(value)
    return f"?{kept.urlencode()}"


def _key(text: str) -> int | None:
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST:
        return int(text)
    return None
