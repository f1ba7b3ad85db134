"""Presenters of the pages of scores and sessions, besides the numbers of the scores themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, F, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from imports.access import permissions
from imports.games.spec import Playtype
from imports.models import Import, PersonalBest, Score, Session
from imports.models.sessions import session_of
from imports.pages.components.chart_plays.own_plays import RECENT, place_among_own, recent_best
from imports.pages.components.import_summary import find_playtype
from imports.pages.components.score_rows import ChartBaseline, ScoreScope
from imports.pages.components.view_models import Count as Cell
from imports.pages.components.view_models import Link, Note, RatingChange
from imports.pages.core.display_names import format_name, import_name
from imports.pages.core.permissions import visible_imports
from imports.pages.core.urls import import_url, run_url
from imports.pages.texts import formatting, import_texts, score_texts
from imports.pages.texts.numbers import format_rating
from imports.pipeline.rankings.ranks import best_ranks
from imports.templatetags.shown import lang_attr

MAX_IMPORTS_OF_SESSION = 500  # that are read


def scope_on_arrival(score: Score) -> ScoreScope:
    """Returns the scope to compare a score with those played before; an untimed one with those imported before."""
    here = Q(pk=score.pk)
    # Untimed scores count as earlier than every timed score, as on the pages of sessions.
    if score.time_achieved is None:
        return ScoreScope(score.user_id, here, Q(pk__lt=score.pk))
    return ScoreScope(score.user_id, here, Q(time_achieved__lt=score.time_achieved) | Q(time_achieved=None))


def notes_on_best(score: Score, playtype: Playtype) -> list[Note]:
    """Returns whether the score is the player's best on the chart or part of it, and the rank of that best.

    For other scores also their place among the player's own. Four queries at most.
    """
    best = PersonalBest.objects.filter(user=score.user_id, chart=score.chart_id).defer("rank_keys").first()
    if best is None:
        return []
    lends = [part["name"] for part in best.composed_from if part["scoreID"] == score.score_id]
    primary = best.score_id == score.score_id
    rank = best_ranks([best])[best.pk]
    # "The best on this chart" means the default metric; the names are those of the other metrics.
    named = [name for name in lends if name != playtype.best_name]
    icon = "trophy" if lends else "info"
    among_own = []
    if not primary:
        recent = recent_best(score, playtype)
        said = (recent.value, recent.difference) if recent else ("", "")
        among_own.append(Note("history", *score_texts.among_plays(place_among_own(score), *said, count=RECENT)))
    return [
        Note(icon, *score_texts.part_of_best(primary, named)),
        *among_own,
        Note("list-music", "", score_texts.rank_note(rank.rank, rank.out_of)),
    ]


@dataclass(frozen=True, slots=True)
class ScoreOrigin:
    """The origin of a score: its import, if the reader may see it, and its session."""

    job: Link | None
    session: Link | None


def origin_of(score: Score, request: HttpRequest) -> ScoreOrigin:
    """Returns the origin of a score. Two queries."""
    job = visible_imports(request).filter(pk=score.from_import_id).first()
    session = session_of(score)
    return ScoreOrigin(
        job=Link(import_name(job, private=permissions.can_see_input(request.user, job)), import_url(job))
        if job
        else None,
        session=Link(session.name, reverse("session-detail", args=[session.session_id])) if session else None,
    )


@dataclass(frozen=True, slots=True)
class Sources:
    """The imports of a session's scores, as links: `45 imports by KsHook, night.json`."""

    links: SafeString
    count: int  # of the imports


def sources_of(session: Session, request: HttpRequest) -> Sources | None:
    """Returns the imports; None if the reader may see none of them. One query."""
    found = visible_imports(request).filter(session_parts__session=session).order_by("-pk")[:MAX_IMPORTS_OF_SESSION]
    groups: dict[tuple[str, ...], list[Import]] = {}
    for job in found:
        # All single scores sent by a tool are one source; each file is a source.
        is_single = job.row_count <= 1 and not job.user_intent
        source = (job.import_type, job.service, job.client) if is_single else (job.import_id,)
        groups.setdefault(source, []).append(job)
    is_own = session.user == request.user
    list_url = reverse("import-list") if is_own else reverse("player-imports", args=[session.user.username])
    links = []
    for jobs in groups.values():
        newest, oldest = jobs[0], jobs[-1]
        name = import_name(newest, private=permissions.can_see_input(request.user, newest))
        if len(jobs) == 1:
            links.append(Link(name, import_url(newest)))
        else:
            url = run_url(list_url, newest=newest.import_id, oldest=oldest.import_id)
            links.append(Link(import_texts.imports_by(len(jobs), newest.service or format_name(newest)), url))
    if not links:
        return None
    joined = format_html_join(
        ", ", '<a href="{}"{}>{}</a>', ((link.url, lang_attr(link.name), link.name) for link in links)
    )
    return Sources(joined, sum(map(len, groups.values())))


def session_counts(
    session: Session, scope: ScoreScope, baselines: Mapping[int, ChartBaseline], verdict: RatingChange | None
) -> tuple[Cell, ...]:
    """Returns the totals of a session. One query if the `baselines` of its charts are empty.

    A single play has fewer numbers; an unchanged rating (`verdict`) is one of them.
    """
    # Charts with a new best, and charts that were played for the first time.
    if baselines:
        raised = sum(each.is_raised for each in baselines.values())
        first = sum(each.before is None for each in baselines.values())
        counts = {"charts": len(baselines), "raised": raised, "first": first}
    else:
        counts = scope.chart_baselines(scope.scores().values("chart")).aggregate(
            charts=Count("chart_id"),
            raised=Count("chart_id", filter=Q(top__gt=F("before"))),
            first=Count("chart_id", filter=Q(before=None)),
        )
    bests = (
        Cell(score_texts.new_best_label(counts["raised"]), counts["raised"]),
        Cell(score_texts.first_play_label(counts["first"]), counts["first"]),
    )
    if session.score_count == 1:
        still = [Cell(verdict.name, str(score_texts.NO_CHANGE))] if verdict and verdict.is_still else []
        return (Cell(score_texts.score_label(1), 1), *bests, *still)
    minutes = int(session.time_ended - session.time_started) // 60_000
    played = Cell(score_texts.PLAYED_FOR, f"{minutes // 60}:{minutes % 60:02d}", small=score_texts.HOURS)
    cells = (
        Cell(score_texts.score_label(session.score_count), session.score_count),
        *bests,
        *([played] if minutes else []),
        Cell(score_texts.chart_label(counts["charts"]), counts["charts"]),
    )
    playtype = find_playtype(session.game, session.playtype)
    if playtype is None:
        return cells
    rating = playtype.default_session_rating
    value = session.calculated_data.get(rating)
    if value is None:  # `rating_note` explains it
        return cells
    text = format_rating(value, playtype.session_ratings[rating].shown, kind="session")
    name = score_texts.session_rating(formatting.rating_name(rating, playtype))
    return (*cells, Cell(name, text))


def rating_note(session: Session, playtype: Playtype) -> str:
    """Returns how many scores a session needs for a rating; empty if it has a rating, or enough scores."""
    rating = playtype.default_session_rating
    needed = playtype.session_ratings[rating].best
    if session.calculated_data.get(rating) is not None or session.score_count >= needed:
        return ""
    return score_texts.session_rating_needs(needed, formatting.rating_name(rating, playtype))
