"""The lines of a file around an invalid value."""

from __future__ import annotations

import json
from typing import Any

import pytest

from imports.pages.imports.problems.excerpts import MAX_LINE_LENGTH, ExcerptLine, excerpt_of_error, excerpt_of_row

ROWS: list[Any] = [
    {"score": 1, "lamp": "CLEAR", "timeAchieved": 10},
    {"judgements": {"miss": -1, "near": 2}, "score": 2, "note": 'a "brace" }', "timeAchieved": 20},
]
FILE = {"meta": {"scores": "no rows"}, "scores": ROWS}
INDENTED = json.dumps(FILE, indent=2)


def written(lines: tuple[ExcerptLine, ...]) -> list[str]:
    return [f"{line.number} {line.before}[{line.mark}]{line.after}" for line in lines]


@pytest.mark.parametrize(
    ("row", "field", "expected"),
    [
        (0, "timeAchieved", ['  "timeAchieved": [10]', "}"]),
        (1, "timeAchieved", ['  "timeAchieved": [20]']),
        (1, "judgements.miss", ['    "miss": [-1],']),
        (1, "note", ['  "note": ["a \\"brace\\" }"],']),
    ],
)
def test_the_value_of_a_row_is_marked_in_its_line(row: int, field: str, expected: list[str]) -> None:
    lines = excerpt_of_row(INDENTED, row, field)
    whole = "\n".join(written(lines))
    assert all(part in whole for part in expected)
    assert [line.number for line in lines] == list(range(lines[0].number, lines[0].number + len(lines)))
    at = next(line for line in lines if line.mark)
    assert INDENTED.split("\n")[at.number - 1] == at.before + at.mark + at.after


def test_an_excerpt_has_three_lines_before_the_value_and_one_after() -> None:
    lines = excerpt_of_row(INDENTED, 0, "timeAchieved")
    assert [bool(line.mark) for line in lines] == [False, False, False, True, False]


@pytest.mark.parametrize("field", ["grade", "judgements.good", "judgements.miss.early"])
def test_a_row_without_the_value_is_shown_from_its_beginning(field: str) -> None:
    lines = excerpt_of_row(INDENTED, 1, field)
    assert not any(line.mark for line in lines)
    assert any(line.after == "{" for line in lines)


def test_a_file_of_one_line_is_cut_around_the_value() -> None:
    text = json.dumps({"scores": [{"comment": "x" * 500, "score": 77, "rest": "y" * 500}]})
    [line] = excerpt_of_row(text, 0, "score")
    assert line.mark == "77"
    assert line.before.startswith("…x")
    assert line.after.endswith("y…")
    assert max(len(line.before), len(line.after)) == MAX_LINE_LENGTH


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", '{"scores": {}}', '{"scores": [1]}', "[" * 100_000, '{"a":' * 100_000, "\0\1", "PK\3\4"],
)
def test_files_without_rows_have_no_excerpt(text: str) -> None:
    assert excerpt_of_row(text, 3, "score") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{\n"a": 1,\n"b": oops\n}', ["1 {[]", '2 "a": 1,[]', '3 "b": [o]ops', "4 }[]"]),
        ('{"lamp": "EXCESS', ['1 {"lamp": "EXCESS[▁]']),
        ('{"a": [1, 2', ['1 {"a": [1, 2[▁]']),
        ("hello", ["1 [h]ello"]),
        (INDENTED, []),
        ("PK\3\4\0", []),
        ("[" * 100_000, []),
    ],
)
def test_a_file_with_a_json_syntax_error_is_marked_at_the_error(text: str, expected: list[str]) -> None:
    assert written(excerpt_of_error(text)) == expected
