"""The contract that every format keeps: junk ends in a sentence, cases give what they promise."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from imports.errors import ImportFailed, RowProblem
from imports.formats import BY_IMPORT_TYPE, FORMATS
from imports.formats.base import Format, ParseOptions
from imports.games import GAMES
from tests.formats.build import NOW, catalogue_of, converted, parse, told

CASES = Path(__file__).parent / "cases"

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


@each_format
@pytest.mark.parametrize("skip_invalid", [False, True], ids=["strict", "skipping"])
@pytest.mark.parametrize("name", JUNK)
def test_junk_ends_in_a_sentence(source: Format, name: str, skip_invalid: bool) -> None:
    """ImportFailed with status 400 and words, or skipped rows with words; never another exception, and soon."""
    before = time.process_time()
    said = _words_about(JUNK[name], source, skip_invalid=skip_invalid)
    assert said
    for words in said:
        assert words.endswith((".", "?", ")", "…"))
        assert len(words) <= 10_000
        assert words.isprintable() or "\n" in words
    assert time.process_time() - before < 5


def _words_about(junk: bytes, source: Format, *, skip_invalid: bool) -> list[str]:
    try:
        parsed = source.parse(junk, ParseOptions(games=GAMES, now=NOW, skip_invalid=skip_invalid))
    except ImportFailed as failed:
        return [failed.message] if failed.status == 400 else []
    return [told(row)[1] for row in parsed.rows] if skip_invalid else []


@each_format
def test_nothing_that_the_database_cannot_hold_gets_into_a_problem(source: Format) -> None:
    hostile = [JUNK["half a surrogate pair"], JUNK["an escaped NUL"], b'"\\udc00\\ud800"', b'["\\u0000"]']
    parsed = source.parse(PLAUSIBLE % b",".join(hostile), ParseOptions(games=GAMES, now=NOW, skip_invalid=True))
    assert len(parsed.rows) == len(hostile)
    for row in parsed.rows:
        json.dumps([row.message, row.datapoint], ensure_ascii=False).encode()  # no half of a pair
        assert "\\u0000" not in json.dumps([row.message, row.datapoint])


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


@pytest.mark.parametrize(("source", "path"), _cases())
def test_cases(source: Format, path: Path) -> None:
    """A case is `{game, songs, charts, input, expect: {service, version, classes, rows}}`, all as JSON."""
    case = json.loads(path.read_text(encoding="utf-8"))
    expect = case["expect"]
    parsed = parse(case["input"], source)
    context = parsed.context
    assert (context.game.slug, context.import_type) == (case["game"], source.import_type)
    assert (context.score_service, context.version, parsed.classes) == (
        expect["service"],
        expect["version"],
        expect["classes"],
    )
    catalogue = catalogue_of(case["game"], case["songs"], case["charts"])
    made = converted(parsed, catalogue, source)
    assert [_outcome(one) for one in made] == expect["rows"]
    for index, one in enumerate(made):
        assert one.row == index
        if isinstance(one, RowProblem):
            assert one.datapoint == source.as_sent(parsed.rows[index])


def _outcome(made: Any) -> dict[str, Any]:
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
