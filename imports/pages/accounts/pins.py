"""/account/pinned/: the scores at the top of a player's profile, and their order."""

from __future__ import annotations

from typing import Literal

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from imports.games import BY_SLUG
from imports.models import GameStats, Score, User
from imports.pages.accounts.presenters import MAX_PINNED, score_summaries
from imports.pages.components.view_models import Link
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.texts import account_texts, score_texts
from imports.pipeline.rankings.best_plays import find_best_plays
from imports.pipeline.scores import MAX_ORDERED_PINS, highlighted_scores, move_pin, pin_scores
from imports.pipeline.states import NoLongerExists, PlayerLocked

DIRECTIONS: tuple[Literal["up", "down"], ...] = ("up", "down")
MAX_OFFERED = 12  # of the best plays, and of the latest scores


@require_http_methods(["GET", "HEAD", "POST"])
@sign_in_required
def pinned_edit(request: AuthenticatedRequest) -> HttpResponse:
    """The player's pinned scores, best plays and latest scores, each with a checkbox.

    `up` or `down` moves a pinned score. `?moved=` names the moved score and the direction: its button has the focus.
    """
    owner, url = request.user, reverse("profile", args=[request.user.username])
    if request.method == "POST" and not request.POST.keys().isdisjoint(DIRECTIONS):
        return _move(request, url)
    if request.method == "POST":
        # Only scores listed in the form are changed: a score that was pinned elsewhere meanwhile stays.
        listed = {key for key in request.POST.getlist("listed") if key.isascii() and key.isalnum()}
        scores = Score.objects.filter(user=owner, game__in=BY_SLUG, score_id__in=listed).order_by("pk")
        found = list(scores[: MAX_ORDERED_PINS + 2 * MAX_OFFERED])
        try:
            pin_scores(found, set(request.POST.getlist("pinned")), by=owner)
        except PlayerLocked:
            return _busy(request, url)
        except NoLongerExists:
            messages.info(request, score_texts.SCORE_GONE)
            return redirect("pinned-edit")
        messages.success(request, account_texts.PINS_SAVED)
        return redirect(f"{url}#pinned")
    pinned = list(highlighted_scores(owner)[:MAX_ORDERED_PINS])
    context = {
        "pinned": score_summaries(pinned),
        "offered": score_summaries(_offered(owner)),
        "most": MAX_PINNED,
        "moved": request.GET.get("moved", ""),
        "url": url,
        "crumb": Link(owner.username, url),
        "section": "profile",
    }
    return render(request, "pinned-edit.html", context)


def _move(request: AuthenticatedRequest, url: str) -> HttpResponse:
    direction = next(each for each in DIRECTIONS if each in request.POST)
    score_id = request.POST[direction]
    if not (score_id.isascii() and score_id.isalnum()):
        return redirect("pinned-edit")
    score = Score.objects.filter(user=request.user, score_id=score_id).first()
    try:
        is_moved = score is not None and move_pin(score, direction)
    except PlayerLocked:
        return _busy(request, url)
    except NoLongerExists:
        is_moved = False
    if not is_moved:
        messages.info(request, account_texts.PIN_NOT_MOVED)
        return redirect("pinned-edit")
    return redirect(f"{reverse('pinned-edit')}?moved={direction}-{score_id}")


def _busy(request: AuthenticatedRequest, url: str) -> HttpResponse:
    back = {"back_url": url, "back_text": account_texts.TO_THE_PROFILE, "section": "profile"}
    return render(request, "busy.html", back, status=409)


def _offered(owner: User) -> list[Score]:
    """Returns the best plays of all games, then the latest scores, without pinned ones. At most six queries."""
    mine = Score.objects.filter(user=owner, game__in=BY_SLUG, highlight=False)
    stats = [row for row in GameStats.objects.filter(user=owner) if row.game in BY_SLUG]
    best = find_best_plays(stats, limit=MAX_OFFERED) if stats else []
    found = {score.score_id: score for score in mine.filter(score_id__in=[each.score_id for each in best])}
    first = [found[each.score_id] for each in best if each.score_id in found]
    latest = mine.order_by("-pk")[:MAX_OFFERED]
    return [*first, *(score for score in latest if score.score_id not in found)]
