"""The facts about a player: on their own page of the admin, and beside each of their imports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from imports.admin.details.transitions import game_label, number
from imports.catalogue.rating_names import rating_name
from imports.games import BY_SLUG, playtype_of
from imports.models import AuditEntry, GameStats, Import, State, User
from imports.pipeline.rankings.ranks import stats_rankings

MAX_COUNTED = 10_000  # imports; whoever has more has that many and more
MAX_IMPORTS = 10  # newest imports on a player's page
MODERATED = (
    AuditEntry.Verb.BANNED, AuditEntry.Verb.UNBANNED, AuditEntry.Verb.CLASS_SET, AuditEntry.Verb.REVERTED,
)  # fmt: skip
"""What moderators do with players; of reverts, those of somebody else's imports."""


@dataclass(frozen=True, slots=True)
class RankedRating:
    """A player's main rating in one playtype, and the rank that it gives."""

    game: str
    rating: str
    value: str
    rank: int
    out_of: int


@dataclass(frozen=True, slots=True)
class PlayerFacts:
    """`imports` counts no further than `MAX_COUNTED`; `moderated` is when a moderator last acted on the player."""

    player: User
    ratings: list[RankedRating]
    imports: int
    reverted: int
    failed: int
    moderated: datetime | None
    times_moderated: int


def player_facts(player: User, *, game: str = "") -> PlayerFacts:
    """What moderators ask of a player; with `game`, ratings of that game only. Four queries."""
    rows = GameStats.objects.filter(user=player, **({"game": game} if game else {}))
    listed = [row for row in rows.order_by("game", "playtype") if row.game in BY_SLUG]
    rankings = stats_rankings(listed) if listed else {}
    ratings = []
    for row in listed:
        rating = playtype_of(row.game, row.playtype).default_profile_rating
        if row.ratings.get(rating) is None:
            continue
        rank = rankings[row.pk][rating]
        label = game_label(row.game, row.playtype)
        ratings.append(RankedRating(label, rating_name(rating), number(row.ratings[rating]), rank.rank, rank.out_of))
    newest = Import.objects.filter(user=player).order_by("-pk").values("pk")[:MAX_COUNTED]
    counts = Import.objects.filter(pk__in=newest).aggregate(
        imports=Count("pk"),
        reverted=Count("pk", filter=Q(state=State.REVERTED)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
    )
    # By others: owners revert their imports, too.
    moderation = AuditEntry.objects.filter(subject=player, verb__in=MODERATED).exclude(actor=player).exclude(actor=None)
    times = list(moderation.order_by("-pk").values_list("at", flat=True)[:MAX_COUNTED])
    return PlayerFacts(player, ratings, **counts, moderated=times[0] if times else None, times_moderated=len(times))


def newest_imports(player: User) -> list[Import]:
    """The newest imports of a player. One query."""
    found = Import.objects.filter(user=player).select_related("user", "input")
    return list(found.defer("put_aside", "traceback", "input__content").order_by("-pk")[:MAX_IMPORTS])
