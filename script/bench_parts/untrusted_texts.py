"""The product's readers of untrusted text, each with the texts that are most expensive for it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from msgspec import Raw

from imports.access.rate_limits import client_address
from imports.api.core.middleware import canonical_path
from imports.api.core.parameters import INTEGER
from imports.catalogue import fuzzy
from imports.errors import ImportFailed
from imports.formats import FORMATS, json_document, shape_errors
from imports.formats.base import Format, ParseOptions
from imports.formats.files.mypagescraper import list_in, stage_in
from imports.formats.parsing.dates import parse_date
from imports.formats.parsing.numbers import is_exact_number, number_of
from imports.formats.text import decode, is_storable, storable, unstorable_path
from imports.games import GAMES
from imports.games.shapes import ListOf, Number
from imports.models.search import words_of
from imports.pages.imports.problems import problem_rows
from imports.pages.texts import formatting
from imports.takeout import csv_cells
from imports.takeout.stored_file import safe_file_name

Work = Callable[[str], Any]


def elements(text: str) -> list[Any]:
    """Returns the elements of a list with the text between them."""
    return list(json_document.elements(Raw(f"[1,{text}2]".encode())))


def issues(text: str) -> str:
    return shape_errors.as_json(list(shape_errors.issues(ListOf(Number()), list(text))))


def many_members(text: str) -> Any:
    """Reports on a row with this many members, in a message of that length."""
    row = {f"{letter}{index}": text[:100] for index, letter in enumerate(text)}
    return problem_rows.relevant_values(row, text)


def reading(source: Format) -> Work:
    """Returns a reader of text after most of the format's sample, as a file of the format with invalid rows skipped."""
    content, fields = (source.sample.content, source.sample.fields) if source.sample else (b"", {})
    beginning = content[: 2 * len(content) // 3]
    options = ParseOptions(games=GAMES, now=0, fields=fields, skip_invalid=True)

    def read(text: str) -> None:
        for data in (text.encode(), beginning + text.encode()):
            with contextlib.suppress(ImportFailed):
                source.parse(data, options)

    return read


PIECES = [",", '"', "\n", "a,", '"a",', "<a>", "<a/>", "[1,", '{"a":', "\r\n", "&amp;", "†"]
BLANKS = ["\t", " ", "\n", "\r\n", "'", '"', ";\t", " ;", "\u3000"]
TABLE: list[tuple[str, Work, list[str]]] = [
    ("a cell", csv_cells.escape_formula, [*BLANKS, "=", "\t=", "a "]),
    ("a line of a table", lambda text: csv_cells.csv_line([csv_cells.escape_formula(text)]), BLANKS),
    ("a row in a table", lambda text: csv_cells.escape_formula_json({"comment": text}), [*BLANKS, "=", ";=@"]),
    ("a file's name", safe_file_name, ["/", "a/", ". ", "\0", "\\"]),
    ("words to search for", words_of, [*BLANKS, "a ", "-", "a-", "\0"]),
    ("a pattern to search for", fuzzy.pattern, ["\u0300", "\u0316\u0300", "ﷺ", "a "]),
    ("a text that is searched", lambda text: fuzzy.score("aaaa", text), ["a", "a ", "A1", "ﷺ"]),
    ("a file's text", lambda text: decode(text.encode()), ["a", "\t", "月"]),
    ("text for the database", lambda text: (is_storable(text), storable(text), unstorable_path(text)), ["a", "\ud800"]),
    ("blanks between elements", elements, BLANKS[:4]),
    ("escapes", lambda text: json_document.lone_surrogates_as_nul(text.encode()), ["\\", "\\u", "\\ud8", "\\\\ud800"]),
    ("what does not fit a shape", issues, ["a"]),
    ("a number", number_of, ["1", "1.", ".", "1e", "0", "0x", "+", " "]),
    ("a number of digits", is_exact_number, ["1", "0", ".", "0x"]),
    ("a date", parse_date, ["1", " ", "(", "()", "a", ":", "Mar", "1 "]),
    ("a list in a cell", list_in, ["[", "[1,", ",", "]", "[1,2\n", "[1,2,3"]),
    ("a stage in a cell", stage_in, ["[1,", "[1,a,", ",1]", "[1\n"]),
    *((f"a file as {each.import_type}", reading(each), PIECES) for each in FORMATS if each.sample),
    ("a number in a query", INTEGER.fullmatch, ["1", "-"]),
    ("an address", canonical_path, ["/", "a/", "%"]),
    ("proxies", lambda text: client_address({"HTTP_X_FORWARDED_FOR": text}), [",", "1.1.1.1,", " "]),
    ("a Japanese text", formatting.is_japanese, ["a", "月"]),
    ("a row of many members", many_members, ["a", "- "]),
    ("a message", lambda text: problem_rows.relevant_values({"identifier": text}, text), [*BLANKS, "a ", "Got 1 "]),
]
