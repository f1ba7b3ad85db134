"""/sessions/:id/: the scores of one stretch of playing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports.models import Session
from imports.pages import words
from imports.pages.import_tabs import page_of
from imports.pages.naming import game_name
from imports.pages.parts import Link
from imports.pages.result import playtype_named
from imports.pages.score_rows import of_session, score_rows
from imports.pages.session_counts import session_counts


@require_safe
def session_detail(request: HttpRequest, session_id: str) -> HttpResponse:
    session = get_object_or_404(Session.objects.select_related("user"), session_id=session_id)
    stretch = of_session(session)
    page = page_of(stretch.scores().order_by("-time_achieved", "-pk"), request)
    playtype = playtype_named(session.game, session.playtype)
    context = {
        "session": session,
        "game": game_name(session.game, [session.playtype]),
        "start": int(session.time_started),
        "end": int(session.time_ended),
        "length": int(session.time_ended - session.time_started),
        "imports": session.parts.count(),
        "counts": session_counts(session, stretch),
        "page": page,
        "rows": score_rows(list(page.object_list), stretch) if playtype else [],
        "rating_name": words.rating_name(playtype.default_score_rating) if playtype else "",
        "crumb": Link(session.user.username, reverse("profile", args=[session.user.username])),
        "section": "profile" if session.user == request.user else "",
    }
    return render(request, "session-detail.html", context)
