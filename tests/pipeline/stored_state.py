"""The stored state of a player, in the form of the model in player_model.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from imports.games import playtype_of
from imports.models import (
    CarriedScores,
    ClassAchievement,
    GameStats,
    Import,
    OrphanScore,
    PersonalBest,
    Score,
    Session,
    SessionIdentity,
    State,
    User,
    find_session,
)
from imports.models.results.carried_scores import unpack_score_ids
from imports.pipeline import deletions
from tests.pipeline.factories import (
    row_of,
    score_name,
    state_of,
)
from tests.pipeline.player_model import PlayerModel

Row = dict[str, Any]


def name_of(score: Score) -> str:
    return score_name(f"{score.game}:{score.playtype}", row_of(score))


def orphan_name(orphan: OrphanScore) -> str:
    return score_name(f"{orphan.game}:{orphan.context['playtype']}", orphan.data)


def owners(user: User) -> dict[str, int]:
    return {name_of(score): score.from_import_id for score in scores_of(user)}


def edits(user: User) -> dict[str, tuple[str | None, bool]]:
    return {name_of(score): (score.comment, score.highlight) for score in scores_of(user) if score.edited}


def orphans(user: User) -> dict[str, int]:
    return {orphan_name(orphan): orphan.from_import_id for orphan in OrphanScore.objects.filter(user=user)}


def left_out(user: User) -> dict[int, int]:
    """Returns the stored number of problems of each completed import, by primary key."""
    return dict(Import.objects.filter(user=user, state=State.COMPLETED).values_list("pk", "problem_count"))


def carried(user: User) -> dict[int, set[str]]:
    """Returns the IDs of the carried scores of each completed import, by primary key."""
    packed = dict(CarriedScores.objects.filter(job__user=user).values_list("job", "score_ids"))
    return {
        job.pk: unpack_score_ids(packed.get(job.pk, b""))
        - set(job.scores.values_list("score_id", flat=True))
        - deletions.since_completed(job).keys()
        for job in Import.objects.filter(user=user, state=State.COMPLETED)
    }


def assert_scores_match_their_owner(model: PlayerModel) -> None:
    """Checks that every score has the values of its import's row, except edited comments."""
    for score in scores_of(model.user):
        gpt, rows = model.rows[score.from_import_id]
        row = next(row for row in rows if score_name(gpt, row) == name_of(score))
        assert score.time_achieved == row["timeAchieved"]
        assert score.edited or score.comment == row.get("comment")


def documents_of(user: User) -> tuple[Any, ...]:
    """Returns everything that the player sees, including session names, without times of insertion."""
    counts = Import.objects.filter(user=user).order_by("pk").values_list("pk", "state", "score_count")
    return state_of(user), names(user), list(counts), edits(user), class_history(user), told_values(user)


def class_history(user: User) -> list[tuple[Any, ...]]:
    """Returns the class achievements of a player with their imports."""
    found = ClassAchievement.objects.filter(user=user).order_by("time_achieved", "class_set")
    columns = ("game", "playtype", "class_set", "old_value", "new_value", "time_achieved", "from_import")
    return list(found.values_list(*columns))


def told_values(user: User) -> list[tuple[Any, ...]]:
    """Returns the stored effects of completed imports on bests, ratings and classes."""
    completed = Import.objects.filter(user=user, state=State.COMPLETED).order_by("pk")
    columns = ("pk", "best_count", "first_play_count", "class_deltas", "rating_changes", "best_counts")
    return list(completed.values_list(*columns))


def names(user: User) -> list[tuple[Any, ...]]:
    """Returns ID, name, description and highlight of each session."""
    named = Session.objects.filter(user=user).order_by("session_id")
    return list(named.values_list("session_id", "name", "desc", "highlight"))


def check_identities(user: User, changed: dict[str, Row]) -> None:
    """Checks that all edits of sessions are stored, and that a session shows the edits of those merged into it."""
    sessions = list(Session.objects.filter(user=user))
    apart = {one.session_id: one for one in SessionIdentity.objects.filter(user=user)}
    identities: dict[str, Session | SessionIdentity] = {one.session_id: one for one in sessions} | apart
    for session_id, values in changed.items():
        assert {name: getattr(identities[session_id], name) for name in values} == values
    for session in sessions:
        merged = [one for one in identities.values() if _was_in(session, one)]
        assert all(find_session(one.session_id) == session for one in merged)
        for name in ("name", "desc", "highlight"):
            about = [changed[one.session_id][name] for one in merged if name in changed.get(one.session_id, {})]
            assert not about or not all(about) or getattr(session, name) in about


def _was_in(session: Session, identity: Session | SessionIdentity) -> bool:
    return (
        (session.game, session.playtype) == (identity.game, identity.playtype)
        and identity.anchor is not None
        and session.time_started <= identity.anchor <= session.time_ended
    )


def history_of(user: User) -> dict[str, Any]:
    """Returns a player's state without provided classes, which reverts keep, and without the imports of sessions."""
    state = state_of(user)
    played = set(PersonalBest.objects.filter(user=user).values_list("game", "playtype"))
    stats = [
        [game, playtype, ratings, _derived(game, playtype, classes)]
        for game, playtype, ratings, classes in state["stats"]
        if (game, playtype) in played
    ]
    return {**state, "stats": stats, "sessions": [session[:-1] for session in state["sessions"]]}


def _derived(game: str, playtype: str, classes: dict[str, str]) -> dict[str, str]:
    sets = playtype_of(game, playtype).classes
    return {name: value for name, value in classes.items() if not sets[name].is_provided}


def scores_of(user: User) -> list[Score]:
    return list(Score.objects.filter(user=user).select_related("chart__song").order_by("score_id"))


# --- changes of a revert -----------------------------------------------------------------------------------

NOTHING: Row = {"ratings": {}, "classes": {}, "scores": 0, "charts": 0, "sessions": 0}


def totals_of(user: User) -> dict[tuple[str, str], Row]:
    """Returns the totals of each played game and playtype, in the form of `Import.revert_totals`."""
    found: dict[tuple[str, str], Row] = {
        (stats.game, stats.playtype): NOTHING | {"ratings": stats.ratings, "classes": stats.classes}
        for stats in GameStats.objects.filter(user=user)
    }
    for name, model in (("scores", Score), ("charts", PersonalBest), ("sessions", Session)):
        rows = model._default_manager.filter(user=user).values_list("game", "playtype")
        for place, count in Counter(rows).items():
            found[place] = found.get(place, NOTHING) | {name: count}
    return found


def check_revert_totals(user: User, reverted: Collection[int], *, before: dict[tuple[str, str], Row]) -> None:
    """Compares the stored totals of imports reverted together with the totals before and the current ones."""
    totals = dict(before)
    for job in Import.objects.filter(pk__in=reverted).order_by("-pk"):
        assert job.revert_totals is not None
        assert set(job.playtypes) <= job.revert_totals.keys()
        for playtype, change in job.revert_totals.items():
            assert change["before"] == totals.get((job.game, playtype), NOTHING)
            totals[(job.game, playtype)] = change["after"]
    assert {place: found for place, found in totals.items() if found != NOTHING} == totals_of(user)
