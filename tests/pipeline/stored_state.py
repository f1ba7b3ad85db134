"""What the database holds of a player, in the words of the model in player_model.py."""

from __future__ import annotations

from typing import Any

from imports.games import playtype_of
from imports.models import (
    CarriedScores,
    ClassAchievement,
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
    """Completed imports, each with the number of its rows that are left out, as its row says."""
    return dict(Import.objects.filter(user=user, state=State.COMPLETED).values_list("pk", "problem_count"))


def carried(user: User) -> dict[int, set[str]]:
    """Completed imports, each with the IDs of its carried scores."""
    packed = dict(CarriedScores.objects.filter(job__user=user).values_list("job", "score_ids"))
    return {
        job.pk: unpack_score_ids(packed.get(job.pk, b""))
        - set(job.scores.values_list("score_id", flat=True))
        - deletions.since_completed(job).keys()
        for job in Import.objects.filter(user=user, state=State.COMPLETED)
    }


def assert_scores_match_their_owner(model: PlayerModel) -> None:
    """Every score says what the import that it belongs to says of it, and what its owner made of it."""
    for score in scores_of(model.user):
        gpt, rows = model.rows[score.from_import_id]
        row = next(row for row in rows if score_name(gpt, row) == name_of(score))
        assert score.time_achieved == row["timeAchieved"]
        assert score.edited or score.comment == row.get("comment")


def documents_of(user: User) -> tuple[Any, ...]:
    """All that the player sees, names of sessions and all, less the times of insertion."""
    counts = Import.objects.filter(user=user).order_by("pk").values_list("pk", "state", "score_count")
    return state_of(user), names(user), list(counts), edits(user), class_history(user), told_values(user)


def class_history(user: User) -> list[tuple[Any, ...]]:
    """The feed of classes, and by which import each was reached."""
    found = ClassAchievement.objects.filter(user=user).order_by("time_achieved", "class_set")
    columns = ("game", "playtype", "class_set", "old_value", "new_value", "time_achieved", "from_import")
    return list(found.values_list(*columns))


def told_values(user: User) -> list[tuple[Any, ...]]:
    """What the documents of completed imports say they did to bests, ratings and classes."""
    completed = Import.objects.filter(user=user, state=State.COMPLETED).order_by("pk")
    columns = ("pk", "best_count", "first_play_count", "class_deltas", "rating_changes", "best_counts")
    return list(completed.values_list(*columns))


def names(user: User) -> list[tuple[Any, ...]]:
    """What sessions are called."""
    named = Session.objects.filter(user=user).order_by("session_id")
    return list(named.values_list("session_id", "name", "desc", "highlight"))


def check_identities(user: User, said: dict[str, Row]) -> None:
    """Nothing that their player said of sessions is lost, and a session shows what was said of those merged in it."""
    sessions = list(Session.objects.filter(user=user))
    apart = {one.session_id: one for one in SessionIdentity.objects.filter(user=user)}
    identities: dict[str, Session | SessionIdentity] = {one.session_id: one for one in sessions} | apart
    for session_id, values in said.items():
        assert {name: getattr(identities[session_id], name) for name in values} == values
    for session in sessions:
        merged = [one for one in identities.values() if _was_in(session, one)]
        assert all(find_session(one.session_id) == session for one in merged)
        for name in ("name", "desc", "highlight"):
            about = [said[one.session_id][name] for one in merged if name in said.get(one.session_id, {})]
            assert not about or not all(about) or getattr(session, name) in about


def _was_in(session: Session, identity: Session | SessionIdentity) -> bool:
    return (
        (session.game, session.playtype) == (identity.game, identity.playtype)
        and identity.anchor is not None
        and session.time_started <= identity.anchor <= session.time_ended
    )


def history_of(user: User) -> dict[str, Any]:
    """A player's state, less what reverts leave (provided classes), and less who brought which session's scores."""
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
