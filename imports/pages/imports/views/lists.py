"""/imports/ and /users/:name/imports/: a player's imports, newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports.access import permissions
from imports.models import Import, State, User
from imports.models.documents import UNFINISHED
from imports.pages.components.active_filters import active_filters, clear_url
from imports.pages.components.sources.failing_tools import failing_tools
from imports.pages.components.view_models import Link
from imports.pages.core.pagination import Page, list_url, paginate
from imports.pages.core.permissions import AuthenticatedRequest, player, sign_in_required, visible_imports
from imports.pages.imports.listing.filters import ImportFilters
from imports.pages.imports.listing.rows import folded_rows, import_rows
from imports.pages.imports.listing.runs import FoldedPage, paginate_folded
from imports.pages.texts import import_texts

MAX_COUNTED = 1_000  # imports; the chips of a longer list have no counts, as counting would take longer than the page
CHIPS: dict[str, frozenset[State]] = {
    "running": UNFINISHED,
    "completed": frozenset({State.COMPLETED}),
    "failed": frozenset({State.FAILED}),
    "cancelled": frozenset({State.CANCELLED}),
    "reverted": frozenset({State.REVERTED}),
}
Counts = Mapping[str, int]


@require_safe
@sign_in_required
def import_list(request: AuthenticatedRequest) -> HttpResponse:
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
    # User-Agents show which programs a player uses: only the player and moderators may search them.
    narrowed = filters.narrow(mine, clients=is_own or permissions.is_moderator(request.user))
    found = narrowed.filter(state__in=CHIPS[state]) if state in CHIPS else narrowed
    # The count of each chip; none if there are too many imports to count.
    states, counts = Counter(mine.order_by("-pk").values_list("state", flat=True)[: MAX_COUNTED + 1]), None
    if states.total() <= MAX_COUNTED:
        counts = {name: n for name, each in CHIPS.items() if (n := sum(states[state] for state in each))}
    chosen = filters.chosen()
    page: Page[Import] | FoldedPage
    if "run" in chosen:
        page = paginate(found, request.GET)
        rows = import_rows(page.rows, request.user)
    else:
        page = paginate_folded(found, request.GET)
        rows = folded_rows(page.entries, mine, request.user, list_url=request.path)
    context = {
        "owner": owner,
        "is_own": is_own,
        "is_empty": counts is not None and not counts,
        # The counts are of the whole list; with filters they would be wrong.
        "chips": _chips(None if chosen else counts, state, request.GET),
        "filters": filters,
        "active": active_filters(filters, chosen, request.GET),
        "clear_url": clear_url(chosen, request.GET),
        "failing": failing_tools(owner) if is_own and not chosen and not request.GET else [],
        "page": page,
        "rows": rows,
        "may_choose": any(row.may_revert for row in rows),
        "under_way": any(row.poll_url for row in rows),
        "crumb": Link(owner.username, reverse("profile", args=[owner.username])),
        "section": "imports" if is_own else "",
    }
    return render(request, "import-list.html", context)


def _chips(counts: Counts | None, state: str, query: QueryDict) -> list[Link]:
    """Returns "all" and the states that occur; each keeps the other filters."""
    total = None if counts is None else sum(counts.values())
    chips = [Link(import_texts.ALL, list_url(query, state=None), total, is_current=state not in CHIPS)]
    for name in CHIPS:
        # The chosen state stays even without imports: it shows the active filter.
        if counts is None or name in counts or name == state:
            count = None if counts is None else counts.get(name, 0)
            chips.append(Link(import_texts.STATES[name], list_url(query, state=name), count, is_current=name == state))
    return chips
