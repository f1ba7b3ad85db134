"""Properties that must hold for every input: each raises AssertionError if the product fails on it.

They use neither a database nor a server, so that a fuzzer can try thousands of inputs a second (`script/fuzz`).
"""

from __future__ import annotations

import codecs
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from django.test import RequestFactory

from imports.api.core import parsers
from imports.api.core.exceptions import APIError
from imports.api.core.renderers import JSON
from imports.catalogue import fuzzy
from imports.catalogue.search import search
from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import FORMATS, lookalikes, text
from imports.formats.base import Catalogue, Format, Parsed, ParseOptions
from imports.formats.batch_manual import NO_GAME
from imports.games import GAMES
from imports.pipeline.scoring.convert import Chunk, Known, judge_rows
from imports.sample.plays import document, plays
from imports.seeds import checks
from imports.seeds.archives import Limits
from imports.seeds.files import SeedFile, read
from imports.seeds.rows import SeedsBroken
from imports.seeds.sources import open_source
from tachi_imports.env import BASE_DIR
from tests.formats import factories

SEEDS = BASE_DIR / "imports" / "sample" / "seeds"
NOW = 1_764_000_000_000
OPTIONS = (
    ParseOptions(games=GAMES, now=NOW, fields={"playtype": "SP"}),
    ParseOptions(games=GAMES, now=NOW, fields={"playtype": "DP"}, skip_invalid=True, infer_time_achieved=True),
)
ARCADE = {"model": "LDJ:J:E:A:2023090500", "forced": "true"}
HOOK_FIELDS = {"ir/usc": {"playtype": "Controller"}, "ir/fervidex": ARCADE, "ir/fervidex-static": ARCADE}
"""Values of headers and paths that accompany a body: without them these formats would refuse every body."""
MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SPOILT_BY_A_MARK = frozenset(
    {"file/mypagescraper-records-csv", "file/mypagescraper-player-csv", "file/tachi-imports-export"}
)
CASES = BASE_DIR / "tests" / "formats" / "cases"
FEW = 3  # songs per game; rows of a document match one of them or none


# --- a document -----------------------------------------------------------------------------------------


def a_document(data: bytes) -> None:
    """Checks that every format reads and judges the document or refuses it with a message, with storable results.

    A second reading has only duplicates, row for row. Refusals for the meta are the same when only that is checked, and
    a byte order mark changes nothing, except that our own exports have none.
    """
    for source in FORMATS:
        fields = HOOK_FIELDS.get(source.import_type, {})
        for options in (replace(each, fields={**each.fields, **fields}) for each in OPTIONS):
            actual = _message_of(partial(source.parse, data, options))
            meta_message = _message_of(partial(source.check_meta, data, options))
            assert meta_message in ("", actual), (meta_message, actual)
            marked = _message_of(partial(source.parse, codecs.BOM_UTF8 + data, options))
            is_marked = data.startswith((*MARKS, codecs.BOM_UTF8)) or source.import_type in SPOILT_BY_A_MARK
            assert actual in (marked, NO_GAME) or is_marked, (marked, actual)
            try:
                parsed, again = (source.parse(data, options) for _ in range(2))
            except ImportFailed as failed:
                assert 400 <= failed.status < 500
                assert failed.message
                assert text.is_storable(failed.message)
                continue
            _kept_rows_are_read_back(source, again, options)
            first = _judge(source, parsed)
            if first.scores:
                known_ids = dict.fromkeys((score.score_id for score in first.scores), 1)
                second = _judge(source, again, known=partial(_among, known_ids=known_ids))
                assert not second.scores
                assert second.duplicate_count == len(first.scores) + first.duplicate_count


def _message_of(read: Callable[[], Any]) -> str:
    """Returns the message of a refusal; empty if the document is accepted."""
    try:
        read()
    except ImportFailed as failed:
        return failed.message
    return ""


def _kept_rows_are_read_back(source: Format, parsed: Parsed, options: ParseOptions) -> None:
    """Checks that rows survive the JSON of the database, and that they can be processed afterwards."""
    rows = [source.as_sent(row) for row in parsed.rows if not isinstance(row, RowProblem)]
    context, sent = json.loads(json.dumps([parsed.context.as_sent(), rows], allow_nan=False, sort_keys=True))
    restored = source.restore(context, sent, options)
    assert [source.as_sent(row) for row in restored.rows] == rows
    for row in sent:
        source.chart_reference(row, context)
    if rows:
        source.parse(source.document(context, sent), replace(options, infer_time_achieved=False))


def _judge(source: Format, parsed: Parsed, *, known: Known | None = None) -> Chunk:
    """Returns all judged rows as one chunk. Charts are looked up in the small catalogue only."""
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
            assert not problem.is_unknown or problem.type is ProblemType.INVALID
        for score in chunk.scores:
            _storable(score.score_data, dict(score.score_meta), score.calculated_data, score.comment, score.best_keys)
    assert whole.rows_done == len(rows)
    _storable(parsed.context.as_sent(), parsed.classes)
    return whole


def _among(asked: Sequence[str], *, known_ids: Mapping[str, int]) -> Mapping[str, int]:
    return {identity: known_ids[identity] for identity in asked if identity in known_ids}


def _storable(*values: Any) -> None:
    """Checks that values fit into a jsonb column: text without NUL and lone surrogates, finite numbers."""
    for value in values:
        data = msgspec.to_builtins(value)
        assert text.unstorable_path(data) is None
        json.dumps(data, allow_nan=False)


@cache
def catalogue_of(game: str) -> Catalogue:
    """Returns a few songs of the sample with their charts."""
    songs = json.loads((SEEDS / f"songs-{game}.json").read_bytes())[:FEW]
    known = {song["id"] for song in songs}
    charts = json.loads((SEEDS / f"charts-{game}.json").read_bytes())
    return factories.catalogue_of(game, songs, [chart for chart in charts if chart["songID"] in known])


def good_documents(*, scores: int = 2) -> Iterator[Any]:
    """Yields a document for each playtype, on charts of `catalogue_of`."""
    for game in GAMES:
        songs = {song["id"] for song in json.loads((SEEDS / f"songs-{game.slug}.json").read_bytes())[:FEW]}
        charts = json.loads((SEEDS / f"charts-{game.slug}.json").read_bytes())
        for playtype in game.playtypes:
            gpt = f"{game.slug}:{playtype.name}"
            pool = [chart for chart in charts if chart["playtype"] == playtype.name and chart["songID"] in songs]
            if pool:
                rows = list(plays(gpt, pool, scores, chance=Random(gpt)))
                yield document(gpt, rows, service="Hostile")


def files() -> Iterator[bytes]:
    """Yields files of every format, with valid and invalid rows: its sample and those of its test cases."""
    for source in FORMATS:
        if source.sample is not None:
            yield source.sample.content
        for path in sorted((CASES / source.import_type.replace("/", "-")).glob("*.json")):
            sent = json.loads(path.read_text(encoding="utf-8"))["input"]
            yield (sent if isinstance(sent, str) else json.dumps(sent)).encode()


# --- request bodies, seeds and archives --------------------------------------------------


CHARSETS = ("utf-8", "utf-16", "utf-16le", "utf-16be", "utf-7", "rot13", "x" * 200)


def a_body(data: bytes) -> None:
    """Checks that a JSON body in any encoding and charset is read, or refused with a 4xx."""
    plain = [("identity", f"application/json; charset={charset}") for charset in CHARSETS]
    other = ("text/plain", "", f"multipart/form-data; boundary={'-' * 60}", "application/json; charset")
    for encoding, content_type in (*plain, *(("identity", one) for one in other), ("gzip", JSON), ("deflate", JSON)):
        headers = {"Content-Encoding": encoding}
        request = RequestFactory().generic("POST", "/", data, content_type=content_type, headers=headers)
        try:
            body = parsers.read_body(request, non_object_message="{kind}")
            body.require_json()
            members = body.members()
        except APIError as refused:
            assert 400 <= refused.status < 500
            json.dumps(refused.envelope).encode()
            continue
        assert text.unstorable_path(members) is None


def a_seed_file(data: bytes) -> None:
    """Checks that a seeds file yields rows, or problems with messages."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("songs", "charts"):
            path = Path(folder) / f"{kind}-sdvx.json"
            path.write_bytes(data)
            rows, problems = read(SeedFile(path, kind, "sdvx", "Single"))
            check: Any = checks.SongChecks("sdvx") if kind == "songs" else checks.ChartChecks("sdvx")
            problems += check.problems(path.name, rows)
            assert all(str(problem) for problem in problems)
            assert rows.keys() | {problem.row for problem in problems} >= set(rows)


def a_title(data: bytes) -> None:
    """Checks that a title equals itself and its look-alike form, and makes a valid search pattern."""
    title = data.decode(errors="surrogateescape")
    form = lookalikes.normalize(title)
    assert lookalikes.differences(title, title) == ()
    assert not any(map(str.isspace, form))
    other = title[::2]
    actual = lookalikes.differences(title, other)
    assert (actual is not None) == (form == lookalikes.normalize(other))
    wanted = fuzzy.pattern(title)
    assert text.is_storable(wanted)
    assert len(wanted) <= fuzzy.MAX_PATTERN_LENGTH + 1
    fuzzy.score(wanted, title)
    statement, values = search(wanted, games=["sdvx"], limit=1)
    assert statement
    if wanted:
        re.compile(values["pattern"])


def an_archive(data: bytes) -> None:
    """Checks that an archive is unpacked only into its temporary folder and within the limits."""
    limits = Limits(unpacked=100_000, members=50)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seeds.zip"
        path.write_bytes(data)
        try:
            with open_source(str(path), limits=limits) as unpacked:
                assert sum(file.stat().st_size for file in unpacked.iterdir()) <= limits.unpacked
        except SeedsBroken as broken:
            assert str(broken)
        assert [each.name for each in Path(folder).iterdir()] == ["seeds.zip"]


TRIALS = {"document": a_document, "body": a_body, "seeds": a_seed_file, "archive": an_archive, "title": a_title}
