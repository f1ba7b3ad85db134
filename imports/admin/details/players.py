"""Facts about a player for their page in the admin, and for the pages of their imports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from imports.admin.details.transitions import game_label, number
from imports.catalogue.rating_names import rating_name
from imports.games import BY_SLUG, playtype_of
from imports.models import AuditEntry, GameStats, Import, State, User
from imports.pipeline.rankings.ranks import stats_rankings

MAX_COUNTED = 10_000  # imports; higher counts are shown as this number
MAX_IMPORTS = 10  # newest imports on a player's page
MODERATED = (
    AuditEntry.Verb.BANNED, AuditEntry.Verb.UNBANNED, AuditEntry.Verb.CLASS_SET, AuditEntry.Verb.REVERTED,
)  # fmt: skip
"""Actions of moderators on players; of reverts, those of other users' imports."""


@dataclass(frozen=True, slots=True)
class RankedRating:
    """A player's main rating in one playtype, with its rank."""

    game: str
    rating: str
    value: str
    rank: int
    out_of: int


@dataclass(frozen=True, slots=True)
class PlayerFacts:
    """Counts of imports end at `MAX_COUNTED`; `moderated` is the last time a moderator acted on the player."""

    player: User
    ratings: list[RankedRating]
    imports: int
    reverted: int
    failed: int
    moderated: datetime | None
    times_moderated: int


def player_facts(player: User, *, game: str = "") -> PlayerFacts:
    """Returns the facts about a player; with `game`, only the ratings of that game. Four queries."""
    rows = GameStats.objects.filter(user=player, **({"game": game} if game else {}))
    listed = [row for row in rows.order_by("game", "playtype") if row.game in BY_SLUG]
    rankings = stats_rankings(listed) if listed else {}
    ratings = []
    for row in listed:
        playtype = playtype_of(row.game, row.playtype)
        rating = playtype.default_profile_rating
        if row.ratings.get(rating) is None:
            continue
        rank = rankings[row.pk][rating]
        label = game_label(row.game, row.playtype)
        name, value = rating_name(rating, playtype), number(row.ratings[rating])
        ratings.append(RankedRating(label, name, value, rank.rank, rank.out_of))
    newest = Import.objects.filter(user=player).order_by("-pk").values("pk")[:MAX_COUNTED]
    counts = Import.objects.filter(pk__in=newest).aggregate(
        imports=Count("pk"),
        reverted=Count("pk", filter=Q(state=State.REVERTED)),
        failed=Count("pk", filter=Q(state=State.FAILED)),
    )
    # Only actions of others: owners revert their imports, too.
    moderation = AuditEntry.objects.filter(subject=player, verb__in=MODERATED).exclude(actor=player).exclude(actor=None)
    times = list(moderation.order_by("-pk").values_list("at", flat=True)[:MAX_COUNTED])
    return PlayerFacts(player, ratings, **counts, moderated=times[0] if times else None, times_moderated=len(times))


def newest_imports(player: User) -> list[Import]:
    """Returns the newest imports of a player. One query."""
    imports = Import.objects.filter(user=player).select_related("user", "input")
    return list(imports.defer("put_aside", "traceback", "input__content").order_by("-pk")[:MAX_IMPORTS])
