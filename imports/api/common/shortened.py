"""Lists whose parts may be long: how much of each is listed, so that a page stays below a megabyte."""

from __future__ import annotations

from collections.abc import Sequence


def fair_share(sizes: Sequence[int], *, total: int) -> int:
    """The most that each of several parts may take of a total, where those that are shorter leave the rest to others.

    At least 1; where all fit, the total.
    """
    left = total
    ordered = sorted(sizes)
    for place, size in enumerate(ordered):
        share = left // (len(ordered) - place)
        if size > share:
            return max(1, share)
        left -= size
    return total
