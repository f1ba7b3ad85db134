"""/imports/ and /users/:name/imports/: a player's imports, newest first."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports.models import Import, State, User
from imports.models.documents import UNFINISHED
from imports.pages import words
from imports.pages.access import Visit, player, signed_in, visible_imports
from imports.pages.import_rows import import_rows
from imports.pages.parts import Link

PER_PAGE = 50
CHIPS: dict[str, frozenset[State]] = {
    "running": UNFINISHED,
    "completed": frozenset({State.COMPLETED}),
    "failed": frozenset({State.FAILED}),
    "cancelled": frozenset({State.CANCELLED}),
    "reverted": frozenset({State.REVERTED}),
}


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
    mine = visible_imports(request).filter(user=owner)
    counts = _counts(mine)
    chosen = request.GET.get("state", "")
    found = mine.filter(state__in=CHIPS[chosen]) if chosen in CHIPS else mine
    total = counts[chosen] if chosen in CHIPS else sum(counts.values())
    pages = Paginator(found.order_by("-pk"), PER_PAGE)
    pages.count = total  # counted by state already
    page = pages.get_page(request.GET.get("page"))
    is_own = owner == request.user
    context = {
        "owner": owner,
        "is_own": is_own,
        "chips": _chips(counts, chosen),
        "page": page,
        "rows": import_rows(list(page.object_list), request.user),
        "under_way": counts["running"] > 0,
        "crumb": Link(owner.username, reverse("profile", args=[owner.username])),
        "section": "imports" if is_own else "",
    }
    return render(request, "import-list.html", context)


def _counts(mine: QuerySet[Import]) -> dict[str, int]:
    """How many each chip leads to. One query."""
    by_state: dict[Any, int] = dict(mine.order_by().values_list("state").annotate(count=Count("pk")))
    return {name: sum(by_state.get(state, 0) for state in states) for name, states in CHIPS.items()}


def _chips(counts: dict[str, int], chosen: str) -> list[Link]:
    """All, then what there is some of."""
    every = Link(words.ALL, "?", sum(counts.values()), is_current=chosen not in CHIPS)
    some = [name for name in CHIPS if counts[name] or name == chosen]
    return [
        every,
        *(Link(name.capitalize(), f"?state={name}", counts[name], is_current=name == chosen) for name in some),
    ]
