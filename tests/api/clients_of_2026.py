"""Responses as clients of Tachi's API of 2026 parse them, and the charts and scores of these clients."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from imports.formats.match_keys import chart_keys
from imports.models import Chart
from tests import people
from tests.factories import create_song

T = TypeVar("T")
Text = Annotated[str, Meta(min_length=1)]
Positive = Annotated[float, Meta(gt=0)]


class Success(msgspec.Struct):
    success: bool
    description: str
    body: msgspec.Raw


def read(path: str, kind: type[T]) -> T:
    """Returns the body of a guest's GET request, converted to the types of a client."""
    response: Any = people.guest().get(path)
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code == 200, content
    envelope = msgspec.json.decode(content, type=Success)
    assert envelope.success is True
    return msgspec.json.decode(envelope.body, type=kind)


def charts_of(game: str, count: int, difficulty: str, level: float) -> list[Chart]:
    """Creates charts of an arcade game; the in-game ID of each chart is the number of its song."""
    made = []
    for number in range(1, count + 1):
        song = create_song(number, game=game)
        data = {"inGameID": number, "displayVersion": "buddies"}
        made.append(
            Chart.objects.create(
                chart_id=f"{number:040x}",
                game=game,
                song=song,
                playtype="Single",
                difficulty=difficulty,
                level=f"{level:.0f}",
                level_num=level,
                versions=["buddies"],
                data=data,
                match_keys=chart_keys({"data": data}),
            )
        )
    return made


def maimaidx_row(number: int, percent: float, **more: Any) -> dict[str, Any]:
    row = {"matchType": "inGameID", "identifier": str(number), "difficulty": "DX Master", "percent": percent}
    return {**row, "lamp": "CLEAR", **more}
