"""What a revert changes -> the API's document of it: the same for the preview and for what was then done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from imports.api.documents import Document, best_document, companions, number
from imports.api.loading import charts_of
from imports.models import Chart, PersonalBest
from imports.pipeline.preview import BestChange, Changes, SessionChange, Turn
from imports.pipeline.snapshot import Row

LISTED = 500  # at most so many sessions and bests of each kind; the totals count all


def changes_document(changes: Changes, *, user_id: int) -> Document:
    """Everything that differs, with the songs and charts of the bests that are listed. Two queries."""
    bests = sorted(changes.bests, key=lambda change: change.chart)
    falls = [change for change in bests if not change.is_gone]
    vanishes = [change for change in bests if change.is_gone]
    charts = charts_of(change.chart for change in (*falls[:LISTED], *vanishes[:LISTED]))
    return {
        "scores": changes.scores,
        "kept": changes.kept,
        "shared": [{"importID": import_id, "count": count} for import_id, count in changes.shared.items()],
        "sessions": _sessions(changes),
        "bests": {
            "falls": _bests(falls, charts, user_id=user_id),
            "vanishes": _bests(vanishes, charts, user_id=user_id),
            "totals": {"falls": len(falls), "vanishes": len(vanishes)},
        },
        "ratings": _turns(changes.ratings, called="rating"),
        "classes": _turns(changes.classes, called="set"),
        "classesStaying": list(changes.classes_staying),
        **companions(charts.values()),
    }


def _bests(changes: Sequence[BestChange], charts: Mapping[int, Chart], *, user_id: int) -> list[Document]:
    listed = []
    for change in changes[:LISTED]:
        chart = charts[change.chart]
        document = {"chartID": chart.chart_id, "before": _best(change.before, chart, user_id=user_id)}
        if (after := change.after) is not None:
            document["after"] = _best(after, chart, user_id=user_id)
        listed.append(document)
    return listed


def _best(row: Row, chart: Chart, *, user_id: int) -> Document:
    """Without its rank, which is a matter of all players and of now."""
    return best_document(PersonalBest(user_id=user_id, **row), chart, rank=None)


def _sessions(changes: Changes) -> Document:
    changed = sorted(changes.sessions, key=lambda change: (change.before["time_started"], change.before["id"]))
    gone = [change for change in changed if not change.after]
    shrunk = [change for change in changed if len(change.after) == 1]
    split = [change for change in changed if len(change.after) > 1]
    return {
        "gone": [_session(change.before) for change in gone[:LISTED]],
        "shrunk": [
            {"before": _session(change.before), "after": _session(change.after[0])} for change in shrunk[:LISTED]
        ],
        "split": [{"before": _session(change.before), "after": _parts(change)} for change in split[:LISTED]],
        "totals": {"gone": len(gone), "shrunk": len(shrunk), "split": len(split)},
    }


def _parts(change: SessionChange) -> list[Document]:
    return [_session(part) for part in sorted(change.after, key=lambda part: float(part["time_started"]))]


def _session(row: Row) -> Document:
    """A session in short. One that only comes to be has neither ID nor name yet (`preview.UNNAMED`)."""
    return {
        "sessionID": row["session_id"],
        "game": row["game"],
        "playtype": row["playtype"],
        "name": row["name"],
        "timeStarted": number(row["time_started"]),
        "timeEnded": number(row["time_ended"]),
        "scoreCount": row["score_count"],
        "calculatedData": row["calculated_data"],
    }


def _turns(turns: Iterable[Turn], *, called: str) -> list[Document]:
    return [
        {
            "game": turn.game,
            "playtype": turn.playtype,
            called: turn.name,
            "before": turn.before,
            "after": turn.after,
        }
        for turn in turns
    ]
