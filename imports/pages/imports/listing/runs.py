"""Pages of the list in which runs of imports are one row, and the imports of a run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict

from imports.integers import parse_digits
from imports.models import Import
from imports.pages.components.sources.import_runs import COLUMNS, SOURCE, Folding, fold
from imports.pages.core.pagination import PER_PAGE, list_url

MAX_READ = 500  # imports that a page reads, however many of them its runs fold
MAX_REVERTED_TOGETHER = 100  # imports, as in the API
RUN = re.compile("([0-9a-f]{40})-([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class FoldedPage:
    """A page of imports, newest first: those of a run together, every other import alone."""

    entries: Sequence[Sequence[Folding]]
    newer_url: str = ""
    older_url: str = ""

    @property
    def runs(self) -> list[Sequence[Folding]]:
        return [entry for entry in self.entries if len(entry) > 1]


def paginate_folded(found: QuerySet[Import], query: QueryDict) -> FoldedPage:
    """Returns the page that `before` or `after` in the query name, like `core.pagination.paginate`. One query."""
    before, after = (parse_digits(query.get(name, "")) for name in ("before", "after"))
    if after is not None:
        rows = found.filter(pk__gt=after).order_by("pk").values_list(*COLUMNS)
    else:
        rows = (found if before is None else found.filter(pk__lt=before)).order_by("-pk").values_list(*COLUMNS)
    read = [Folding(*row) for row in rows[: MAX_READ + 1]]
    entries = fold(read[:MAX_READ])
    # Unread imports may continue the last run. It goes to the next page, unless it fills this page alone.
    if len(read) > MAX_READ and len(entries) > 1:
        entries.pop()
    shown = entries[:PER_PAGE]
    has_more = sum(map(len, shown)) < len(read)
    if not shown:  # beyond either end: back to the first page
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


def run_members(found: QuerySet[Import], name: str) -> QuerySet[Import]:
    """Returns the imports of a run (`core.urls.run_url`) among those of `found`; none if the name is not of a run."""
    ends = RUN.fullmatch(name)
    newest, oldest = (found.filter(import_id=ends[place]).first() if ends else None for place in (1, 2))
    if newest is None or oldest is None or newest.user_id != oldest.user_id:
        return found.none()
    source = {column: getattr(newest, column) for column in SOURCE if column != "state"}
    # The state may have changed since: a run folded as completed is still the same run once it is reverted.
    between = found.filter(user=newest.user_id, pk__range=(oldest.pk, newest.pk), row_count__lte=1)
    return between.filter(**source)
