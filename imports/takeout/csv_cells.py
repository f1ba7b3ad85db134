"""Cells of tables for spreadsheets, which must not be interpreted as formulas."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import Any


def csv_line(cells: Iterable[Any]) -> bytes:
    """Returns a line of a table, with every cell quoted."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue().encode()


BEFORE_FORMULA = re.compile(r"(?<![\s\"'])([\s\"']*+)(?=[=+\-@＝＋－＠])")
"""All blanks and quotes before a character that begins a formula.

The possessive quantifier and the look-behind avoid backtracking: the time is proportional to the text's length.
"""
CELL_ENDS = re.compile(r"[\t\r\n]")


def escape_formula(text: str) -> str:
    """Returns the text with an apostrophe before each possible formula.

    A formula is possible where a cell may begin, also for spreadsheets that use semicolons or tabs as separators.
    """

    def escaped(found: re.Match[str]) -> str:
        begins_cell = found.start() == 0 or text[found.start() - 1] == ";"
        return f"{found[0]}'" if begins_cell or CELL_ENDS.search(found[0]) else found[0]

    return BEFORE_FORMULA.sub(escaped, text)


def escape_formula_json(value: Any) -> str:
    """Returns equivalent JSON in which characters that could begin a cell or a formula are escaped."""
    # These characters only occur in strings. Everything else begins with a bracket, a quote, a letter or a number.
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(r"[;=@]", lambda found: f"\\u{ord(found[0]):04x}", text)
