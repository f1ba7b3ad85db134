"""The endpoints of games, and of players on them, as tests/api/endpoints.py lists all."""

from __future__ import annotations

from imports import games
from tests.api.endpoint import Endpoint, public_endpoint

ALICE, PLAYER = "/api/v1/users/alice", "/api/v1/users/alice/games/sdvx/Single"
RESOLVE = {"matchType": "tachiSongID", "identifier": "1", "difficulty": "EXH"}


def _resolve(path: str, description: str) -> Endpoint:
    """Returns an endpoint that resolves a chart by POST; everybody may use it."""
    return Endpoint("POST", f"{path}/resolve", (200, description), json=RESOLVE)


PLAYERS = (
    public_endpoint(PLAYER, "Retrieved user statistics for Alice (sdvx Single)"),
    public_endpoint(f"{PLAYER}/history", "Successfully returned history for the past 0 days."),
    public_endpoint(f"{PLAYER}/most-played", "Returned 2 scores."),
    public_endpoint(f"{PLAYER}/leaderboard-adjacent", "Returned 1 nearby stats."),
    public_endpoint(f"{PLAYER}/activity", "Retrieved activity."),
    public_endpoint(f"{PLAYER}/settings", "Returned Alice (#{alice})'s settings."),
    public_endpoint(f"{PLAYER}/pbs?search=song", "Retrieved 2 personal bests."),
    public_endpoint(f"{PLAYER}/pbs/all", "Returned 2 PBs."),
    public_endpoint(f"{PLAYER}/pbs/best", "Retrieved 2 personal bests."),
    public_endpoint(f"{PLAYER}/pbs/{{chart}}", "Successfully retrieved PB for user."),
    public_endpoint(f"{PLAYER}/pbs/{{chart}}/leaderboard-adjacent", "Successfully retrieved PB for user."),
    public_endpoint(f"{PLAYER}/pbs/{{chart}}/rivals", "Returned 0 rivals' PBs."),
    _resolve(f"{PLAYER}/pbs", "Returned PB."),
    public_endpoint(f"{PLAYER}/scores?search=song", "Retrieved 2 scores."),
    public_endpoint(f"{PLAYER}/scores/recent", "Retrieved 2 scores."),
    public_endpoint(f"{PLAYER}/scores/all", "Returned 2 PBs."),
    public_endpoint(f"{PLAYER}/scores/{{chart}}", "Returned 1 scores."),
    public_endpoint(f"{PLAYER}/sessions?search={{session_name}}", "Retrieved 1 sessions."),
    public_endpoint(f"{PLAYER}/sessions/best", "Retrieved 1 sessions."),
    public_endpoint(f"{PLAYER}/sessions/recent", "Returned 1 sessions."),
    public_endpoint(f"{PLAYER}/sessions/highlighted", "Returned 1 sessions."),
    public_endpoint(f"{PLAYER}/sessions/last", "Returned a session."),
    public_endpoint(f"{PLAYER}/sessions/calendar", "Found 1 events."),
    public_endpoint(f"{ALICE}/games/jubeat/Single/jubility", "Retrieved scores that went into this users jubility."),
    public_endpoint(f"{ALICE}/games/bms/7K/best-score/{{checksum}}", "Player has not played this chart."),
)
PLAYER_V3 = f"{ALICE}/games/sdvx"
PLAYERS_V3 = (
    public_endpoint(PLAYER_V3, "Retrieved user statistics for Alice (sdvx)"),
    *(
        Endpoint("GET", endpoint.path.replace(PLAYER, PLAYER_V3), endpoint.success)
        for endpoint in PLAYERS
        if endpoint.path.startswith(f"{PLAYER}/") and endpoint.method == "GET"
    ),
    _resolve(f"{PLAYER_V3}/pbs", "Returned PB."),
    public_endpoint(f"{PLAYER_V3}/pbs/song/{{song_v3}}", "Retrieved 1 personal bests for this song."),
    public_endpoint(f"{PLAYER_V3}/rivals", "Returned 0 rivals."),
    public_endpoint(f"{PLAYER_V3}/rivals/challengers", "Returned 0 challengers."),
    public_endpoint(f"{ALICE}/games/jubeat/jubility", "Retrieved scores that went into this users jubility."),
    public_endpoint(f"{ALICE}/games/bms-7k/best-score/{{checksum}}", "Player has not played this chart."),
)
GAMES = (
    public_endpoint("/api/v1/games", f"Returned support information for {len(games.GAMES)} game(s)."),
    public_endpoint("/api/v1/games/sdvx", "Returned information for sdvx"),
    public_endpoint("/api/v1/games/sdvx/Single", "Retrieved information about SOUND VOLTEX"),
    public_endpoint("/api/v1/games/sdvx/Single/leaderboard", "Returned 2 user's game stats."),
    public_endpoint("/api/v1/games/sdvx/Single/pb-leaderboard", "Successfully returned 3 pbs."),
    public_endpoint("/api/v1/games/sdvx/Single/players?search=ali", "Found 1 user(s)"),
    public_endpoint("/api/v1/games/sdvx/Single/activity", "Retrieved activity."),
    public_endpoint("/api/v1/games/sdvx/Single/songs/1", "Returned 1 charts for song Song 1."),
    public_endpoint("/api/v1/games/sdvx/Single/charts", "Returned 2 charts."),
    public_endpoint(
        "/api/v1/games/sdvx/Single/charts/resolve?matchType=tachiSongID&identifier=1&difficulty=EXH",
        "Found song & chart.",
    ),
    _resolve("/api/v1/games/sdvx/Single/charts", "Successfully retrieved chart info."),
    public_endpoint("/api/v1/games/sdvx/Single/charts/{chart}", "Returned Song 1 (EXH 16)."),
    public_endpoint("/api/v1/games/sdvx/Single/charts/{chart}/playcount", "Counted scores for chart."),
    public_endpoint("/api/v1/games/sdvx/Single/charts/{chart}/pbs", "Returned 2 scores."),
    public_endpoint("/api/v1/games/sdvx/Single/charts/{chart}/pbs/search?search=ali", "Returned 1 scores."),
    public_endpoint("/api/v1/games/bms/7K/sieglinde-charts", "Found 1 chart(s)."),
)
GAMES_V3 = (
    public_endpoint("/api/v1/games/sdvx/leaderboard", "Returned 2 user's game stats."),
    public_endpoint("/api/v1/games/sdvx/pb-leaderboard", "Successfully returned 3 pbs."),
    public_endpoint("/api/v1/games/sdvx/players?search=ali", "Found 1 user(s)"),
    public_endpoint("/api/v1/games/sdvx/activity", "Retrieved activity."),
    public_endpoint("/api/v1/games/sdvx/songs/{song_v3}", "Returned 1 charts for song Song 1."),
    public_endpoint("/api/v1/games/sdvx/charts", "Returned 2 charts."),
    _resolve("/api/v1/games/sdvx/charts", "Successfully retrieved chart info."),
    public_endpoint("/api/v1/games/sdvx/charts/{chart_v3}", "Returned chart."),
    public_endpoint("/api/v1/games/sdvx/charts/{chart_v3}/playcount", "Counted scores for chart."),
    public_endpoint("/api/v1/games/sdvx/charts/{chart_v3}/pbs", "Returned 2 scores."),
    public_endpoint("/api/v1/games/sdvx/charts/{chart_v3}/pbs/search?search=ali", "Returned 1 scores."),
    public_endpoint("/api/v1/games/bms-7k/sieglinde-charts", "Found 1 chart(s)."),
)
