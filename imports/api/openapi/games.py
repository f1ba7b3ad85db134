"""Games, charts and the instance in words."""

from __future__ import annotations

from imports.api.openapi import bodies as b
from imports.api.openapi import documents as d
from imports.api.openapi import read_bodies as r
from imports.api.openapi.operation import (
    ALG,
    CURSOR,
    GAMES,
    JSON,
    NO_START_TIME,
    SESSIONS,
    START_TIME,
    Operation,
    Query,
    Table,
    also,
    limit,
    pages,
    search,
    switch,
)

GAME = "GET /api/v1/games/{game}"
PLAYED = f"{GAME}/{{playtype}}"
CHART = f"{PLAYED}/charts/{{chartID}}"
NO_CHART = also(GAMES, {404: ["The chart … does not exist."]})
NO_ALG = "Invalid value of … for alg. Expected one of …"
ECHO = {"type": "object", "properties": {"echo": {"type": "string"}}, "additionalProperties": False}
NO_ECHO = {400: ["[echo] Expected *string or no value. (Received …)", "[null] Unexpected properties inside object: …."]}

INSTANCE: Table = {
    "GET /api/v1/status": Operation(
        name="getStatus",
        summary="Who one is, and what one's token may",
        told="Status check successful.",
        body=b.Status,
        query=(Query(name="echo", description="Comes back."),),
        refusals=NO_ECHO,
    ),
    "POST /api/v1/status": Operation(
        name="postStatus",
        summary="The same",
        told="Status check successful.",
        body=b.Status,
        sends={JSON: ECHO},
        refusals=NO_ECHO,
    ),
    "GET /api/v1/config": Operation(
        name="getConfig",
        summary="What this instance offers",
        told="Returned configuration info.",
        body=b.Config,
    ),
    "GET /api/v1/config/max-rivals": Operation(
        name="getMaxRivals",
        summary="How many rivals one may have: none",
        told="Returned MAX_RIVALS.",
        body=int,
    ),
    "GET /api/v1/activity": Operation(
        name="getActivity",
        summary="What everybody did of late, by game and playtype",
        told="Retrieved global activity.",
        body=b.Feeds,
        query=(START_TIME,),
        refusals={400: [NO_START_TIME]},
    ),
    "GET /api/v1/search": Operation(
        name="searchEverything",
        summary="Users by a part of their name, charts by their song",
        told="Searched everything.",
        body=b.Found,
        query=(search(), switch("hasPlayedGame", "Only charts of games that the caller has played.")),
        refusals={400: ["No search parameter given."]},
    ),
    "GET /api/v1/search/chart-hash": Operation(
        name="searchByHash",
        summary="Charts by the digest of their file",
        told="Searched for chart hash ….",
        body=b.FoundByHash,
        query=(search("The digest."),),
        refusals={400: ["No search parameter given."]},
    ),
}
CATALOGUE: Table = {
    "GET /api/v1/games": Operation(
        name="listGames",
        summary="The games of this instance",
        told="Returned support information for … game(s).",
        body=r.Games,
    ),
    GAME: Operation(
        name="getGame", summary="A game", told="Returned information for …", body=r.GameConfig, refusals=GAMES
    ),
    PLAYED: Operation(
        name="getPlaytype",
        summary="How a playtype is declared, and how many play it",
        told="Retrieved information about …",
        body=r.GameInfo,
        refusals=GAMES,
    ),
    f"{PLAYED}/leaderboard": Operation(
        name="getLeaderboard",
        summary="Players by a profile rating",
        told="Returned … user's game stats.",
        body=r.Leaders,
        query=(ALG, CURSOR, limit(500)),
        is_paged=True,
        refusals=also(GAMES, {400: [NO_ALG, "Invalid limit. Limit is capped at 500."]}),
    ),
    f"{PLAYED}/pb-leaderboard": Operation(
        name="getBestLeaderboard",
        summary="Everybody's bests by a score rating",
        told="Successfully returned … pbs.",
        body=r.BestLeaders,
        query=(ALG, limit(50)),
        refusals=also(GAMES, {400: [NO_ALG, "Cannot specify a limit higher than 50."]}),
    ),
    f"{PLAYED}/players": Operation(
        name="searchPlayers",
        summary="Players of a game by a part of their name",
        told="Found … user(s)",
        body=list[d.User],
        query=(search(),),
        refusals=also(GAMES, {400: ["[search] Expected string. (Received …)"]}),
    ),
    f"{PLAYED}/activity": Operation(
        name="getGameActivity",
        summary="What everybody did of late on a game",
        told="Retrieved activity.",
        body=b.Feed,
        query=(SESSIONS, START_TIME),
        refusals=also(GAMES, {400: [NO_START_TIME, "Invalid sessions, got …, which wasn't between 10 and 100."]}),
    ),
    f"{PLAYED}/songs/{{songID}}": Operation(
        name="getSong",
        summary="A song with its charts",
        told="Returned … charts for song ….",
        body=r.SongWithCharts,
        refusals=also(
            GAMES,
            {
                400: ["Invalid songID - could not be converted into integer?"],
                404: ["No song exists with the songID …."],
            },
        ),
    ),
    f"{PLAYED}/charts": Operation(
        name="listCharts",
        summary="The 100 charts with the most players, or of songs that match",
        told="Returned … charts.",
        body=r.Charts,
        query=(
            Query(name="search", description="What the song is called."),
            Query(name="requesterHasPlayed", description="Whatever its value: only songs that the caller has played."),
            switch("noIntelligentOmit", "IIDX's 2dxtra sets come too."),
        ),
        refusals=also(GAMES, {401: ["You must be authorised as a user to use the requesterHasPlayed option."]}),
    ),
    f"{PLAYED}/charts/resolve": Operation(
        name="resolveChart",
        summary="The chart that a row of BATCH-MANUAL would be a score on",
        told="Found song & chart.",
        body=r.SongAndChart,
        query=(
            Query(name="matchType", description="How the song is named.", required=True),
            Query(name="identifier", description="Its name.", required=True),
            Query(name="difficulty", description="The difficulty, where the match type does not say it."),
        ),
        refusals=also(GAMES, {400: ["[identifier] Expected string. (Received …)"], 404: ["Cannot find …"]}),
    ),
    CHART: Operation(name="getChart", summary="A chart", told="Returned ….", body=r.SongAndChart, refusals=NO_CHART),
    f"{CHART}/playcount": Operation(
        name="getPlaycount",
        summary="How many players have a best on a chart",
        told="Counted scores for chart.",
        body=r.Playcount,
        refusals=NO_CHART,
    ),
    f"{CHART}/pbs": Operation(
        name="getChartLeaderboard",
        summary="The leaderboard of a chart, 100 bests at a time",
        told="Returned … scores.",
        body=r.ChartBoard,
        query=(
            Query(
                name="startRanking",
                description="The rank that it begins with.",
                schema={"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
            ),
        ),
        refusals=NO_CHART,
    ),
    f"{CHART}/pbs/search": Operation(
        name="searchChartLeaderboard",
        summary="The bests on a chart of users with this in their name",
        told="Returned … scores.",
        body=r.ChartBoard,
        query=(search(),),
        refusals=also(NO_CHART, {400: ["Invalid parameter for search."]}),
    ),
    "GET /api/v1/games/bms/{playtype}/sieglinde-charts": Operation(
        name="listSieglindeCharts",
        summary="BMS charts that the Sieglinde tables rate",
        told="Found … chart(s).",
        body=b.Companions,
        query=pages(50_000),
        is_paged=True,
        refusals=GAMES,
    ),
}
