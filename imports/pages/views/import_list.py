"""/imports/ and /users/:name/imports/: a player's imports, newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import rules
from imports.models import Import, State, User
from imports.models.documents import UNFINISHED
from imports.pages import words
from imports.pages.access import Visit, player, signed_in, visible_imports
from imports.pages.import_rows import import_rows
from imports.pages.keyset import address, stretch_of
from imports.pages.list_filters import ImportFilters
from imports.pages.parts import Link

COUNTED = 1_000  # imports; the chips of a longer list bear no numbers, as counting would take longer than looking
CHIPS: dict[str, frozenset[State]] = {
    "running": UNFINISHED,
    "completed": frozenset({State.COMPLETED}),
    "failed": frozenset({State.FAILED}),
    "cancelled": frozenset({State.CANCELLED}),
    "reverted": frozenset({State.REVERTED}),
}
Counts = Mapping[str, int]


@require_safe
@signed_in
def import_list(request: Visit) -> HttpResponse:
    return _page(request, request.user)


@require_safe
def player_imports(request: HttpRequest, name: str) -> HttpResponse:
    owner = player(name)
    if owner == request.user and not owner.is_banned:
        return redirect("import-list")
    return _page(request, owner)


def _page(request: HttpRequest, owner: User) -> HttpResponse:
    is_own = owner == request.user
    mine = visible_imports(request).filter(user=owner)
    filters, state = ImportFilters(request.GET), request.GET.get("state", "")
    narrowed = filters.narrow(mine, clients=is_own or rules.is_moderator(request.user))
    found = narrowed.filter(state__in=CHIPS[state]) if state in CHIPS else narrowed
    counts = _counts(mine)
    page = stretch_of(found, request.GET)
    rows = import_rows(page.rows, request.user)
    context = {
        "owner": owner,
        "is_own": is_own,
        "is_empty": counts is not None and not counts,
        "chips": _chips(None if filters.chosen() else counts, state, request.GET),
        "filters": filters,
        "is_narrowed": bool(filters.chosen() or filters.errors),
        "page": page,
        "rows": rows,
        "may_choose": any(row.may_revert for row in rows),
        "under_way": any(row.poll_url for row in rows),
        "crumb": Link(owner.username, reverse("profile", args=[owner.username])),
        "section": "imports" if is_own else "",
    }
    return render(request, "import-list.html", context)


def _counts(mine: QuerySet[Import]) -> Counts | None:
    """How many each chip leads to; None where there are too many to count. One query."""
    states = Counter(mine.order_by("-pk").values_list("state", flat=True)[: COUNTED + 1])
    if states.total() > COUNTED:
        return None
    counts = {name: sum(states[state] for state in each) for name, each in CHIPS.items()}
    return {name: count for name, count in counts.items() if count}


def _chips(counts: Counts | None, state: str, query: QueryDict) -> list[Link]:
    """All, then what there is some of; each keeps the other filters."""
    total = None if counts is None else sum(counts.values())
    shown = [name for name in CHIPS if counts is None or name in counts or name == state]
    return [
        Link(words.ALL, address(query, state=None), total, is_current=state not in CHIPS),
        *(_chip(name, counts, query, is_current=name == state) for name in shown),
    ]


def _chip(name: str, counts: Counts | None, query: QueryDict, *, is_current: bool) -> Link:
    count = None if counts is None else counts.get(name, 0)
    return Link(name.capitalize(), address(query, state=name), count, is_current=is_current)
