"""/scores/:id/: one result with everything it holds; for its player also the way to change and to delete it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from imports import rules
from imports.chart_names import difficulty_name
from imports.games import BY_SLUG
from imports.models import Score
from imports.pages import metric_lines, play_words, words
from imports.pages.access import Visit, signed_in
from imports.pages.addresses import chart_url, score_url
from imports.pages.naming import game_name
from imports.pages.parts import Link
from imports.pages.play_forms import DeleteForm, ScoreForm
from imports.pages.score_page import as_it_came, notes_on_best, origin_of
from imports.pages.score_rows import held, score_row
from imports.pipeline.scores import delete_score, edit_score
from imports.pipeline.states import Busy, Gone


@require_safe
def score_detail(request: HttpRequest, score_id: str) -> HttpResponse:
    score = _score(score_id)
    each = held([score], as_it_came(score))[0]
    playtype = each.playtype
    context = {
        "score": score,
        "row": score_row(each),
        "game": game_name(score.game, [score.playtype]),
        "difficulty": difficulty_name(each.game, each.chart, short=False),
        "rating_name": words.rating_name(playtype.default_score_rating),
        "metrics": metric_lines.metric_lines(score, playtype),
        "judgements": metric_lines.judgement_lines(score, playtype),
        "optional": metric_lines.optional_lines(score, playtype),
        "ratings": metric_lines.rating_lines(score, playtype),
        "notes": notes_on_best(score, playtype),
        "origin": origin_of(score, request),
        "may_edit": rules.can_edit_score(request.user, None, score),
        "may_delete": rules.can_delete_score(request.user, None, score),
        **_frame(request, score, Link(score.chart.song.title, chart_url(score.chart.chart_id))),
    }
    return render(request, "score-detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def score_edit(request: Visit, score_id: str) -> HttpResponse:
    score = _score(score_id)
    if not rules.can_edit_score(request.user, None, score):
        raise PermissionDenied(play_words.NOT_YOUR_SCORE)
    given = {"comment": score.comment or "", "highlight": score.highlight}
    form = ScoreForm(request.POST) if request.method == "POST" else ScoreForm(initial=given)
    if form.is_bound and form.is_valid():
        try:
            edit_score(score, form.changes(), by=request.user)
        except Busy:
            return _busy(request, score)
        except Gone:
            raise Http404(play_words.SCORE_GONE) from None
        messages.success(request, play_words.SCORE_CHANGED)
        return redirect(score_url(score_id))
    context = {"form": form, **_frame(request, score, Link(score.chart.song.title, score_url(score_id)))}
    return render(request, "score-edit.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def score_delete(request: Visit, score_id: str) -> HttpResponse:
    """Asks first. With `blacklist` no later import brings it back."""
    score = _score(score_id)
    if not rules.can_delete_score(request.user, None, score):
        raise PermissionDenied(play_words.NOT_YOUR_SCORE)
    form = DeleteForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        each = held([score], as_it_came(score))[0]
        context = {"form": form, "row": score_row(each), "game": game_name(score.game, [score.playtype])}
        return render(request, "score-delete.html", {**context, **_frame(request, score)})
    for_good = form.cleaned_data["blacklist"]
    try:
        delete_score(score, by=request.user, blacklist=for_good)
    except Busy:
        return _busy(request, score)
    except Gone:
        messages.info(request, play_words.SCORE_GONE)
    else:
        messages.success(request, play_words.SCORE_DELETED_FOR_GOOD if for_good else play_words.SCORE_DELETED)
    return redirect(chart_url(score.chart.chart_id))


def _score(score_id: str) -> Score:
    """With its player, chart and song. Raises Http404, also where its game is no longer there."""
    found = Score.objects.select_related("user", "chart__song").filter(game__in=BY_SLUG)
    return get_object_or_404(found, score_id=score_id)


def _frame(request: HttpRequest, score: Score, crumb: Link | None = None) -> dict[str, object]:
    return {
        "crumb": crumb,
        "score_id": score.score_id,
        "url": score_url(score.score_id),
        "section": "profile" if score.user == request.user else "",
    }


def _busy(request: HttpRequest, score: Score) -> HttpResponse:
    context = {"back_url": score_url(score.score_id), "back_text": play_words.TO_THE_SCORE, "section": "profile"}
    return render(request, "busy.html", context, status=409)
