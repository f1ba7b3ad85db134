"""The scores or personal bests of a player as Tachi's API returns them (spec: documents, http-api-reads §4-§5).

`…/scores/all` and `…/pbs/all` of 2025 and of 2026, and the files that exports have in `scores/` and `bests/`: an
envelope, or only its body, with the rows, their songs and their charts. A best is read as one play. If it is composed
of several scores, its judgements are left out, as its lamp may be that of another score.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from imports.errors import ImportFailed
from imports.formats import json_document, kept_rows
from imports.formats.base import Context, Format, Parsed, ParseOptions, Sample
from imports.formats.parsing.tachi_documents import (
    Body,
    Companions,
    Envelope,
    elements_of,
    game_and_playtype,
    open_body,
    read_sent,
)
from imports.formats.parsing.tachi_rows import (
    as_sent,
    chart_reference,
    companions_of,
    draft,
    find,
    key,
    more_keys,
    read_kept,
    read_rows,
)
from imports.formats.schema import Violation
from imports.formats.text import cut, without_mark
from imports.games.spec import Game

IMPORT_TYPE = "file/tachi-scores"
SERVICE = "Tachi"
NO_SCORES = "There are no scores in this file."


def parse(data: bytes, options: ParseOptions) -> Parsed:
    """Reads a response. Raises ImportFailed, status 400."""
    body = open_body(data)
    game, raws = _game_of(body, options)
    rows = read_rows(
        raws,
        Companions(body),
        game,
        skip_invalid=options.skip_invalid,
        describe=lambda violation, index: _sentence(violation, body.list_name, index),
    )
    context = Context(
        game=game,
        playtype=game.playtypes[0],
        import_type=IMPORT_TYPE,
        service=SERVICE,
        is_mixed=True,
        facts={"list": body.list_name},
    )
    return Parsed(context=context, rows=rows, received=options.now)


def check_meta(data: bytes, options: ParseOptions) -> None:
    """Raises the ImportFailed of `parse` if it is about the JSON or the first score's game."""
    _game_of(open_body(data), options)


def _game_of(body: Body, options: ParseOptions) -> tuple[Game, list[Raw]]:
    """Returns the game of the first score, which all must share, and the undecoded scores. Raises ImportFailed."""
    raws = elements_of(getattr(body, body.list_name))
    if not raws:
        raise ImportFailed(NO_SCORES)
    try:
        game, _ = game_and_playtype(read_sent(raws[0]))
    except Violation as violation:
        raise ImportFailed(_sentence(violation, body.list_name, 0)) from None
    return options.game(game.slug), raws


def _sentence(violation: Violation, name: str, index: int) -> str:
    return cut(f"Invalid scores of Tachi: {violation.under(f'.{name}[{index}]')}")


def document(context: Mapping[str, Any], rows: Sequence[Any]) -> bytes:
    """Returns a file of only these rows."""
    return msgspec.json.encode({context["list"]: [row["score"] for row in rows], **companions_of(rows)})


def recognizes(data: bytes) -> bool:
    """Returns whether the data is an object with scores or bests and their charts, in an envelope or not."""
    if without_mark(data).lstrip()[:1] != b"{":
        return False
    try:
        envelope = msgspec.json.decode(without_mark(data), type=Envelope)
    except json_document.UNREADABLE:
        return False
    return bool((envelope.body if isinstance(envelope.body, Body) else envelope).list_name)


FILE = Format(
    import_type=IMPORT_TYPE,
    name="Scores from Tachi (Kamaitachi, Bokutachi)",
    parse=parse,
    check_meta=check_meta,
    key=key,
    more_keys=more_keys,
    find=find,
    draft=draft,
    as_sent=as_sent,
    restore=kept_rows.restorer_with(read_kept, import_type=IMPORT_TYPE),
    document=document,
    chart_reference=chart_reference,
    asks_by_title={},
    identifier="song__title",
    is_own=True,
    recognizes=recognizes,
    sample=Sample(
        file_name="scores-all.json",
        content=b"""{
  "success": true,
  "description": "Returned 1 PBs.",
  "body": {
    "scores": [
      {
        "game": "sdvx", "playtype": "Single", "songID": 1, "chartID": "0123456789012345678901234567890123456789",
        "service": "Example (BATCH-MANUAL)", "comment": null, "timeAchieved": 1763891400000, "scoreMeta": {},
        "scoreData": { "score": 9876543, "lamp": "CLEAR", "judgements": {}, "optional": { "enumIndexes": {} } }
      }
    ],
    "songs": [{ "id": 1, "title": "Sunset Overclock", "artist": "", "altTitles": [], "searchTerms": [], "data": {} }],
    "charts": [
      {
        "chartID": "0123456789012345678901234567890123456789", "songID": 1, "playtype": "Single",
        "difficulty": "EXH", "level": "16", "levelNum": 16, "isPrimary": true, "versions": [], "data": {}
      }
    ]
  }
}
""",
    ),
)
