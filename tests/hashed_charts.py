"""Bodies of the hooks of BMS, PMS and USC, and the charts of their scores."""

from __future__ import annotations

from typing import Any

from django.test import Client

from imports.formats.match_keys import chart_keys
from imports.models import Chart, Permission, Song, User
from tests.people import token_of

SHA256, MD5, SHA1 = "a" * 64, "c" * 32, "d" * 40
OTHER = "b" * 64


def program(user: User) -> Client:
    """Returns a client of a player's program, with a token that may submit scores."""
    headers = {
        "Authorization": f"Bearer {token_of(user, Permission.SUBMIT_SCORE)}",
        "X-TachiIR-Version": "v3.0.0",
    }
    return Client(raise_request_exception=False, headers=headers)


def send(client: Client, path: str, body: Any) -> Any:
    return client.post(f"/ir/{path}", body, content_type="application/json")


def beatoraja(*, sha256: str = SHA256, mode: str = "BEAT_7K", chart: Any = None, **score: Any) -> dict[str, Any]:
    """Returns a play of beatoraja: 1,170 points of 2,000, a hard clear."""
    sent_chart = {
        "md5": MD5, "sha256": sha256, "title": "New", "subtitle": "", "genre": "Trance", "artist": "Ann",
        "subartist": "", "total": 300, "lntype": 0, "mode": mode, "judge": 100, "notes": 1000,
        "hasUndefinedLN": False, "hasRandom": False,
    }  # fmt: skip
    sent_score = {
        "sha256": sha256, "exscore": 1170, "passnotes": 731, "gauge": 82.5, "deviceType": "KEYBOARD", "minbp": 33,
        "option": 0, "lntype": 0, "clear": "Hard", "assist": 0, "maxcombo": 210, "epg": 300, "egr": 80, "egd": 21,
        "ebd": 5, "epr": 3, "lpg": 200, "lgr": 90, "lgd": 22, "lbd": 6, "lpr": 4, "ems": 7, "lms": 8,
    }  # fmt: skip
    client = "beatoraja 0.8" if mode == "POPN_9K" else "LR2oraja 0.8"
    return {"client": client, "chart": {**sent_chart, **(chart or {})}, "score": {**sent_score, **score}}


def lr2hook(*, md5: str = MD5, **score: Any) -> dict[str, Any]:
    """Returns a play of Lunatic Rave 2."""
    sent = {
        "pgreat": 500, "great": 170, "good": 43, "bad": 11, "poor": 22, "maxCombo": 210, "exScore": 1170,
        "moneyScore": 150_000, "notesTotal": 1000, "notesPlayed": 1000, "lamp": "NORMAL", "hpGraph": [80] * 1000,
    }  # fmt: skip
    player = {"autoScr": 0, "gameMode": "7K", "random": "NORAN", "gauge": "GROOVE"}
    return {"md5": md5, "playerData": player, "scoreData": {**sent, **score}}


def usc(*, sha1: str = SHA1, **score: Any) -> dict[str, Any]:
    """Returns a play of USC: a clear with 9,000,000 points."""
    chart = {
        "chartHash": sha1, "artist": "Ann", "title": "New", "level": 15, "difficulty": 2, "effector": "E",
        "illustrator": "I", "bpm": "180",
    }  # fmt: skip
    sent = {
        "score": 9_000_000, "gauge": 0.8, "timestamp": 1_600_000_000, "crit": 800, "near": 60, "error": 12,
        "options": {"gaugeType": 0, "mirror": False, "random": False, "autoFlags": 0},
        "windows": {"perfect": 46, "good": 150, "hold": 150, "miss": 300, "slam": 84},
    }  # fmt: skip
    return {"chart": chart, "score": {**sent, **score}}


def bms_chart(*, sha256: str = SHA256, md5: str = MD5, song_id: int = 1) -> Chart:
    data = {"notecount": 1000, "hashMD5": md5, "hashSHA256": sha256, "tableFolders": {}}
    return _chart("bms", "7K", "CHART", data, song_id)


def usc_chart() -> Chart:
    data = {"hashSHA1": SHA1, "isOfficial": True, "effector": "E", "tableFolders": {}}
    return _chart("usc", "Controller", "EXH", data, 1)


def _chart(game: str, playtype: str, difficulty: str, data: dict[str, Any], song_id: int) -> Chart:
    song = Song.objects.create(game=game, song_id=song_id, title=f"Song {song_id}", artist="Ann", data={})
    return Chart.objects.create(
        chart_id=f"{game}{song_id}".ljust(40, "0"),
        game=game,
        song=song,
        playtype=playtype,
        difficulty=difficulty,
        level="15",
        level_num=15,
        data=data,
        match_keys=chart_keys({"data": data}),
    )
