"""The lamps and grades of a player's bests, with what an import moved: from what it counted when it completed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from imports.games import BY_SLUG
from imports.models import Import
from imports.pages.components.import_summary import find_playtype
from imports.pages.components.lamp_colors import TABLE, lamp_ladders, light_of
from imports.pages.components.view_models import DistributionRow, Rail, rail
from imports.pages.texts import import_texts

MAX_ROWS = 7  # of a table; the lowest values share the last

BeforeAfter = tuple[int, int]


@dataclass(frozen=True, slots=True)
class BestChanges:
    """A table: of one ladder, and of one playtype where the import was of several (`playtype`)."""

    ladder: str
    heading: str
    kind: Literal["lamp", "grade"]
    rows: Sequence[DistributionRow]
    playtype: str = ""


def best_changes(job: Import, *, is_own: bool) -> list[BestChanges]:
    """Lamps, then grades, for each playtype; nothing of an import that counted none. No query."""
    if job.best_counts is None or job.game not in BY_SLUG:
        return []
    found = []
    for name, ladders in job.best_counts.items():
        if find_playtype(job.game, name) is None:
            continue
        for ladder in (*lamp_ladders(job.game), "grade"):
            counts = {value: (before, after) for value, (before, after) in ladders.get(ladder, {}).items()}
            if counts:
                found.append(
                    BestChanges(
                        ladder=ladder,
                        heading=import_texts.bests_by(ladder, is_own=is_own),
                        kind="grade" if ladder == "grade" else "lamp",
                        rows=_rows(job.game, ladder, counts),
                        playtype=name if len(job.best_counts) > 1 else "",
                    )
                )
    return found


def _rows(game: str, ladder: str, counts: Mapping[str, BeforeAfter]) -> list[DistributionRow]:
    """The best value first; the lowest ones as one row where they are many."""
    # What the table does not know comes last: older rules may have had values that are gone.
    order = {value: place for place, value in enumerate(TABLE[game][ladder])}
    values = sorted(counts, key=lambda value: order.get(value, -1), reverse=True)
    lowest = values[MAX_ROWS - 1 :] if len(values) > MAX_ROWS else []
    shown: list[tuple[str, str, BeforeAfter]] = [
        (value, "", counts[value]) for value in values[: len(values) - len(lowest)]
    ]
    if lowest:
        before, after = (sum(counts[value][place] for value in lowest) for place in (0, 1))
        shown.append((lowest[0], import_texts.and_below(lowest[0]), (before, after)))
    most = max(max(pair) for _, _, pair in shown)
    return [
        DistributionRow(light_of(game, ladder, value), after, after - before, _bar(before, after, most), label)
        for value, label, (before, after) in shown
    ]


def _bar(before: int, after: int, most: int) -> Rail:
    """What stayed, then what was gained or has moved away."""
    moved = ("more", after - before) if after > before else ("less", before - after)
    return rail((("had", min(before, after)), moved), total=most)
