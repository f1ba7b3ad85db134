"""Sessions as rows of a list: a strip of lamps, numbers of scores and new bests, and the rating change."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse

from imports.games import playtype_of
from imports.models import Session
from imports.pages.components.import_summary import rating_format
from imports.pages.components.lamp_colors import light_of, row_ladder
from imports.pages.components.lamp_strip import COLUMNS, lamp_strip
from imports.pages.components.view_models import Line
from imports.pages.core.display_names import game_name
from imports.pages.texts import score_texts
from imports.pages.texts.numbers import format_change
from imports.pipeline.rankings.session_results import count_new_bests, find_lamps, ratings_around

MAX_DRAWN = 2_000  # scores; a session with more is shown only in numbers


def session_lines(sessions: Sequence[Session], *, with_game: bool = False) -> list[Line]:
    """Returns the rows of sessions. Three queries for any number of sessions."""
    drawn = [session.pk for session in sessions if session.score_count <= MAX_DRAWN]
    lamps, bests, ratings = find_lamps(drawn, columns=COLUMNS), count_new_bests(drawn), ratings_around(drawn)
    lines = []
    for session in sessions:
        playtype = playtype_of(session.game, session.playtype)
        rating, ladder = playtype.default_profile_rating, row_ladder(session.game)
        before, after = ratings.get(session.pk, ({}, {}))
        change = format_change(
            before.get(rating) or 0, after.get(rating), rating_format(playtype, rating), kind="profile"
        )
        lines.append(
            Line(
                name=session.name,
                about=game_name(session.game, [session.playtype]) if with_game else "",
                url=reverse("session-detail", args=[session.session_id]),
                strong=score_texts.score_count(session.score_count),
                rest=score_texts.new_bests(bests[session.pk]) if session.pk in bests else "",
                change=change,
                strip=lamp_strip(
                    [
                        max((light_of(session.game, ladder, lamp) for lamp in column), key=lambda light: light.lit)
                        for column in lamps.get(session.pk, [])
                    ]
                ),
                time=int(session.time_started),
                end_time=None if with_game else int(session.time_ended),
            )
        )
    return lines
