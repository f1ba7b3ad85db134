"""Shortening of lists with long parts, so that a page stays below a megabyte."""

from __future__ import annotations

from collections.abc import Sequence


def fair_share(sizes: Sequence[int], *, total: int) -> int:
    """Returns the maximum size of each part of a total; parts below it leave their unused share to the others.

    The result is at least 1. If all parts fit, it is the total.
    """
    left = total
    ordered = sorted(sizes)
    for place, size in enumerate(ordered):
        share = left // (len(ordered) - place)
        if size > share:
            return max(1, share)
        left -= size
    return total
