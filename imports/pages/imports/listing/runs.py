"""Runs of imports of one score each, such as a tool sends while its player plays: one row of the list."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict

from imports.integers import parse_digits
from imports.models import Import, State
from imports.pages.core.pagination import PER_PAGE, list_url

MAX_READ = 500  # imports that a page looks at, however many of them its runs fold
MIN_FOLDED = 3  # imports; fewer are as easy to read as rows of their own
MAX_PAUSE = timedelta(hours=2)  # between two imports of a run; two scores further apart are two sessions, too
MAX_REVERTED_TOGETHER = 100  # imports, as in the API
RUN = re.compile("([0-9a-f]{40})-([0-9a-f]{40})")
FOLDED_STATES = frozenset({State.COMPLETED, State.REVERTED, State.FAILED})
SOURCE = ("state", "user_intent", "game", "import_type", "service", "client", "token_id")


class Folding(NamedTuple):
    """What decides whether imports are folded: the columns of `SOURCE` are the same in a whole run."""

    pk: int
    import_id: str
    time: datetime
    rows: int
    state: str
    user_intent: bool
    game: str
    import_type: str
    service: str
    client: str
    token_id: int | None
    playtypes: list[str]

    @property
    def source(self) -> tuple[object, ...]:
        return self[4:-1]

    @property
    def is_single(self) -> bool:
        return self.rows <= 1 and not self.user_intent and self.state in FOLDED_STATES

    def continues(self, neighbour: Folding) -> bool:
        """Whether the two belong to one run."""
        near = abs(self.time - neighbour.time) <= MAX_PAUSE
        # What brought no score has no playtype, and does not end a run.
        alike = self.playtypes == neighbour.playtypes or not (self.playtypes and neighbour.playtypes)
        return near and alike and self.is_single and neighbour.is_single and self.source == neighbour.source


@dataclass(frozen=True, slots=True)
class FoldedPage:
    """Imports of the list, newest first: those of a run together, each other one by itself."""

    entries: Sequence[Sequence[Folding]]
    newer_url: str = ""
    older_url: str = ""

    @property
    def runs(self) -> list[Sequence[Folding]]:
        return [entry for entry in self.entries if len(entry) > 1]


def paginate_folded(found: QuerySet[Import], query: QueryDict) -> FoldedPage:
    """The page that `before` or `after` in the address name, as `core.pagination.paginate`. One query."""
    before, after = (parse_digits(query.get(name, "")) for name in ("before", "after"))
    columns = ("pk", "import_id", "time_queued", "row_count", *SOURCE, "playtypes")
    if after is not None:
        rows = found.filter(pk__gt=after).order_by("pk").values_list(*columns)
    else:
        rows = (found if before is None else found.filter(pk__lt=before)).order_by("-pk").values_list(*columns)
    read = [Folding(*row) for row in rows[: MAX_READ + 1]]
    entries = fold(read[:MAX_READ])
    # What was not read may continue the last run. It begins the next page, unless it is a page of its own.
    if len(read) > MAX_READ and len(entries) > 1:
        entries.pop()
    shown = entries[:PER_PAGE]
    has_more = sum(map(len, shown)) < len(read)
    if not shown:  # beyond either end: the way back is the beginning
        return FoldedPage((), newer_url="" if before is after is None else list_url(query))
    if after is not None:
        shown, has_newer, has_older = [entry[::-1] for entry in shown[::-1]], has_more, True
    else:
        has_newer, has_older = before is not None, has_more
    return FoldedPage(
        shown,
        newer_url=list_url(query, after=shown[0][0].pk) if has_newer else "",
        older_url=list_url(query, before=shown[-1][-1].pk) if has_older else "",
    )


def fold(rows: Sequence[Folding]) -> list[list[Folding]]:
    """The same rows in the same order: runs of at least `MIN_FOLDED` together, each other one by itself."""
    stretches: list[list[Folding]] = [[row] for row in rows[:1]]
    for row, following in pairwise(rows):
        if row.continues(following):
            stretches[-1].append(following)
        else:
            stretches.append([following])
    entries: list[list[Folding]] = []
    for stretch in stretches:
        entries += [stretch] if len(stretch) >= MIN_FOLDED else [[row] for row in stretch]
    return entries


def run_members(found: QuerySet[Import], name: str) -> QuerySet[Import]:
    """The imports of a run (`core.urls.run_url`), of those that were found; none for what names no run."""
    ends = RUN.fullmatch(name)
    newest, oldest = (found.filter(import_id=ends[place]).first() if ends else None for place in (1, 2))
    if newest is None or oldest is None or newest.user_id != oldest.user_id:
        return found.none()
    source = {column: getattr(newest, column) for column in SOURCE if column != "state"}
    # The state may have changed since: what was folded as completed is still the same run once it is reverted.
    between = found.filter(user=newest.user_id, pk__range=(oldest.pk, newest.pk), row_count__lte=1)
    return between.filter(**source)
