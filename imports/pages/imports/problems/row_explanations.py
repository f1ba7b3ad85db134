"""Explains why rows were left out, with their songs and charts if the catalogue has them.

Facts are JSON data, so that a check can store them: `is_title`, `song` (None: unknown), `difficulty`, `others` (the
difficulties that the song has), and `guess`, `is_one_letter`, `chart` (primary key) of a suggested title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from imports.catalogue.chart_names import difficulty_name
from imports.errors import ProblemType
from imports.formats.base import ChartReference
from imports.games import BY_SLUG
from imports.pages.imports.problems.title_matches import TITLE, LikelyMatch
from imports.pages.texts import problem_texts, revert_texts
from imports.pages.texts.failures import row_violation
from imports.pages.texts.formatting import KINDS
from imports.pipeline.suggestions import Kept, NamedSong, chart_reference_of, named_songs

PREAMBLE = re.compile(r"^Got \d+ errors? when validating score:\s")  # precedes the first error of a row
UNKNOWN = (ProblemType.NOT_FOUND, ProblemType.ORPHAN_EXISTS)
IDENTIFIER, DIFFICULTY, MATCH_TYPE = "identifier", "difficulty", "matchType"
MAX_OTHERS = 12  # charts of a song that are listed

K = TypeVar("K")
Value = tuple[str, str, bool]


@dataclass(frozen=True, slots=True)
class Explanation:
    """The error of a row. `song`: the title, if the row has only the song's number.

    `offender`: the key of the wrong value, if known. `use_chart`, `use_song`: the primary key of the suggested chart,
    and its song.
    """

    kind: str
    text: str
    song: str = ""
    offender: str = ""
    use_chart: int | None = None
    use_song: str = ""


def row_facts(rows: Mapping[K, Kept], likely: Mapping[K, LikelyMatch] | None = None) -> dict[K, dict[str, Any]]:
    """Returns what the catalogue has on the charts that rows refer to. Two queries per match type and game."""
    named, facts = named_songs(rows), {}
    for name, row in rows.items():
        reference = chart_reference_of(row)
        if reference is not None:
            game = str(row.context.get("game")) if isinstance(row.context, dict) else ""
            facts[name] = _facts(reference, named.get(name), (likely or {}).get(name), game)
    return facts


def _facts(reference: ChartReference, named: NamedSong | None, guess: LikelyMatch | None, game: str) -> dict[str, Any]:
    charts = named.charts if named else ()
    has_chart = any(chart.difficulty == reference.difficulty for chart in charts)
    return {
        "is_title": reference.match_type == TITLE,
        "identifier": reference.identifier,
        "match_type": reference.match_type,
        "song": named.song.title if named else None,
        "difficulty": "" if has_chart else reference.difficulty or "",
        "others": [difficulty_name(BY_SLUG[game], chart).difficulty for chart in charts[:MAX_OTHERS]],
        "guess": guess.title if guess else "",
        "is_one_letter": bool(guess and guess.is_one_letter),
        "chart": guess.chart.pk if guess and guess.chart else None,
    }


def explain_row(problem_type: str, message: str, facts: Mapping[str, Any] | None) -> Explanation:
    """Returns the error of a row in plain words, or Tachi's message if there are none."""
    kind = str(KINDS.get(problem_type, problem_type))
    facts = facts or {}
    song = facts.get("song")
    by_number = song if song and not facts["is_title"] else ""
    is_unknown = problem_type in UNKNOWN
    # A difficulty that the game does not have makes a row invalid, although a later song list may bring it.
    if song and (is_unknown or message.startswith("Invalid Difficulty")):
        text = (
            problem_texts.song_without_chart(song, facts["difficulty"], facts["others"])
            if facts["difficulty"]
            else problem_texts.chart_of_song(song)
        )
        kind = kind if problem_type == ProblemType.ORPHAN_EXISTS else str(problem_texts.UNKNOWN_CHART)
        return Explanation(kind, text, by_number, DIFFICULTY)
    if is_unknown and facts:
        is_title, guess = facts["is_title"], facts["guess"]
        text = str(problem_texts.NO_SUCH_TITLE if is_title else problem_texts.NO_SUCH_NUMBER)
        if guess:
            text = problem_texts.is_it(guess, is_one_letter=facts["is_one_letter"])
        if problem_type == ProblemType.NOT_FOUND and is_title:
            kind = str(problem_texts.UNKNOWN_SONG)
        return Explanation(kind, text, "", IDENTIFIER, facts["chart"], guess)
    if problem_type == ProblemType.AMBIGUOUS and message.startswith("Multiple songs"):
        return Explanation(kind, str(problem_texts.SEVERAL_SONGS), "", IDENTIFIER)
    return Explanation(kind, row_violation(message) or PREAMBLE.sub("", message), by_number)


def name_of_row(facts: Mapping[str, Any]) -> tuple[str, bool]:
    """Returns the title or number that a row names its song by, and whether a title is included."""
    if facts["is_title"]:
        return facts["identifier"], True
    number = revert_texts.identifier_text(facts["match_type"], facts["identifier"])
    return (problem_texts.named_song(number, facts["song"]), True) if facts["song"] else (number, False)


def marked(values: Sequence[Value], offender: str) -> list[Value]:
    """Returns the values with the wrong one marked; without the match type if charts are matched by title."""
    if offender not in [key for key, _, _ in values]:
        return list(values)
    return [(key, text, key == offender) for key, text, _ in values if (key, text) != (MATCH_TYPE, f'"{TITLE}"')]
