"""/account/delete/: deleting a game's profile or the whole account, and cancelling the deletion."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth import login, logout
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imports import jobs
from imports.games import BY_SLUG
from imports.models import Departure, Import, OrphanScore, PersonalBest, Score, Session, User
from imports.models.jobs.departures import EVERYTHING
from imports.pages.accounts.forms import ConfirmForm, ReturnForm
from imports.pages.components.view_models import Link
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.core.rate_limit_middleware import limit_failures
from imports.pages.texts import account_texts
from imports.pipeline.states import PlayerLocked


@require_safe
@sign_in_required
def departure_list(request: AuthenticatedRequest) -> HttpResponse:
    """Lists what can be deleted, and the pending deletions."""
    leaving = list(Departure.objects.filter(user=request.user).order_by("due_at"))
    hidden = {departure.game for departure in leaving}
    games = Import.objects.filter(user=request.user, game__in=BY_SLUG).exclude(game__in=hidden)
    counted = Score.objects.filter(user=request.user).values_list("game").annotate(count=Count("pk"))
    scores: dict[str, int] = dict(counted.order_by())
    context = {
        "leaving": [(departure, BY_SLUG[departure.game].name) for departure in leaving if departure.game in BY_SLUG],
        "games": [
            Link(BY_SLUG[game].name, reverse("departure-game", args=[game]), scores.get(game, 0))
            for game in games.values_list("game", flat=True).distinct().order_by("game")
        ],
        "crumb": Link(account_texts.ACCOUNT, reverse("account")),
        "section": "account",
    }
    return render(request, "departure-list.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@limit_failures
@sign_in_required
def departure(request: AuthenticatedRequest, game: str = EVERYTHING) -> HttpResponse:
    """GET shows what will be deleted; POST with the password hides it and schedules the deletion in thirty days."""
    if game and not Import.objects.filter(user=request.user, game=game, game__in=BY_SLUG).exists():
        raise Http404
    form = ConfirmForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_bound and form.is_valid():
        try:
            made = jobs.start_departure(request.user, game, by=request.user)
        except PlayerLocked:
            form.add_error(None, account_texts.BUSY)
        except jobs.CannotLeave as refusal:
            form.add_error(None, str(refusal))
        else:
            if made.game:
                messages.success(request, account_texts.game_hidden(BY_SLUG[made.game].name, made.due_at))
                return redirect("departure-list")
            logout(request)
            messages.success(request, account_texts.account_hidden(made.due_at))
            return redirect("account-return")
    context = {
        "form": form,
        "game_name": BY_SLUG[game].name if game else "",
        "losses": _losses(request.user, game),
        "due": timezone.now() + timedelta(days=jobs.DAYS_TO_RETURN),
        "days": jobs.DAYS_TO_RETURN,
        "crumb": Link(account_texts.DELETE, reverse("departure-list")),
        "section": "account",
    }
    return render(request, "departure.html", context, status=400 if form.errors else 200)


def _losses(user: User, game: str) -> list[str]:
    """Returns texts with the counts of rows that will be deleted, without zeros."""
    mine = {"user": user, **({"game": game} if game else {})}
    counts = [
        (Score.objects.filter(**mine).count(), account_texts.scores_lost),
        (PersonalBest.objects.filter(**mine).count(), account_texts.bests_lost),
        (Session.objects.filter(**mine).count(), account_texts.sessions_lost),
        (Import.objects.filter(**mine).count(), account_texts.imports_lost),
        (OrphanScore.objects.filter(**mine).count(), account_texts.unmatched_lost),
        (0 if game else user.tokens.count(), account_texts.tokens_lost),
        (0 if game else user.api_clients.count(), account_texts.clients_lost),
    ]
    return [say(count) for count, say in counts if count]


@require_POST
@sign_in_required
def departure_cancel(request: AuthenticatedRequest, game: str) -> HttpResponse:
    """Restores a game."""
    found = get_object_or_404(Departure, user=request.user, game=game, game__in=BY_SLUG)
    try:
        jobs.cancel_departure(found, by=request.user)
    except PlayerLocked:
        messages.error(request, account_texts.BUSY)
    else:
        messages.success(request, account_texts.game_restored(BY_SLUG[game].name))
    return redirect("departure-list")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@limit_failures
def account_return(request: HttpRequest) -> HttpResponse:
    """Restores an account that is to be deleted, by name and password, and signs in."""
    if request.user.is_authenticated:
        return redirect("home")
    form = ReturnForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        found: Departure = form.cleaned_data["departure"]
        try:
            jobs.cancel_departure(found, by=found.user)
        except PlayerLocked:
            form.add_error(None, account_texts.BUSY)
        else:
            user = User.objects.get(pk=found.user_id)
            if user.is_active:
                login(request, user, backend="imports.access.login_throttling.ThrottledModelBackend")
            messages.success(request, account_texts.ACCOUNT_RESTORED)
            return redirect("home")
    return render(request, "account-return.html", {"form": form}, status=400 if form.errors else 200)
