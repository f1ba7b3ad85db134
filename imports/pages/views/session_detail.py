"""/sessions/:id/: the scores of one stretch of playing, and what was new; for its player also the way to name it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from imports import rules
from imports.models import Import, Session
from imports.pages import play_words, words
from imports.pages.access import Visit, signed_in, visible_imports
from imports.pages.context import import_url
from imports.pages.import_tabs import page_of
from imports.pages.naming import game_name, name_of
from imports.pages.parts import Link
from imports.pages.play_forms import SessionForm
from imports.pages.result import playtype_named
from imports.pages.score_rows import of_session, score_rows
from imports.pages.session_counts import session_counts
from imports.pages.tallies import gains
from imports.pipeline.scores import edit_session
from imports.pipeline.states import Busy, Gone

IMPORTS = 5  # that are named; a session has rarely more than one


@require_safe
def session_detail(request: HttpRequest, session_id: str) -> HttpResponse:
    session = _session(session_id)
    stretch = of_session(session)
    page = page_of(stretch.scores().order_by("-time_achieved", "-pk"), request)
    playtype = playtype_named(session.game, session.playtype)
    context = {
        "session": session,
        "game": game_name(session.game, [session.playtype]),
        "start": int(session.time_started),
        "end": int(session.time_ended),
        "length": int(session.time_ended - session.time_started),
        "imports": _imports(session, request),
        "counts": session_counts(session, stretch),
        "gains": gains(stretch, playtype) if playtype else [],
        "page": page,
        "rows": score_rows(list(page.object_list), stretch) if playtype else [],
        "rating_name": words.rating_name(playtype.default_score_rating) if playtype else "",
        "may_edit": rules.can_edit_session(request.user, None, session),
        "crumb": Link(session.user.username, reverse("profile", args=[session.user.username])),
        "section": "profile" if session.user == request.user else "",
    }
    return render(request, "session-detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def session_edit(request: Visit, session_id: str) -> HttpResponse:
    session = _session(session_id)
    if not rules.can_edit_session(request.user, None, session):
        raise PermissionDenied(play_words.NOT_YOUR_SESSION)
    url = reverse("session-detail", args=[session_id])
    given = {"name": session.name, "desc": session.desc or "", "highlight": session.highlight}
    form = SessionForm(request.POST) if request.method == "POST" else SessionForm(initial=given)
    if form.is_bound and form.is_valid():
        try:
            edit_session(session, form.changes(), by=request.user)
        except Busy:
            back = {"back_url": url, "back_text": play_words.TO_THE_SESSION, "section": "profile"}
            return render(request, "busy.html", back, status=409)
        except Gone:
            raise Http404(play_words.SESSION_GONE) from None
        messages.success(request, play_words.SCORE_CHANGED)
        return redirect(url)
    context = {"form": form, "url": url, "crumb": Link(session.name, url), "section": "profile"}
    return render(request, "session-edit.html", context, status=400 if form.errors else 200)


def _session(session_id: str) -> Session:
    return get_object_or_404(Session.objects.select_related("user"), session_id=session_id)


def _imports(session: Session, request: HttpRequest) -> list[Link]:
    """The imports that brought its scores, as far as there is room for them. One query."""
    found: list[Import] = list(visible_imports(request).filter(session_parts__session=session).order_by("pk")[:IMPORTS])
    return [Link(name_of(job, private=rules.can_see_input(request.user, job)), import_url(job)) for job in found]
