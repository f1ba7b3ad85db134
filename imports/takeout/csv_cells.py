"""Cells of tables for spreadsheets, none of which is taken for a formula."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable
from typing import Any


def csv_line(cells: Iterable[Any]) -> bytes:
    """A line of a table, every cell quoted."""
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL).writerow(cells)
    return line.getvalue().encode()


BEFORE_FORMULA = re.compile(r"(?<![\s\"'])([\s\"']*+)(?=[=+\-@＝＋－＠])")
"""Blanks and quotes, as many as there are, with what begins a formula behind them.

They are looked at once, from their first one on, and never given back: the time is proportional to the text's length.
"""
CELL_ENDS = re.compile(r"[\t\r\n]")


def escape_formula(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe stands before what would be one.

    It could be one where a cell may begin, also for a spreadsheet that takes semicolons or tabs for the ends of cells.
    """

    def escaped(found: re.Match[str]) -> str:
        begins_cell = found.start() == 0 or text[found.start() - 1] == ";"
        return f"{found[0]}'" if begins_cell or CELL_ENDS.search(found[0]) else found[0]

    return BEFORE_FORMULA.sub(escaped, text)


def escape_formula_json(value: Any) -> str:
    """JSON that is inert and says exactly the same: what could begin a cell or a formula stands as an escape."""
    # These letters only occur inside of strings. What remains begins with a bracket, a quote, a letter or a number.
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(r"[;=@]", lambda found: f"\\u{ord(found[0]):04x}", text)
