"""What a score's page says beside its numbers: what it was to the player's best, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from imports import rules
from imports.games.spec import Playtype
from imports.models import PersonalBest, Score, Session
from imports.pages import play_words
from imports.pages.access import visible_imports
from imports.pages.context import import_url
from imports.pages.naming import name_of
from imports.pages.parts import Link, Note
from imports.pages.score_rows import Stretch
from imports.pipeline.ranking import best_ranks


def as_it_came(score: Score) -> Stretch:
    """A score held against what its player had on the chart before; an untimed one against what came earlier."""
    here = Q(pk=score.pk)
    if score.time_achieved is None:
        return Stretch(score.user_id, here, Q(pk__lt=score.pk))
    return Stretch(score.user_id, here, Q(time_achieved__lt=score.time_achieved) | Q(time_achieved=None))


def notes_on_best(score: Score, playtype: Playtype) -> list[Note]:
    """Whether it is the player's best on the chart, or lends to it, and where that best stands. Two queries."""
    best = PersonalBest.objects.filter(user=score.user_id, chart=score.chart_id).defer("rank_keys").first()
    if best is None:
        return []
    lends = [part["name"] for part in best.composed_from if part["scoreID"] == score.score_id]
    primary = best.score_id == score.score_id
    rank = best_ranks([best])[best.pk]
    named = [name for name in lends if name != playtype.best_name]
    icon = "trophy" if lends else "info"
    return [
        Note(icon, *play_words.part_of_best(primary, named)),
        Note("list-music", "", play_words.among_players(rank.rank, rank.out_of)),
    ]


def session_of(score: Score) -> Session | None:
    """One query; none for an untimed score."""
    if score.time_achieved is None:
        return None
    return Session.objects.filter(
        user=score.user_id,
        game=score.game,
        playtype=score.playtype,
        time_started__lte=score.time_achieved,
        time_ended__gte=score.time_achieved,
    ).first()


@dataclass(frozen=True, slots=True)
class Origin:
    """How a score came here: its import as far as the reader may see it, and its session."""

    job: Link | None
    session: Link | None


def origin_of(score: Score, request: HttpRequest) -> Origin:
    """Two queries."""
    job = visible_imports(request).filter(pk=score.from_import_id).first()
    session = session_of(score)
    return Origin(
        job=Link(name_of(job, private=rules.can_see_input(request.user, job)), import_url(job)) if job else None,
        session=Link(session.name, reverse("session-detail", args=[session.session_id])) if session else None,
    )
