"""/scores/:id/ and /sessions/:id/: a score or a session in full; its player can edit it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import Q, QuerySet
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
from imports.pages.components.charts_and_distributions import MAX_HIGHLIGHTS, effect_rows
from imports.pages.components.import_summary import find_playtype, picture_text
from imports.pages.components.score_rows import (
    Plays,
    ScoreScope,
    compare_scores,
    get_page,
    score_row,
    session_scope,
)
from imports.pages.components.view_models import DiffRow, Link, ScoreRow
from imports.pages.core.display_names import game_name
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.core.urls import chart_url, score_url
from imports.pages.scores.best_moments import Moment, best_moments, find_moments
from imports.pages.scores.forms import DeleteForm, ScoreForm, SessionForm
from imports.pages.scores.presenters import (
    notes_on_best,
    origin_of,
    rating_note,
    scope_on_arrival,
    session_counts,
    sources_of,
)
from imports.pages.scores.session_overview import session_overview, session_plays
from imports.pages.texts import formatting, score_texts
from imports.pipeline.rankings.session_gains import gains_of_session
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
        "rating_name": formatting.rating_name(playtype.default_score_rating, playtype),
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
    """Deletes a score after a confirmation. With `blacklist`, no later import adds it again."""
    score = _score(score_id)
    if not permissions.can_delete_score(request.user, None, score):
        raise PermissionDenied(score_texts.NOT_YOUR_SCORE)
    form = DeleteForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():  # also for GET, which asks for confirmation
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
    """Returns the score with its player, chart and song. Raises Http404, also if its game was removed."""
    # Metrics cannot be shown without the declaration of their game.
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
    """Shows a session. About twenty queries for any number of plays: all parts of the page share what was read."""
    session = find_session(session_id)
    if session is None:
        return _empty_session(request, session_id)
    # The requested session was merged into this one. A redirect, as a split gives the old ID its session back.
    if session.session_id != session_id:
        return redirect("session-detail", session.session_id)
    scope, playtype = session_scope(session), find_playtype(session.game, session.playtype)
    played = session_plays(session, scope, playtype) if playtype else Plays([], {})
    overview = session_overview(session, scope, playtype, played.plays) if playtype else None
    verdict = overview.verdict if overview else None
    is_single = session.score_count == 1
    counts = session_counts(session, scope, played.baselines, verdict)
    only_new = "new" in request.GET and overview is not None
    page = get_page(_listed(played, scope, only_new=only_new), request)
    moments, biggest, rows = _moments_and_rows(session, scope, playtype, played, page) if playtype else ([], [], [])
    game = game_name(session.game, [session.playtype])
    headline = score_texts.session_headline(session.score_count, len(overview.new_bests) if overview else 0)
    change = overview.verdict if overview else None
    context = {
        "session": session,
        "game": game,
        "start": int(session.time_started),
        "end": int(session.time_ended),
        "overview": overview,
        "headline": headline,
        "picture_text": picture_text(headline, session.user.username, game, change),
        "only_new": only_new,
        "sources": sources_of(session, request),
        "counts": counts,
        "has_four_counts": len(counts) == 4,
        "verdict": None if is_single and verdict and verdict.is_still else verdict,
        "is_single": is_single,
        "rating_note": rating_note(session, playtype) if playtype else "",
        "moments": moments,
        "gains": biggest,
        "profile_rating": formatting.rating_name(playtype.default_profile_rating, playtype) if playtype else "",
        "page": page,
        "rows": rows,
        "rating_name": formatting.rating_name(playtype.default_score_rating, playtype) if playtype else "",
        "may_edit": permissions.can_edit_session(request.user, None, session),
        "crumb": Link(session.user.username, reverse("profile", args=[session.user.username])),
        "section": "profile" if session.user == request.user else "",
    }
    return render(request, "session-detail.html", context)


def _listed(played: Plays, scope: ScoreScope, *, only_new: bool) -> Sequence[int] | QuerySet[Score, int]:
    """Returns the keys of the listed scores, newest first."""
    if played.plays:
        newest_first = sorted(played.plays, key=lambda play: (-play.time, -play.key))
        return [play.key for play in newest_first if play.is_new_best or not only_new]
    found = scope.scores().order_by("-time_achieved", "-pk").values_list("pk", flat=True)
    return found.none() if only_new else found


def _moments_and_rows(
    session: Session, scope: ScoreScope, playtype: Playtype, played: Plays, page: Page[Any]
) -> tuple[list[Moment], list[DiffRow], list[ScoreRow]]:
    """Returns the moments and gains of a session, and the rows of a page of its scores. A dozen queries."""
    listed = list(page.object_list)
    charts = played.baselines.keys() or set(scope.scores().values_list("chart_id", flat=True))
    effects = dict(gains_of_session(session, playtype, charts)[:MAX_HIGHLIGHTS])
    found = find_moments(session, played) if played.plays else None
    wanted = Q(pk__in={*listed, *(found.keys if found else ())})
    scores = Score.objects.filter(wanted | Q(scope.included, chart__in=effects), user=scope.player)
    compared = {
        each.score.pk: each for each in compare_scores(list(scores.order_by("pk")), scope, played.baselines or None)
    }
    raised = [each for each in compared.values() if each.score.chart_id in effects]
    biggest = effect_rows(effects, raised, scope)
    moments = best_moments(found, biggest, compared, scope, playtype) if found else []
    return moments, biggest, [score_row(compared[key]) for key in listed]


def _empty_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """Shows a session whose scores were all removed; it returns with them. Raises Http404 for an unknown session."""
    identity = get_object_or_404(SessionIdentity.objects.select_related("user"), session_id=session_id)
    is_own = identity.user == request.user
    lists = reverse("import-list") if is_own else reverse("player-imports", args=[identity.user.username])
    may_look = is_own or permissions.is_moderator(request.user)  # may see reverted imports
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
    # A form that was opened before the merge still works.
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
