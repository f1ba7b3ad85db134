"""Players, sessions, scores and bests in words."""

from __future__ import annotations

from imports.api.openapi import bodies as b
from imports.api.openapi import documents as d
from imports.api.openapi import read_bodies as r
from imports.api.openapi.operation import (
    ALG,
    CURSOR,
    NO_START_TIME,
    ON_A_GAME,
    SESSIONS,
    SOMEBODYS,
    START_TIME,
    Operation,
    Query,
    Table,
    also,
    choice,
    flag,
    limit,
    pages,
    search,
    switch,
)

USER = "GET /api/v1/users/{userID}"
PLAYER = f"{USER}/games/{{game}}/{{playtype}}"
NO_CHART = also(ON_A_GAME, {404: ["This chart does not exist."]})
NOT_PLAYED = also(NO_CHART, {404: ["This user has not played this chart."]})
NO_FEED = also(
    ON_A_GAME,
    {400: [NO_START_TIME, "Invalid 'sessions'.", "Invalid sessions, got …, which wasn't between 10 and 100."]},
)

USERS: Table = {
    "GET /api/v1/users": Operation(
        name="listUsers",
        summary="Users by a part of their name, or by when they were last seen",
        told="Returned … users.",
        body=list[d.User],
        query=(
            Query(name="search", description="A part of the name; then 25 at most."),
            switch("online", "Only those who were seen in the last five minutes."),
            *pages(100),
        ),
        is_paged=True,
        refusals={400: ["Search parameter was invalid."]},
    ),
    USER: Operation(name="getUser", summary="A user", told="Found user ….", body=d.User, refusals=SOMEBODYS),
    f"{USER}/game-stats": Operation(
        name="getGameStats",
        summary="What a user is on every game they have played, with ranks",
        told="Returned … stats objects.",
        body=list[d.RankedStats],
        refusals=SOMEBODYS,
    ),
    f"{USER}/stats": Operation(
        name="getCounts",
        summary="How many scores and sessions a user has",
        told="Retrieved stats.",
        body=r.Counts,
        refusals=SOMEBODYS,
    ),
    f"{USER}/sessions/calendar": Operation(
        name="listAllSessions",
        summary="Every session of a user, in a few words each",
        told="Found … events.",
        body=list[d.CalendarEntry],
        query=pages(10_000),
        is_paged=True,
        refusals=SOMEBODYS,
    ),
    f"{USER}/recent-summary": Operation(
        name="getRecentSummary",
        summary="What a user played in the last 16 hours",
        told="Retrieved information about ….",
        body=r.RecentSummary,
        refusals=SOMEBODYS,
    ),
    f"{USER}/activity": Operation(
        name="getUserActivity",
        summary="What a user did of late, by game and playtype",
        told="Retrieved recent activity.",
        body=b.Feeds,
        query=(
            START_TIME,
            flag("includeRivals", "Changes nothing: there are no rivals."),
            flag("includeFollowers", "Changes nothing: nobody is followed."),
        ),
        refusals=also(SOMEBODYS, {400: [NO_START_TIME]}),
    ),
    f"{USER}/games/jubeat/Single/jubility": Operation(
        name="getJubility",
        summary="The bests that a player's jubility is the sum of",
        told="Retrieved scores that went into this users jubility.",
        body=r.Jubility,
        refusals=SOMEBODYS,
    ),
    f"{USER}/games/bms/{{playtype}}/best-score/{{checksum}}": Operation(
        name="getBestOnHash",
        summary="A player's best on the BMS chart of a file",
        told="Best score found.",
        body=d.RankedBest | None,
        refusals=also(
            SOMEBODYS,
            {
                400: [
                    "The game bms does not have a playtype called ….",
                    "Invalid checksum (Was not a MD5 or SHA256 checksum).",
                ],
                404: ["No chart found with the given checksum."],
            },
        ),
    ),
}
PLAYERS: Table = {
    PLAYER: Operation(
        name="getProfile",
        summary="What a player is on a game",
        told="Retrieved user statistics for … (… …)",
        body=r.Profile,
        refusals=ON_A_GAME,
    ),
    f"{PLAYER}/history": Operation(
        name="getHistory",
        summary="What a player was; one snapshot, of now",
        told="Successfully returned history for the past 0 days.",
        body=list[r.Snapshot],
        query=(choice("duration", "Changes nothing.", "week", "month", "3mo", "year"),),
        refusals=ON_A_GAME,
    ),
    f"{PLAYER}/most-played": Operation(
        name="listMostPlayed",
        summary="The 100 charts that a player played most",
        told="Returned … scores.",
        body=r.PlayedBests,
        refusals=ON_A_GAME,
    ),
    f"{PLAYER}/leaderboard-adjacent": Operation(
        name="getNeighbours",
        summary="The players just above and below",
        told="Returned … nearby stats.",
        body=r.Neighbours,
        query=(ALG,),
        refusals=also(ON_A_GAME, {400: ["Invalid value of … for alg. Expected one of …"]}),
    ),
    f"{PLAYER}/activity": Operation(
        name="getPlayerActivity",
        summary="What a player did of late on a game",
        told="Retrieved activity.",
        body=b.Feed,
        query=(SESSIONS, START_TIME),
        refusals=NO_FEED,
    ),
    f"{PLAYER}/pbs": Operation(
        name="searchBests",
        summary="A player's bests on songs that match",
        told="Retrieved … personal bests.",
        body=r.FoundBests,
        query=(search(),),
        refusals=also(ON_A_GAME, {400: ["Invalid value of for search parameter."]}),
    ),
    f"{PLAYER}/pbs/all": Operation(
        name="listBests",
        summary="All of a player's bests",
        told="Returned … PBs.",
        body=r.Bests,
        query=pages(50_000),
        is_paged=True,
        refusals=ON_A_GAME,
        note="15 requests in ten minutes. Bests on charts that are not primary are among them: `isPrimary` tells.",
    ),
    f"{PLAYER}/pbs/best": Operation(
        name="listBestBests",
        summary="A player's bests on primary charts, best first",
        told="Retrieved … personal bests.",
        body=r.Bests,
        query=(ALG, *pages(100)),
        is_paged=True,
        refusals=also(ON_A_GAME, {400: ["Invalid score algorithm. Expected any of …"]}),
    ),
    f"{PLAYER}/pbs/{{chartID}}": Operation(
        name="getBest",
        summary="A player's best on a chart",
        told="Successfully retrieved PB for user.",
        body=r.OneBest,
        query=(switch("getComposition", "The scores that it is made of come too."),),
        refusals=NOT_PLAYED,
    ),
    f"{PLAYER}/pbs/{{chartID}}/leaderboard-adjacent": Operation(
        name="getBestNeighbours",
        summary="The bests just ahead of a player's and just behind it",
        told="Successfully retrieved PB for user.",
        body=r.BestNeighbours,
        refusals=NOT_PLAYED,
    ),
    f"{PLAYER}/scores": Operation(
        name="searchScores",
        summary="A player's scores on songs that match",
        told="Retrieved … scores.",
        body=r.FoundScores,
        query=(search(),),
        refusals=also(ON_A_GAME, {400: ["Invalid value for search parameter."]}),
    ),
    f"{PLAYER}/scores/recent": Operation(
        name="listRecentScores",
        summary="A player's scores, latest first",
        told="Retrieved … scores.",
        body=r.Scores,
        query=pages(100),
        is_paged=True,
        refusals=ON_A_GAME,
    ),
    f"{PLAYER}/scores/all": Operation(
        name="listScores",
        summary="All of a player's scores on primary charts, in one answer",
        told="Returned … PBs.",
        body=r.Scores,
        refusals=ON_A_GAME,
        note="2 requests in five minutes.",
    ),
    f"{PLAYER}/scores/{{chartID}}": Operation(
        name="listScoresOnChart",
        summary="A player's scores on a chart",
        told="Returned … scores.",
        body=list[d.Score],
        query=pages(1_000),
        is_paged=True,
        refusals=NO_CHART,
    ),
    f"{PLAYER}/sessions": Operation(
        name="searchSessions",
        summary="A player's sessions whose names match",
        told="Retrieved … sessions.",
        body=list[d.FoundSession],
        query=(search(),),
        refusals=also(ON_A_GAME, {400: ["Invalid value for search parameter."]}),
    ),
    f"{PLAYER}/sessions/best": Operation(
        name="listBestSessions",
        summary="A player's sessions by a session rating",
        told="Retrieved … sessions.",
        body=list[d.ToldSession],
        query=(ALG, CURSOR, limit(100)),
        is_paged=True,
        refusals=also(ON_A_GAME, {400: ["Invalid algorithm '…' provided. Expected any of …."]}),
    ),
    **{
        f"{PLAYER}/sessions/{which}": Operation(
            name=f"list{which.capitalize()}Sessions",
            summary=summary,
            told="Returned … sessions.",
            body=list[d.ToldSession],
            query=pages(100),
            is_paged=True,
            refusals=ON_A_GAME,
        )
        for which, summary in (
            ("recent", "A player's sessions, latest first"),
            ("highlighted", "A player's highlighted sessions, latest first"),
        )
    },
    f"{PLAYER}/sessions/last": Operation(
        name="getLastSession",
        summary="A player's latest session",
        told="Returned a session.",
        body=r.LastSession,
        refusals=also(ON_A_GAME, {404: ["This user has not got any sessions!"]}),
    ),
    f"{PLAYER}/sessions/calendar": Operation(
        name="listSessions",
        summary="A player's sessions on a game, in a few words each",
        told="Found … events.",
        body=list[d.CalendarEntry],
        query=pages(10_000),
        is_paged=True,
        refusals=ON_A_GAME,
    ),
}
