"""Rules for the text of every template and stylesheet."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 160


def test_no_template_or_stylesheet_line_is_longer_than_160_characters() -> None:
    """Djlint's linter has no rule for it: its max_line_length is its formatter's."""
    files = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/**/*.css")]
    long = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in sorted(files)
        if "vendor" not in file.parts
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert long == []
