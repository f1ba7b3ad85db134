"""/scores/:id/ and /sessions/:id/: one result, or one session, with all it holds; for its player also to edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from imports.access import permissions
from imports.catalogue.chart_names import difficulty_name
from imports.games import BY_SLUG
from imports.games.spec import Playtype
from imports.models import Score, Session, SessionIdentity, find_session
from imports.pages.components.chart_plays import metric_lines
from imports.pages.components.chart_plays.replays import find_replay_url
from imports.pages.components.charts_and_distributions import MAX_CANDIDATES, gains, gains_among
from imports.pages.components.import_summary import find_playtype
from imports.pages.components.score_rows import (
    Plays,
    ScoreScope,
    compare_scores,
    get_page,
    score_row,
    score_rows,
    session_scope,
)
from imports.pages.components.view_models import DiffRow, Link, ScoreRow
from imports.pages.core.display_names import game_name
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.core.urls import chart_url, score_url
from imports.pages.scores.best_moments import Moment, best_moments, find_moments
from imports.pages.scores.forms import DeleteForm, ScoreForm, SessionForm
from imports.pages.scores.presenters import notes_on_best, origin_of, scope_on_arrival, session_counts, sources_of
from imports.pages.scores.session_overview import session_overview, session_plays
from imports.pages.texts import formatting, score_texts
from imports.pipeline.scores import delete_score, edit_score, edit_session
from imports.pipeline.states import NoLongerExists, PlayerLocked

# --- scores -----------------------------------------------------------------------------------------


@require_safe
def score_detail(request: HttpRequest, score_id: str) -> HttpResponse:
    score = _score(score_id)
    each = compare_scores([score], scope_on_arrival(score))[0]
    playtype = each.playtype
    context = {
        "score": score,
        "row": score_row(each),
        "game": game_name(score.game, [score.playtype]),
        "difficulty": difficulty_name(each.game, each.chart, short=False),
        "rating_name": formatting.rating_name(playtype.default_score_rating),
        "metrics": metric_lines.metric_lines(score, playtype),
        "judgements": metric_lines.judgement_lines(score, playtype),
        "optional": metric_lines.optional_lines(score, playtype),
        "ratings": metric_lines.rating_lines(score, playtype),
        "notes": notes_on_best(score, playtype),
        "origin": origin_of(score, request),
        "replay_url": find_replay_url(score, request.user),
        "admin_url": reverse("admin:imports_score_change", args=[score.pk]),
        "may_edit": permissions.can_edit_score(request.user, None, score),
        "may_delete": permissions.can_delete_score(request.user, None, score),
        **_frame(request, score, Link(score.chart.song.title, chart_url(score.chart.chart_id))),
    }
    return render(request, "score-detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def score_edit(request: AuthenticatedRequest, score_id: str) -> HttpResponse:
    score = _score(score_id)
    if not permissions.can_edit_score(request.user, None, score):
        raise PermissionDenied(score_texts.NOT_YOUR_SCORE)
    given = {"comment": score.comment or "", "highlight": score.highlight}
    form = ScoreForm(request.POST) if request.method == "POST" else ScoreForm(initial=given)
    if form.is_bound and form.is_valid():
        try:
            edit_score(score, form.edited_fields(), by=request.user)
        except PlayerLocked:
            return _locked_response(request, score)
        except NoLongerExists:
            raise Http404(score_texts.SCORE_GONE) from None
        messages.success(request, score_texts.SCORE_CHANGED)
        return redirect(score_url(score_id))
    context = {"form": form, **_frame(request, score, Link(score.chart.song.title, score_url(score_id)))}
    return render(request, "score-edit.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def score_delete(request: AuthenticatedRequest, score_id: str) -> HttpResponse:
    """Asks first. With `blacklist` no later import brings it back."""
    score = _score(score_id)
    if not permissions.can_delete_score(request.user, None, score):
        raise PermissionDenied(score_texts.NOT_YOUR_SCORE)
    form = DeleteForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():  # also where nothing was sent: GET asks
        each = compare_scores([score], scope_on_arrival(score))[0]
        context = {"form": form, "row": score_row(each), "game": game_name(score.game, [score.playtype])}
        return render(request, "score-delete.html", {**context, **_frame(request, score)})
    for_good = form.cleaned_data["blacklist"]
    try:
        delete_score(score, by=request.user, blacklist=for_good)
    except PlayerLocked:
        return _locked_response(request, score)
    except NoLongerExists:
        messages.info(request, score_texts.SCORE_GONE)
    else:
        messages.success(request, score_texts.SCORE_DELETED_FOR_GOOD if for_good else score_texts.SCORE_DELETED)
    return redirect(chart_url(score.chart.chart_id))


def _score(score_id: str) -> Score:
    """With its player, chart and song. Raises Http404, also where its game is no longer there."""
    # Without the game's declaration nothing could say what its metrics mean.
    found = Score.objects.select_related("user", "chart__song").filter(game__in=BY_SLUG)
    return get_object_or_404(found, score_id=score_id)


def _frame(request: HttpRequest, score: Score, crumb: Link | None = None) -> dict[str, object]:
    return {
        "crumb": crumb,
        "score_id": score.score_id,
        "url": score_url(score.score_id),
        "section": "profile" if score.user == request.user else "",
    }


def _locked_response(request: HttpRequest, score: Score) -> HttpResponse:
    context = {"back_url": score_url(score.score_id), "back_text": score_texts.TO_THE_SCORE, "section": "profile"}
    return render(request, "busy.html", context, status=409)


# --- sessions ---------------------------------------------------------------------------------------


@require_safe
def session_detail(request: HttpRequest, session_id: str) -> HttpResponse:
    """About fifteen queries, however many plays: what the pictures, moments and rows tell of is read once."""
    session = find_session(session_id)
    if session is None:
        return _empty_session(request, session_id)
    # It was merged into this one. To the address that stays: a split gives the old one its own session back.
    if session.session_id != session_id:
        return redirect("session-detail", session.session_id)
    scope, playtype = session_scope(session), find_playtype(session.game, session.playtype)
    played = session_plays(session, scope, playtype) if playtype else Plays([], {})
    overview = session_overview(session, scope, playtype, played.plays) if playtype else None
    only_new = "new" in request.GET and overview is not None
    page = get_page(_listed(played, scope, only_new=only_new), request)
    moments, biggest, rows = _moments_and_rows(session, scope, playtype, played, page) if playtype else ([], [], [])
    context = {
        "session": session,
        "game": game_name(session.game, [session.playtype]),
        "start": int(session.time_started),
        "end": int(session.time_ended),
        "overview": overview,
        "headline": score_texts.session_headline(session.score_count, len(overview.new_bests) if overview else 0),
        "only_new": only_new,
        "sources": sources_of(session, request),
        "counts": session_counts(session, scope, played.baselines),
        "moments": moments,
        "gains": biggest,
        "page": page,
        "rows": rows,
        "rating_name": formatting.rating_name(playtype.default_score_rating) if playtype else "",
        "may_edit": permissions.can_edit_session(request.user, None, session),
        "crumb": Link(session.user.username, reverse("profile", args=[session.user.username])),
        "section": "profile" if session.user == request.user else "",
    }
    return render(request, "session-detail.html", context)


def _listed(played: Plays, scope: ScoreScope, *, only_new: bool) -> Sequence[int] | QuerySet[Score, int]:
    """The keys of the scores that are listed, newest first."""
    if played.plays:
        newest_first = sorted(played.plays, key=lambda play: (-play.time, -play.key))
        return [play.key for play in newest_first if play.is_new_best or not only_new]
    found = scope.scores().order_by("-time_achieved", "-pk").values_list("pk", flat=True)
    return found.none() if only_new else found


def _moments_and_rows(
    session: Session, scope: ScoreScope, playtype: Playtype, played: Plays, page: Page[Any]
) -> tuple[list[Moment], list[DiffRow], list[ScoreRow]]:
    """The moments and gains of a session, and the rows of a page of its scores. Six queries."""
    listed = list(page.object_list)
    if not played.plays:
        scores = Score.objects.in_bulk(listed)
        return [], gains(scope, playtype), score_rows([scores[key] for key in listed], scope)
    found = find_moments(session, scope, played)
    by_rating = sorted(played.plays, key=lambda play: (-(play.rating or 0), play.key))
    candidates = [play.key for play in by_rating[:MAX_CANDIDATES]]
    scores = Score.objects.in_bulk({*listed, *candidates, *found.keys})
    compared = {each.score.pk: each for each in compare_scores(list(scores.values()), scope, played.baselines)}
    biggest = gains_among([compared[key] for key in candidates], scope, playtype)
    moments = best_moments(found, biggest, compared, scope, playtype)
    return moments, biggest, [score_row(compared[key]) for key in listed]


def _empty_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """A session whose scores are all gone: it comes back with them. Raises Http404 for one that never was."""
    identity = get_object_or_404(SessionIdentity.objects.select_related("user"), session_id=session_id)
    is_own = identity.user == request.user
    lists = reverse("import-list") if is_own else reverse("player-imports", args=[identity.user.username])
    may_look = is_own or permissions.is_moderator(request.user)  # at reverted imports
    context = {
        "game": game_name(identity.game, [identity.playtype]),
        "time": int(identity.time_started),
        "reverted_url": f"{lists}?{urlencode({'game': identity.game, 'state': 'reverted'})}" if may_look else "",
        "crumb": Link(identity.user.username, reverse("profile", args=[identity.user.username])),
        "section": "profile" if is_own else "",
    }
    return render(request, "session-empty.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def session_edit(request: AuthenticatedRequest, session_id: str) -> HttpResponse:
    session = find_session(session_id)
    if session is None:
        raise Http404
    # A form that was opened before the merge still does what it says.
    if session.session_id != session_id and request.method != "POST":
        return redirect("session-edit", session.session_id)
    if not permissions.can_edit_session(request.user, None, session):
        raise PermissionDenied(score_texts.NOT_YOUR_SESSION)
    url = reverse("session-detail", args=[session.session_id])
    given = {"name": session.name, "desc": session.desc or "", "highlight": session.highlight}
    form = SessionForm(request.POST) if request.method == "POST" else SessionForm(initial=given)
    if form.is_bound and form.is_valid():
        try:
            edit_session(session, form.edited_fields(), by=request.user)
        except PlayerLocked:
            back = {"back_url": url, "back_text": score_texts.TO_THE_SESSION, "section": "profile"}
            return render(request, "busy.html", back, status=409)
        except NoLongerExists:
            raise Http404(score_texts.SESSION_GONE) from None
        messages.success(request, score_texts.SCORE_CHANGED)
        return redirect(url)
    context = {"form": form, "url": url, "crumb": Link(session.name, url), "section": "profile"}
    return render(request, "session-edit.html", context, status=400 if form.errors else 200)
