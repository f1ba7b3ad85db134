"""BATCH-MANUAL that is broken, hostile or partly invalid: skipped rows, values that cannot be stored, limits."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from imports.errors import ImportFailed, ProblemType, RowProblem
from imports.formats import json_document, skipped
from imports.formats.text import MAX_MESSAGE
from tests.formats.factories import document, failure, parse, score, sent, type_and_message

NO_OBJECT = "Object does not match structure of schema, expected this location to have an object."
COMMENT = "Expected a string with length between 3 and 240."
SERVICE = "Expected a string with length between 3 and 60."

# --- skipping invalid rows --------------------------------------------------------------------------------


def test_invalid_rows_can_be_skipped() -> None:
    rows = [score(), score(score=-1), None, score(judgements={"x": 1}), score(comment="hello")]
    parsed = parse(document(*rows), skip_invalid=True)
    negative = "Expected a number between 0 and 10000000. | Received -1 [type: number]."
    assert sent(parsed) == [
        rows[0],
        f"Invalid BATCH-MANUAL: scores[1].score | {negative}",
        f"Invalid BATCH-MANUAL: scores[2] | {NO_OBJECT} | Received null [type: null].",
        "Invalid BATCH-MANUAL: scores[3].judgements | Invalid Key x. Expected any of critical, near, miss.",
        rows[4],
    ]
    problems = [row for row in parsed.rows if isinstance(row, RowProblem)]
    assert [(problem.row, problem.type, problem.datapoint) for problem in problems] == [
        (index, ProblemType.INVALID, rows[index]) for index in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (document(score(score=-1), meta={"service": ""}), f"meta.service | {SERVICE} | Received  [type: string]."),
        (document(score(score=-1), classes=[1]), "classes | Unexpected properties inside object: 0.."),
        (document(scores=None), "scores | Value was not an array. | Received null [type: null]."),
        (document(score(score=-1), x=1), "null | Unexpected properties inside object: x.."),
    ],
)
def test_violations_outside_of_scores_are_never_skipped(content: Any, message: str) -> None:
    assert failure(content, skip_invalid=True) == f"Invalid BATCH-MANUAL: {message}"


def test_a_file_with_too_many_invalid_rows_fails_even_if_they_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skipped, "MAX_SKIPPED", 3)
    assert len(parse(document(1, 1, 1), skip_invalid=True).rows) == 3
    message = failure(document(1, 1, 1, 1), skip_invalid=True)
    assert re.fullmatch(r"More than \d+ scores are invalid. None was imported.", message)


# --- text and numbers that cannot be stored -----------------------------------------------------------------

UNSTORABLE = "Text must not contain NUL characters or lone surrogates."

UNSTORABLE_DOCUMENTS: list[tuple[Any, str]] = [
    (document(score(), score(comment="a\0bc")), "scores[1].comment"),
    (document(score(comment="abc\ud800")), "scores[0].comment"),
    (document(score(identifier="\udc00\ud800")), "scores[0].identifier"),
    (document(score(optional={"\0": 1})), "scores[0].optional"),
    (document(score(x=[1, {"y": ["\0"]}])), "scores[0].x[1].y[0]"),
    (document(meta={"service": "abc\0"}), "meta.service"),
    (document(meta={"game": ["\ud800"]}), "meta.game[0]"),
    (document(classes={"dan": "\0"}), "classes.dan"),
    (document(scores="\0"), "scores"),
    (document(**{"a\0": 1}), "null"),
    ("\0", "null"),
]


@pytest.mark.parametrize(("content", "path"), UNSTORABLE_DOCUMENTS, ids=[path for _, path in UNSTORABLE_DOCUMENTS])
def test_unstorable_text_is_refused_with_its_path(content: Any, path: str) -> None:
    escaped = json.dumps(content, ensure_ascii=True)
    assert failure(escaped) == f"Invalid BATCH-MANUAL: {path} | {UNSTORABLE}"


@pytest.mark.parametrize("comment", [r"not \u0000 at all", r"nor \ud800", "😀 a whole pair"])
def test_text_that_only_looks_unstorable_is_stored(comment: str) -> None:
    for ensure_ascii in (True, False):
        assert sent(parse(json.dumps(document(score(comment=comment)), ensure_ascii=ensure_ascii))) == [
            score(comment=comment)
        ]


def test_a_skipped_row_with_unstorable_text_is_stored_with_replacement_characters() -> None:
    escaped = json.dumps(document(score(comment="a\0b"), score(comment="\ud800c😀")), ensure_ascii=True)
    parsed = parse(escaped, skip_invalid=True)
    assert [type_and_message(row)[1] for row in parsed.rows] == [
        f"Invalid BATCH-MANUAL: scores[{index}].comment | {UNSTORABLE}" for index in (0, 1)
    ]
    assert [row.datapoint["comment"] for row in parsed.rows] == ["a\ufffdb", "\ufffdc😀"]


NUMBERS = [
    ("score", "1e999", "Expected an integer. | Received Infinity [type: number]."),
    ("score", "-" + "9" * 5_000, "Expected an integer. | Received -Infinity [type: number]."),
    ("score", "12345678901234567890", "Expected an integer. | Received 12345678901234567000 [type: number]."),
    ("timeAchieved", "1e999", "Expected a number that fits into 64 bits. | Received Infinity [type: number]."),
    ("timeAchieved", "9" * 5_000, "Expected a number that fits into 64 bits. | Received Infinity [type: number]."),
]


@pytest.mark.parametrize(("name", "number", "message"), NUMBERS, ids=[f"{n} {d[:9]}" for n, d, _ in NUMBERS])
def test_numbers_beyond_a_double_are_refused(name: str, number: str, message: str) -> None:
    text = json.dumps(document(score(**{name: "@"}))).replace('"@"', number)
    assert failure(text) == f"Invalid BATCH-MANUAL: scores[0].{name} | {message}"


# --- limits -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["identifier", "difficulty", "artist"])
def test_texts_of_up_to_5000_characters_are_accepted(name: str) -> None:
    """Lengths are counted in UTF-16 units."""
    for text in ("x" * 5_000, "😀" * 2_500):
        assert sent(parse(document(score(**{name: text})))) == [score(**{name: text})]
    for text in ("x" * 5_001, "😀" * 2_501):
        message = failure(document(score(**{name: text})))
        assert message.startswith(
            f"Invalid BATCH-MANUAL: scores[0].{name} | Expected a string of at most 5000 characters."
        )


def test_long_messages_are_cut() -> None:
    message = failure(document(score(comment="x" * 1_000_000)))
    assert message.startswith(f"Invalid BATCH-MANUAL: scores[0].comment | {COMMENT} | Received xxx")
    assert len(message) == MAX_MESSAGE + 1
    assert len(failure(document(meta={"game": "x" * 1_000_000}))) == MAX_MESSAGE + 1


@pytest.mark.parametrize(
    ("content", "path"),
    [
        (document(score(), score(comment="x" * json_document.MAX_PART)), "scores[1]"),
        (document(meta={"service": "x" * json_document.MAX_PART}), "meta"),
        (document(classes={"dan": "x" * json_document.MAX_PART}), "classes"),
        (document(scores="x" * json_document.MAX_PART), "scores"),
    ],
)
def test_a_part_of_over_a_megabyte_is_refused(content: Any, path: str) -> None:
    assert failure(content) == f"Invalid BATCH-MANUAL: {path} | Longer than 1 MiB."


def test_the_names_of_too_many_unknown_parts_are_not_listed() -> None:
    message = failure(document(**{f"k{index}": "x" * 100 for index in range(12_000)}))
    assert message == "Invalid BATCH-MANUAL: null | Unexpected properties inside object.."


@pytest.mark.parametrize("levels", [33, 100, 900, 2_000, 100_000])
@pytest.mark.parametrize("place", ["meta", "score", "optional", "classes", "other"])
def test_deeply_nested_json_is_refused(place: str, levels: int) -> None:
    deep = "[" * levels + "]" * levels
    contents = {
        "meta": document(meta={"game": "@"}),
        "score": document("@"),
        "optional": document(score(optional={"fast": "@"})),
        "classes": document(classes={"dan": "@"}),
        "other": document(x="@"),
    }
    text = json.dumps(contents[place]).replace('"@"', deep)
    for skip_invalid in (False, True):
        assert failure(text, skip_invalid=skip_invalid).endswith((".", ")"))


def test_an_invalid_row_after_five_thousand_valid_ones_is_named() -> None:
    content = document(*(score(comment=f"Number {index}") for index in range(5_000)), None)
    assert failure(content).startswith("Invalid BATCH-MANUAL: scores[5000] | ")


# --- JSON -----------------------------------------------------------------------------------------------------

BROKEN = [
    (b"", "It is empty."),
    (b" \n ", "It is empty."),
    (b"hello", "Invalid character at line 1, column 1."),
    (b'{"meta": {', "It ends too early."),
    (b'{\n  "meta": {},\n}', "Trailing comma in object at line 3, column 1."),
    ('{"é": 1,}'.encode(), "Trailing comma in object at line 1, column 9."),
    (b"{'meta': 1}", "Object keys must be strings at line 1, column 2."),
    (b'{"meta": NaN}', "Invalid character at line 1, column 10."),
    (b'{"meta": 01}', "Invalid number at line 1, column 11."),
    (b"{} {}", "Trailing characters at line 1, column 5."),
    (b"\xef\xbb\xbf{}", "Behind its byte order mark the file has no meta.game."),
    ("{}".encode("utf-16"), "The file looks like UTF-16; save it as UTF-8."),
    (b'{"meta": "\xff"}', "The file is not valid UTF-8: byte 10 cannot be read."),
    (b'{"meta": \0}', "The file contains a NUL character: character 9."),
    (b"[" * 100_000, "It is nested too deeply."),
]


@pytest.mark.parametrize(("data", "message"), BROKEN, ids=[message for _, message in BROKEN])
def test_broken_json_is_refused_with_its_position(data: bytes, message: str) -> None:
    assert failure(data) == f"Invalid JSON. ({message})"


def test_broken_text_in_a_score_is_refused_with_its_position() -> None:
    data = json.dumps(document(score(), score(comment="@@@"))).encode()
    assert failure(data.replace(b"@@@", b"\xff\xff\xff")) == (
        f"Invalid JSON. (The file is not valid UTF-8: byte {data.index(b'@@@')} cannot be read.)"
    )


def test_a_nul_byte_raises_an_import_failure() -> None:
    with pytest.raises(ImportFailed):
        parse(b"\x00")
