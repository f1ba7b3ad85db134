"""The contract of every format: invalid input gives a message, case files convert as expected."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imports.errors import ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE, FORMATS, recognize
from imports.formats.base import Catalogue, Draft, Format, Parsed, ParseOptions
from imports.formats.text import unstorable_path
from imports.games import GAMES
from tests.formats.factories import NOW, catalogue_of, converted, parse, type_and_message

CASES = Path(__file__).parent / "cases"
SEEDS = Path(__file__).parents[2] / "imports" / "sample" / "seeds"

each_format = pytest.mark.parametrize("source", [pytest.param(f, id=f.import_type) for f in FORMATS])

JUNK = {
    "empty": b"",
    "blank": b" \r\n\t",
    "NUL": b"\0" * 100,
    "NUL in the middle": b'{"meta": \0}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"meta": {}}'.encode("utf-16"),
    "broken UTF-8": b'{"meta": "\xff\xfe"}',
    "a surrogate in UTF-8": b'{"meta": "\xed\xa0\x80"}',
    "HTML": b"<!doctype html><html><body>502 Bad Gateway</body></html>",
    "XML": b'<?xml version="1.0"?><s3data/>',
    "CSV": b"version,title\r\n1,5.1.1.\r\n",
    "an image": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "half a JSON": b'{"meta": {"game": "sdvx", "playty',
    "half an escape": b'{"meta": "\\ud8',
    "JSON and more": b"{} {}",
    "single quotes": b"{'meta': 1}",
    "a trailing comma": b'{"meta": {},}',
    "NaN": b'{"meta": NaN}',
    "Infinity": b"[-Infinity]",
    "null": b"null",
    "a number": b"123",
    "a string": b'"text"',
    "true": b"true",
    "a list": b"[]",
    "an object": b"{}",
    "a number beyond a double": b"1e999",
    "an integer of 5,000 digits": b'{"meta": ' + b"9" * 5_000 + b"}",
    "an integer of a million digits": b"9" * 1_000_000,
    "50 levels of lists": b'{"meta": ' + b"[" * 50 + b"]" * 50 + b"}",
    "a thousand levels of objects": b'{"meta": ' * 1_000 + b"1" + b"}" * 1_000,
    "a million levels of lists": b"[" * 1_000_000,
    "a string of a million characters": b'"' + b"x" * 1_000_000 + b'"',
    "a key of a million characters": b'{"' + b"x" * 1_000_000 + b'": 1}',
    "a million brackets in a list": b"[" + b"[]," * 1_000_000 + b"[]]",
    "200,000 keys": b"{" + b",".join(b'"k%d": 1' % i for i in range(200_000)) + b"}",
    "half a surrogate pair": b'{"meta": "\\ud800"}',
    "an escaped NUL": b'{"meta": "\\u0000", "\\u0000": 1}',
}

PLAUSIBLE = b'{"meta": {"game": "sdvx", "playtype": "Single", "service": "abc"}, "scores": [%s]}'
JUNK |= {f"{name}, where a score is expected": PLAUSIBLE % data for name, data in JUNK.items() if data.strip()}
LONG = ("a million brackets in a list", "200,000 keys")
EACH_JUNK = [pytest.param(name, marks=pytest.mark.slow if name.startswith(LONG) else ()) for name in JUNK]
HOSTILE_TEXTS = (
    "\0",
    "\N{REPLACEMENT CHARACTER}",
    "x" * 100_000,
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    '"',
    "\r",
    "&#0;",
    "]]>",
)


def options(source: Format, **more: Any) -> ParseOptions:
    """Returns options with the fields of the format's sample or, for hooks, of its first case."""
    fields = source.sample.fields if source.sample else {}
    if not source.is_file:
        case = json.loads(min((CASES / _folder(source)).glob("*.json")).read_text(encoding="utf-8"))
        fields = case.get("fields", {})
    return ParseOptions(games=GAMES, now=NOW, fields=fields, **more)


@each_format
@pytest.mark.parametrize("skip_invalid", [False, True], ids=["strict", "skipping"])
@pytest.mark.parametrize("name", EACH_JUNK)
def test_junk_is_refused_with_a_sentence(source: Format, name: str, skip_invalid: bool) -> None:
    """It raises ImportFailed with status 400, or gives skipped rows with messages; never another exception."""
    messages = _messages_about(JUNK[name], source, skip_invalid=skip_invalid)
    assert messages
    for words in messages:
        assert words.endswith((".", "?", ")", "…"))
        assert len(words) <= 10_000
        assert words.isprintable() or "\n" in words


def _messages_about(junk: bytes, source: Format, *, skip_invalid: bool) -> list[str]:
    """Returns the messages about a file. An empty one may be accepted if it has no rows and classes."""
    try:
        parsed = source.parse(junk, options(source, skip_invalid=skip_invalid))
    except ImportFailed as failed:
        return [failed.message] if failed.status == 400 else []
    if not parsed.rows and not parsed.classes:
        return ["Nothing."]
    return [type_and_message(row)[1] for row in parsed.rows] if skip_invalid else []


@each_format
@pytest.mark.parametrize("skip_invalid", [False, True], ids=["strict", "skipping"])
def test_unstorable_input_is_never_stored(source: Format, skip_invalid: bool) -> None:
    """Anywhere in a file it is refused with a message, or is not part of the stored row."""
    good = source.sample.content if source.sample else b"{}"
    step = max(1, len(good) // 40)
    for place in range(0, len(good), step):
        for hostile in (*map(str.encode, HOSTILE_TEXTS), b"\xff", b"\xed\xa0\x80", b"\\u0000", b"\\ud800"):
            _assert_storable(source, good[:place] + hostile + good[place:], skip_invalid=skip_invalid)
        _assert_storable(source, good[:place], skip_invalid=skip_invalid)


def _assert_storable(source: Format, data: bytes, *, skip_invalid: bool) -> None:
    try:
        parsed = source.parse(data, options(source, skip_invalid=skip_invalid))
    except ImportFailed as failed:
        kept: Any = [failed.message]
    else:
        made = converted(parsed, Catalogue(), source)
        problems = [each for each in made if isinstance(each, RowProblem)]
        kept = [[each.message, each.datapoint] for each in problems]
        kept += [[source.as_sent(row) for row in parsed.rows if not isinstance(row, RowProblem)]]
        kept += [parsed.context.as_sent()]
    json.dumps(kept, ensure_ascii=False, allow_nan=False).encode()  # no lone surrogate, no infinity
    assert unstorable_path(kept) is None


@each_format
def test_a_file_of_a_game_that_is_not_enabled_is_refused(source: Format) -> None:
    if not source.games or source.sample is None:
        pytest.skip("it is for every game")
    others = [game for game in GAMES if game.slug not in source.games]
    with pytest.raises(ImportFailed, match="expected any of"):
        source.parse(source.sample.content, replace(options(source), games=others))


@each_format
def test_the_sample_is_recognized_and_its_rows_match_charts_of_the_sample_catalogue(source: Format) -> None:
    sample = source.sample
    if sample is None:
        pytest.skip("it has no sample")
    assert sample.file_name.endswith(source.extensions)
    assert source in (
        recognize(sample.content),
        BY_IMPORT_TYPE.get("file/pli-iidx-csv"),
        BY_IMPORT_TYPE["ir/direct-manual"],
    )
    parsed = source.parse(sample.content, options(source, file_name=sample.file_name))
    assert parsed.rows or parsed.classes
    slug = parsed.context.game.slug
    songs, charts = (json.loads((SEEDS / f"{kind}-{slug}.json").read_bytes()) for kind in ("songs", "charts"))
    made = converted(parsed, catalogue_of(slug, songs, charts), source)
    assert all(isinstance(each, Draft) for each in made), made


def test_import_types_are_unique() -> None:
    assert [source.import_type for source in FORMATS] == list(BY_IMPORT_TYPE)


def test_every_format_has_cases() -> None:
    assert {folder.name for folder in CASES.iterdir()} == {_folder(source) for source in FORMATS}
    assert all(any(folder.glob("*.json")) for folder in CASES.iterdir())


def _folder(source: Format) -> str:
    return source.import_type.replace("/", "-")


def _cases() -> list[Any]:
    found = [(source, path) for source in FORMATS for path in sorted((CASES / _folder(source)).glob("*.json"))]
    return [pytest.param(source, path, id=f"{source.import_type}:{path.stem}") for source, path in found]


each_case = pytest.mark.parametrize(("source", "path"), _cases())


def read_case(source: Format, path: Path) -> tuple[dict[str, Any], Parsed]:
    """Reads a case `{game, songs, charts, input, fields, expect: {service, version, classes, rows}}` in JSON.

    `input` is raw text or JSON data; `fields`, which may be absent, are its form fields.
    """
    case = json.loads(path.read_text(encoding="utf-8"))
    return case, parse(case["input"], source, fields=case.get("fields", {}))


@each_case
def test_a_case_file_converts_as_expected(source: Format, path: Path) -> None:
    case, parsed = read_case(source, path)
    expect, context = case["expect"], parsed.context
    assert (context.game.slug, context.import_type) == (case["game"], source.import_type)
    assert (context.service_of_scores, context.version, parsed.classes) == (
        expect["service"],
        expect["version"],
        expect["classes"],
    )
    catalogue = catalogue_of(case["game"], case["songs"], case["charts"])
    made = converted(parsed, catalogue, source)
    assert [_result_of(one) for one in made] == expect["rows"]
    for index, one in enumerate(made):
        assert one is None or one.row == index
        if isinstance(one, RowProblem):
            assert one.datapoint == source.as_sent(parsed.rows[index])


@each_case
def test_stored_rows_are_restored_unchanged(source: Format, path: Path) -> None:
    _, parsed = read_case(source, path)
    sent, rows = parsed.context.as_sent(), [source.as_sent(row) for row in parsed.rows]
    stored = json.loads(json.dumps({"context": sent, "rows": rows}, allow_nan=False))
    again = source.restore(stored["context"], stored["rows"], options(source))
    assert again.context.as_sent() == sent
    assert again.context.service_of_scores == parsed.context.service_of_scores
    assert [source.as_sent(row) for row in again.rows] == rows


@each_case
def test_a_file_of_only_the_stored_rows_gives_the_same_rows(source: Format, path: Path) -> None:
    case, parsed = read_case(source, path)
    if not parsed.rows:
        pytest.skip("nothing can be left out of it")
    rows = [source.as_sent(row) for row in parsed.rows]
    again = parse(source.document(parsed.context.as_sent(), rows), source, fields=case.get("fields", {}))
    assert again.context.as_sent() == parsed.context.as_sent()
    assert [source.as_sent(row) for row in again.rows] == rows


@each_case
def test_rows_without_a_chart_have_a_chart_reference(source: Format, path: Path) -> None:
    """So that a player can choose a chart for them, and rows with the same reference are found in the database."""
    case, parsed = read_case(source, path)
    for row, expected in zip(parsed.rows, case["expect"]["rows"], strict=True):
        if expected.get("problem") not in {"SongOrChartNotFound", "AmbiguousTitle"}:
            continue
        sent = named = source.as_sent(row)
        asked = source.chart_reference(sent, parsed.context.as_sent())
        assert asked is not None
        for member in source.identifier.split("__"):
            named = named[member]
        assert str(named) == asked.identifier
        if asked.match_type == "songTitle":
            assert source.asks_by_title is not None
            assert source.asks_by_title.items() <= sent.items()


def _result_of(made: Any) -> dict[str, Any]:
    if made is None:
        return {"passedOver": True}
    if isinstance(made, RowProblem):
        return {"problem": str(made.type), "message": made.message}
    return {
        "chartID": made.chart.chart_id,
        "metrics": made.play.metrics,
        "judgements": made.play.judgements,
        "optional": made.play.optional,
        "scoreMeta": made.score_meta,
        "comment": made.comment,
        "timeAchieved": made.time_achieved,
    }
