"""What every input must stand, whatever it is: each trial raises AssertionError where the product breaks over it.

Neither a database nor a server is asked, so that a fuzzer tries thousands of inputs a second (`script/fuzz`).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from django.test import RequestFactory

from imports.api import bodies
from imports.api.errors import Refused
from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import FORMATS, text
from imports.formats.base import Catalogue, Format, Parsed, ParseOptions
from imports.games import GAMES
from imports.pipeline.convert import Chunk, Known, judge_rows
from imports.sample.plays import document, plays
from imports.seeds.files import SeedFile, read
from imports.seeds.rows import SeedsBroken
from imports.seeds.sources import Limits, opened
from tachi_imports.env import BASE_DIR
from tests.formats import build

SEEDS = BASE_DIR / "imports" / "sample" / "seeds"
NOW = 1_764_000_000_000
WISHES = (
    ParseOptions(games=GAMES, now=NOW),
    ParseOptions(games=GAMES, now=NOW, skip_invalid=True, infer_time_achieved=True),
)
FEW = 3  # songs a game: the rows of a document find one of them or none


# --- a document -----------------------------------------------------------------------------------------


def a_document(data: bytes) -> None:
    """Is read and judged, or refused in words; nothing else may come of it, and what comes can be stored.

    What comes a second time is there already, row for row.
    """
    for source in FORMATS:
        for wish in WISHES:
            try:
                parsed, again = (source.parse(data, wish) for _ in range(2))
            except ImportFailed as failed:
                assert 400 <= failed.status < 500
                assert failed.message
                assert text.is_storable(failed.message)
                continue
            first = _judged(source, parsed)
            if first.scores:
                there = dict.fromkeys((score.score_id for score in first.scores), 1)
                second = _judged(source, again, known=partial(_among, there=there))
                assert not second.scores
                assert second.duplicate_count == len(first.scores) + first.duplicate_count


def _judged(source: Format, parsed: Parsed, *, known: Known | None = None) -> Chunk:
    """What becomes of all rows together. Charts are sought in the small catalogue alone."""
    catalogue, rows = catalogue_of(parsed.context.game.slug), list(parsed.rows)
    for row in rows:
        if not isinstance(row, RowProblem):
            key = source.key(row, parsed.context)
            assert key is None or all(map(text.is_storable, key))
    whole = Chunk(rows_done=0)
    for chunk in judge_rows(parsed, source, catalogue, user_id=1, now=NOW, known=known):
        whole.rows_done = chunk.rows_done
        whole.scores += chunk.scores
        whole.duplicate_count += chunk.duplicate_count
        for problem in chunk.problems:
            assert problem.type != ProblemType.INTERNAL, (problem.message, problem.datapoint)
            _storable(problem.message, problem.datapoint)
        for score in chunk.scores:
            _storable(score.score_data, dict(score.score_meta), score.calculated_data, score.comment, score.best_keys)
    assert whole.rows_done == len(rows)
    _storable(parsed.context.as_sent(), dict(parsed.classes or {}))
    return whole


def _among(asked: Sequence[str], *, there: Mapping[str, int]) -> Mapping[str, int]:
    return {identity: there[identity] for identity in asked if identity in there}


def _storable(*values: Any) -> None:
    """Fit for a jsonb column: text without NUL and lone surrogates, finite numbers."""
    for value in values:
        data = msgspec.to_builtins(value)
        assert text.unstorable_path(data) is None
        json.dumps(data, allow_nan=False)


@cache
def catalogue_of(game: str) -> Catalogue:
    """A few songs of the sample with their charts."""
    songs = json.loads((SEEDS / f"songs-{game}.json").read_bytes())[:FEW]
    known = {song["id"] for song in songs}
    charts = json.loads((SEEDS / f"charts-{game}.json").read_bytes())
    return build.catalogue_of(game, songs, [chart for chart in charts if chart["songID"] in known])


def good_documents(*, scores: int = 2) -> Iterator[Any]:
    """One of each playtype, on charts of `catalogue_of`."""
    for game in GAMES:
        songs = {song["id"] for song in json.loads((SEEDS / f"songs-{game.slug}.json").read_bytes())[:FEW]}
        charts = json.loads((SEEDS / f"charts-{game.slug}.json").read_bytes())
        for playtype in game.playtypes:
            gpt = f"{game.slug}:{playtype.name}"
            pool = [chart for chart in charts if chart["playtype"] == playtype.name and chart["songID"] in songs]
            if pool:
                rows = list(plays(gpt, pool, scores, chance=Random(gpt)))
                yield document(gpt, rows, service="Hostile")


# --- what surrounds it ----------------------------------------------------------------------------------


def a_body(data: bytes) -> None:
    """A JSON body, plain or as any compression: read, or refused with a status of the client's fault."""
    for encoding in ("identity", "gzip", "deflate"):
        headers = {"Content-Encoding": encoding}
        request = RequestFactory().generic("POST", "/", data, content_type="application/json", headers=headers)
        try:
            members = bodies.read(request, not_an_object="{kind}").members()
        except Refused as refused:
            assert 400 <= refused.status < 500
            json.dumps(refused.envelope).encode()
            continue
        assert text.unstorable_path(members) is None


def a_seed_file(data: bytes) -> None:
    """Rows, or problems in words."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("songs", "charts"):
            path = Path(folder) / f"{kind}-sdvx.json"
            path.write_bytes(data)
            _, problems = read(SeedFile(path, kind, "sdvx"))
            assert all(str(problem) for problem in problems)


def an_archive(data: bytes) -> None:
    """Nothing lands outside of the folder made for it, and no more than the limits allow."""
    limits = Limits(unpacked=100_000, members=50)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seeds.zip"
        path.write_bytes(data)
        try:
            with opened(str(path), limits=limits) as unpacked:
                assert sum(file.stat().st_size for file in unpacked.iterdir()) <= limits.unpacked
        except SeedsBroken as broken:
            assert str(broken)
        assert [each.name for each in Path(folder).iterdir()] == ["seeds.zip"]


TRIALS = {"document": a_document, "body": a_body, "seeds": a_seed_file, "archive": an_archive}
