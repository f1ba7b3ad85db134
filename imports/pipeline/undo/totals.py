"""A player's totals of a game before and after a revert: ratings, classes, numbers of scores, charts, sessions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypedDict

import msgspec
from django.db import connection

from imports.games import BY_SLUG
from imports.models import GameStats, PersonalBest, Score, Session

from_json = msgspec.json.decode


class Totals(TypedDict):
    """A player's totals of a playtype. `charts`: the number of charts with a personal best."""

    ratings: dict[str, float | None]
    classes: dict[str, str]
    scores: int
    charts: int
    sessions: int


class TotalsChange(TypedDict):
    """The totals of a playtype before and after a revert."""

    before: Totals
    after: Totals


def read_totals(user_id: int, game: str, *, scores: Mapping[str, int] | None = None) -> dict[str, Totals]:
    """Returns a player's totals of each playtype of a game, in one statement.

    `scores`: the number of scores of each playtype, if the caller knows it, because counting many scores is slow.
    """
    mine = "user_id = %(user_id)s AND game = %(game)s AND playtype = asked.playtype"
    count = "0" if scores is not None else f"(SELECT count(*) FROM {Score._meta.db_table} WHERE {mine})"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT asked.playtype, stats.ratings::text, stats.classes::text, {count},
                   (SELECT count(*) FROM {PersonalBest._meta.db_table} WHERE {mine}),
                   (SELECT count(*) FROM {Session._meta.db_table} WHERE {mine})
            FROM unnest(%(playtypes)s::text[]) AS asked (playtype) LEFT JOIN {GameStats._meta.db_table} AS stats
                ON stats.user_id = %(user_id)s AND stats.game = %(game)s AND stats.playtype = asked.playtype
            """,
            # A release may have removed the game.
            {"user_id": user_id, "game": game, "playtypes": list(BY_SLUG[game].by_name) if game in BY_SLUG else []},
        )
        return {
            playtype: Totals(
                ratings=from_json(ratings or "{}"),
                classes=from_json(classes or "{}"),
                scores=counted if scores is None else scores[playtype],
                charts=charts,
                sessions=sessions,
            )
            for playtype, ratings, classes, counted, charts, sessions in cursor.fetchall()
        }


def compare_totals(
    before: Mapping[str, Totals], after: Mapping[str, Totals], *, playtypes: Collection[str]
) -> dict[str, TotalsChange]:
    """Returns the totals of these playtypes, and of every other playtype with a difference."""
    return {
        name: TotalsChange(before=was, after=after[name])
        for name, was in before.items()
        if name in playtypes or was != after[name]
    }
