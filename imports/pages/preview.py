"""Everything that reverting imports changes, as the confirmation tells it. `pipeline.preview` finds it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db.models import Q
from django.urls import reverse

from imports.chart_names import difficulty_name
from imports.games import BY_SLUG
from imports.models import Import, PersonalBest, Score, Session
from imports.pages import undo_words, words
from imports.pages.addresses import played_song
from imports.pages.lights import shown_lamp
from imports.pages.naming import about, class_name, game_name, milliseconds, name_of
from imports.pages.numbers import format_change, format_rating, signed
from imports.pages.parts import DiffRow, LedgerRow, Line, Note, RevertPreview
from imports.pages.result import playtype_named, profile_rating, shown
from imports.pages.score_rows import main_number
from imports.pipeline.catalogue import charts_by_pk
from imports.pipeline.preview import BestChange, Changes, Turn, preview
from imports.pipeline.revert import Deed

BESTS_SHOWN = 50


def revert_preview(jobs: Sequence[Import], deed: Deed) -> RevertPreview:
    """Of imports of one player. Raises Busy or NotRevertible as the deed would.

    Whoever may revert may see the names of files, too.
    """
    changes = preview(jobs, deed)
    bests = [change for change in changes.bests if change.after is not None]
    words_of = _about_one(jobs[0], changes) if len(jobs) == 1 else _about_several(jobs)
    return RevertPreview(
        ledger=(*_turns(changes), *_amounts(jobs, changes)),
        notes=tuple(_notes(changes, fallen=len(bests))),
        diffs=tuple(_diffs(bests[:BESTS_SHOWN])),
        diffs_title=words.bests_one_by_one(len(bests), shown=BESTS_SHOWN),
        **words_of,
        **_choice(changes, whose="its" if len(jobs) == 1 else "their"),
    )


def _about_one(job: Import, changes: Changes) -> dict[str, Any]:
    name = name_of(job, private=True)
    return {
        "heading": words.REVERT_THIS,
        "about": ", ".join(part for part in (name, game_name(job.game, job.playtypes)) if part),
        "button": words.REVERT if changes.kept else words.revert_scores(changes.scores),
    }


def _about_several(jobs: Sequence[Import]) -> dict[str, Any]:
    newest_first = sorted(jobs, key=lambda job: job.pk, reverse=True)
    return {
        "heading": undo_words.revert_these(len(jobs)),
        "about": "",
        "button": undo_words.revert_imports(len(jobs)),
        "keep_label": undo_words.LEAVE,
        "imports": tuple(import_line(job) for job in newest_first),
        "import_ids": tuple(job.import_id for job in newest_first),
    }


def import_line(job: Import) -> Line:
    """An import in a list of few words, for whoever may see its file's name."""
    name = name_of(job, private=True)
    return Line(
        name=name,
        url=reverse("import-detail", args=[job.import_id]),
        about=about(job, name=name),
        strong=words.did(scores=job.score_count, duplicates=0),
        time=milliseconds(job.time_queued),
    )


# --- the ledger -------------------------------------------------------------------------------------


def _turns(changes: Changes) -> Iterator[LedgerRow]:
    """Ratings and classes that change; of a rating that only its last digits change, nothing is to be seen."""
    turns = [*changes.ratings, *changes.classes]
    rows = [*map(_rating, changes.ratings), *map(_class, changes.classes)]
    several = len({(turn.game, turn.playtype) for turn in turns}) > 1
    for turn, row in zip(turns, rows, strict=True):
        if row is not None:
            yield replace(row, name=f"{game_name(turn.game, [turn.playtype])}, {row.name}") if several else row


def _rating(turn: Turn) -> LedgerRow | None:
    playtype = playtype_named(turn.game, turn.playtype)
    if playtype is None or turn.name not in playtype.profile_ratings:
        return None
    before, after = (profile_rating(value, playtype, turn.name) for value in (turn.before, turn.after))
    change = format_change(turn.before, turn.after, shown(playtype, turn.name), kind="profile")
    name = words.rating_name(turn.name)
    if turn.after is None:
        return LedgerRow(name, before, words.GOES, words.NONE, direction="loss")
    return LedgerRow(name, before, change, after) if before != after else None


def _class(turn: Turn) -> LedgerRow | None:
    playtype = playtype_named(turn.game, turn.playtype)
    if playtype is None or turn.name not in playtype.classes:
        return None
    before, after = (
        words.NONE if value is None else class_name(playtype, turn.name, value) for value in (turn.before, turn.after)
    )
    verb = words.GOES if turn.after is None else words.FALLS
    return LedgerRow(words.class_set_name(turn.name), before, verb, after, is_number=False, direction="loss")


def _amounts(jobs: Sequence[Import], changes: Changes) -> Iterator[LedgerRow]:
    """Over all that is played where these imports brought something. Three queries."""
    there = Q(pk__in=())
    for game, playtype in sorted({(job.game, playtype) for job in jobs for playtype in job.playtypes}):
        there |= Q(game=game, playtype=playtype)
    mine = there & Q(user_id=jobs[0].user_id)
    sessions = sum(1 - len(change.after) for change in changes.sessions)
    yield _amount(words.SCORES, Score.objects.filter(mine).count(), changes.scores)
    yield _amount(words.CHARTS, PersonalBest.objects.filter(mine).count(), changes.bests_gone)
    yield _amount(words.SESSIONS, Session.objects.filter(mine).count(), sessions)


def _amount(name: str, now: int, lost: int) -> LedgerRow:
    return LedgerRow(name.capitalize(), f"{now:,}", signed(-lost) if lost else "", f"{now - lost:,}")


# --- sentences --------------------------------------------------------------------------------------


def _notes(changes: Changes, *, fallen: int) -> Iterator[Note]:
    yield Note("undo-2", *words.scores_go(changes.scores, fallen, changes.bests_gone))
    if changes.kept:
        yield Note("info", "", words.counted_as_kept(changes.kept))
    if changes.sessions:
        sessions = (changes.sessions_gone, changes.sessions_shrunk, changes.sessions_split)
        yield Note("undo-2", "", words.sessions_go(*sessions))
    for delta in changes.classes_staying:
        playtype = playtype_named(delta["game"], delta["playtype"])
        if playtype is not None:
            yield Note("check", *words.class_stays(class_name(playtype, delta["set"], delta["new"])))


def _choice(changes: Changes, *, whose: str) -> dict[str, Any]:
    """Only where other completed imports carried some of these scores."""
    kept = changes.kept
    if not kept:
        return {}
    others = list(changes.shared)
    heir = Import.objects.select_related("input").defer("input__content").get(import_id=others[0])
    name = name_of(heir, private=True) if len(others) == 1 else ""
    return {
        "shared": words.also_came(kept, name, len(others), whose=whose),
        "keep_shared": words.keep_shared(kept, name),
        "take_all": words.take_all(changes.scores + kept),
    }


def _diffs(changes: Sequence[BestChange]) -> Iterator[DiffRow]:
    """Bests that fall back, before and after. Two queries."""
    charts = charts_by_pk(change.chart for change in changes)
    for change in changes:
        before, after = change.before, change.after or {}
        game = BY_SLUG[before["game"]]
        playtype = game.by_name[before["playtype"]]
        rating = playtype.default_score_rating
        form = playtype.score_ratings[rating].shown
        was, now = (row["calculated_data"].get(rating) for row in (before, after))
        lamps = [shown_lamp(game.slug, row["score_data"]) for row in (before, after)]
        scores = [main_number(row["score_data"], playtype) for row in (before, after)]
        turns = ((scores[0], scores[1]), (lamps[0].short, lamps[1].short))
        yield DiffRow(
            song=played_song(charts[change.chart]),
            chart=difficulty_name(game, charts[change.chart]),
            light=lamps[1],
            changes=tuple(turn for turn in turns if turn[0] != turn[1]),
            change=format_change(was, now, form, kind="score"),
            value=format_rating(now, form, kind="score"),
        )
