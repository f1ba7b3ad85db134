"""A player's page of a game, the players of a game by rating, and two players compared."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports import jobs
from imports.games import BY_SLUG
from imports.games.spec import Game, Playtype
from imports.integers import parse_digits
from imports.models import GameStats, User
from imports.pages.components.active_filters import active_filters, clear_url
from imports.pages.components.import_summary import rating_format
from imports.pages.components.lamp_colors import row_ladder
from imports.pages.components.rating_history import RANGES, rated_days, rating_plot
from imports.pages.components.view_models import Link
from imports.pages.core.pagination import list_url
from imports.pages.core.permissions import player
from imports.pages.players import comparison, game_page, ranking
from imports.pages.players.forms import MAX_NAME_LENGTH, CompareForm, LevelFilter
from imports.pages.players.session_list import session_list
from imports.pages.texts import formatting, player_texts
from imports.pages.texts.numbers import format_change
from imports.pipeline.rankings.comparison import CHARTS, Which, count_charts
from imports.pipeline.rankings.leaderboards import find_ranked

MAX_PAGE = 1_000_000


def game_and_playtype(slug: str, name: str) -> tuple[Game, Playtype]:
    """Returns a game of this release, even if this instance has disabled it, and its playtype. Raises Http404."""
    game = BY_SLUG.get(slug)
    if game is None or name not in game.by_name:
        raise Http404
    return game, game.by_name[name]


@require_safe
def player_game(request: HttpRequest, name: str, slug: str, playtype_name: str) -> HttpResponse:
    """Shows a player's page of a game: `?tab=` chooses the tab, `?range=` the time span of the picture."""
    owner = player(name)
    game, playtype = game_and_playtype(slug, playtype_name)
    stats = GameStats.objects.filter(user=owner, game=slug, playtype=playtype.name).first()
    if stats is None:
        return _without_scores(request, owner, game, playtype)
    page = game_page.PlayerGame(owner, stats, game, playtype)
    tab = request.GET.get("tab", "")
    tab = tab if tab in game_page.TABS else "overview"
    context = {
        **game_page.frame(request, page, tab),
        **game_page.rating_box(request, page),
        **game_page.TABS[tab](request, page),
    }
    return render(request, "player-game.html", context)


def _without_scores(request: HttpRequest, owner: User, game: Game, playtype: Playtype) -> HttpResponse:
    """Returns the page of a player without scores and classes. Raises Http404 if the game is disabled."""
    if not is_enabled(game):
        raise Http404
    context = {
        "owner": owner,
        "is_own": owner == request.user,
        "name": game.label(playtype.name),
        "crumb": Link(owner.username, reverse("profile", args=[owner.username])),
        "section": "profile" if owner == request.user else "games",
    }
    return render(request, "player-game-empty.html", context)


@require_safe
def player_sessions(request: HttpRequest, name: str) -> HttpResponse:
    """Lists the sessions of a player; `?game=` (such as `sdvx/Single`) filters them by game."""
    return render(request, "player-sessions.html", session_list(request, player(name)))


# --- rankings -------------------------------------------------------------------------------------------


@require_safe
def leaderboard(request: HttpRequest, slug: str, playtype_name: str) -> HttpResponse:
    """Ranks the players of a playtype: `?by=` chooses the ranking, `?q=` searches names, `?page=` chooses the page.

    A reader beyond the first page sees only the best five and the players around them, unless a page is requested.
    `?game=` (such as `sdvx/Single`) leads to another game's.
    """
    game, playtype = game_and_playtype(slug, playtype_name)
    current = f"{slug}/{playtype_name}"
    wanted = request.GET.get("game", current)
    choices = ranking.game_choices(game, playtype)
    if wanted != current and wanted in dict(choices):
        text = urlencode({"q": request.GET["q"]}) if request.GET.get("q") else ""
        address = reverse("leaderboard", args=wanted.split("/"))
        return redirect(f"{address}?{text}" if text else address)
    choices_by = ranking.ranking_choices(playtype)
    by = request.GET.get("by", "")
    chosen = ranking.ChosenRanking(by if by in dict(choices_by) else playtype.default_profile_rating, playtype)
    reader = request.user if isinstance(request.user, User) else None
    text = request.GET.get("q", "").replace("\0", "").strip()[:MAX_NAME_LENGTH]
    number = parse_digits(request.GET.get("page", ""), maximum=MAX_PAGE) or 1
    found, count = find_ranked(
        game.slug, playtype, chosen.key, name=text, limit=ranking.PER_PAGE, before=(number - 1) * ranking.PER_PAGE
    )
    if not found and number > 1:  # beyond the end: back to the first page
        return redirect(list_url(request.GET, page=None) if len(request.GET) > 1 else request.path)
    summary = None
    if reader and not text and number == 1:
        summary = ranking.leaderboard_summary(reader, game, chosen, out_of=count)
    # Readers far down look for themselves first, then for the best. A requested page is shown in full.
    is_short = summary is not None and summary.own.place > ranking.PER_PAGE and "page" not in request.GET
    found = found[: ranking.TOP] if is_short else found
    rows = ranking.ranked_rows([*found, *(summary.around if summary else ())], game, chosen, reader=reader)
    context = {
        "game": game,
        "name": game.label(playtype.name),
        "playtype": playtype,
        "rating_name": formatting.rating_name(chosen.rating, playtype),
        "by": chosen.key,
        "ranking_name": chosen.name,
        "rankings": choices_by,
        "current": current,
        "games": choices,
        "text": text,
        "count": count,
        "clear_url": list_url(request.GET, q=None, page=None),
        "rows": rows[: len(found)],
        "around": rows[len(found) :] if summary and summary.own.place > ranking.PER_PAGE else [],
        "is_short": is_short,
        "full_url": f"{list_url(request.GET, page=1)}#players",
        "summary": summary,
        "page": Paginator(range(count), ranking.PER_PAGE).get_page(number),
        "tabs": _playtype_tabs(game, playtype, "leaderboard"),
        "has_songs": is_enabled(game),
        "crumb": Link(game.name, reverse("game-detail", args=[game.slug]))
        if is_enabled(game)
        else Link(str(player_texts.GAMES), reverse("game-list")),
        "section": "games",
    }
    return render(request, "leaderboard.html", context)


def is_enabled(game: Game) -> bool:
    """Returns whether this instance accepts scores of the game; results of disabled games stay visible."""
    return game in jobs.enabled_games()


def _playtype_tabs(game: Game, current: Playtype, view: str) -> list[Link]:
    """Returns the game's playtypes; none if there is only one."""
    tabs = [
        Link(
            game.playtype_labels.get(name, name), reverse(view, args=[game.slug, name]), is_current=name == current.name
        )
        for name in game.by_name
    ]
    return tabs if len(tabs) > 1 else []


# --- comparisons ----------------------------------------------------------------------------------------


@require_safe
def compare(request: HttpRequest, slug: str, playtype_name: str) -> HttpResponse:
    """Compares two players: `?one=` and `?other=` name them, `?which=` chooses the listed charts.

    `?game=` (such as `sdvx/Single`) leads to another game's.
    """
    game, playtype = game_and_playtype(slug, playtype_name)
    current = f"{slug}/{playtype_name}"
    wanted = request.GET.get("game", current)
    choices = ranking.game_choices(game, playtype)
    if wanted != current and wanted in dict(choices):
        names = {key: request.GET[key] for key in ("one", "other") if key in request.GET}
        return redirect(f"{reverse('compare', args=wanted.split('/'))}?{urlencode(names)}")
    own = request.user.username if isinstance(request.user, User) else ""
    given = {"one": own, **request.GET.dict()} if "other" in request.GET else None
    form = CompareForm(given, initial={"one": own}, query=request.GET)
    context: dict[str, Any] = {
        "game": game,
        "name": game.label(playtype.name),
        "playtype": playtype,
        "rating_name": formatting.rating_name(playtype.default_profile_rating, playtype),
        "form": form,
        "current": current,
        "games": choices,
        "crumb": Link(str(player_texts.LEADERBOARD), reverse("leaderboard", args=[game.slug, playtype.name])),
        "section": "games",
    }
    if form.is_bound and form.is_valid():
        players = form.cleaned_data["one"], form.cleaned_data["other"]
        found = GameStats.objects.filter(user__in=players, game=slug, playtype=playtype.name).select_related("user")
        stats = {row.user_id: row for row in found}
        context["players"] = players
        context["absent"] = [each.username for each in players if each.pk not in stats]
        if not context["absent"]:
            context |= _comparison(request, stats[players[0].pk], stats[players[1].pk], game, playtype)
    return render(request, "compare.html", context)


def _comparison(
    request: HttpRequest, one: GameStats, other: GameStats, game: Game, playtype: Playtype
) -> dict[str, Any]:
    """Returns the context for two players with scores of the playtype. Seventeen queries at most."""
    rating = playtype.default_profile_rating
    totals = count_charts(one, other, ladder=row_ladder(game.slug))
    names = one.user.username, other.user.username
    titles: dict[Which, str] = {
        "close": str(player_texts.CLOSE),
        "one": player_texts.leads(names[0], is_reader=one.user == request.user),
        "other": player_texts.leads(names[1], is_reader=other.user == request.user),
        "even": str(player_texts.EVEN),
        "only-one": player_texts.only_played(names[0], is_reader=one.user == request.user),
        "only-other": player_texts.only_played(names[1], is_reader=other.user == request.user),
        "all": str(player_texts.ALL_CHARTS),
    }
    first: Which = "close" if totals.shared else "all"
    which: Which = next((each for each in CHARTS if each == request.GET.get("which")), first)
    filters = LevelFilter(
        {"level": request.GET.get("level", ""), "one": names[0], "other": names[1], "which": which},
        auto_id="filter_%s",  # the form that chooses the players has fields of the same names
    )
    chosen = filters.chosen()
    level = chosen.get("level", "")
    listed = count_charts(one, other, ladder=row_ladder(game.slug), level=level) if level else totals
    page = Paginator(range(listed.count(which)), comparison.PER_PAGE).get_page(request.GET.get("page"))
    days = rated_days(one, span=RANGES["90d"]), rated_days(other, span=RANGES["90d"])
    taken = comparison.lead_taken(days)
    return {
        "sides": comparison.player_ratings((one, other), playtype),
        "difference": format_change(
            other.ratings.get(rating), one.ratings.get(rating), rating_format(playtype, rating), kind="profile"
        ),
        "names": names,
        "plot": rating_plot(days[0], playtype, span=RANGES["90d"], other=days[1]) if all(days) else None,
        "lead_note": player_texts.took_the_lead(names[taken[0] - 1], formatting.written_day(taken[1])) if taken else "",
        "totals": totals,
        "bests": (totals.count("only-one"), totals.count("only-other")),  # shown if no chart is shared
        "bar": comparison.lead_bar(totals, names),
        "lamps": comparison.lamp_rows(totals, game),
        "facts": comparison.fact_rows(one, other, game, playtype),
        "chips": [
            Link(title, f"{list_url(request.GET, which=key, page=None)}#charts", listed.count(key), key == which)
            for key, title in titles.items()
        ],
        "filters": filters,
        "active": active_filters(filters, chosen, request.GET),
        "clear_url": clear_url(chosen, request.GET),
        "page": page,
        "rows": comparison.chart_rows(one, other, game, playtype, which=which, level=level, page=page.number),
    }
