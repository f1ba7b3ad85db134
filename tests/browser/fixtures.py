"""Data for every page in every state, with the URL and the reader of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Count
from django.urls import Resolver404, get_resolver, resolve
from redis import Redis

from imports import jobs
from imports.access.email_links import make_token
from imports.models import (
    APIClient,
    Chart,
    Import,
    ImportProblem,
    OrphanScore,
    Permission,
    ProfilePicture,
    Score,
    Session,
    State,
    User,
    WebhookDelivery,
)
from imports.pictures import encode_picture
from imports.pipeline.progress import Snapshot, Stage, writer
from imports.pipeline.scores import edit_score, edit_session
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import people
from tests.browser.conftest import sample_file
from tests.factories import picture, process
from tests.takeout.exported import export_of

PageStates = Mapping[str, tuple[User | None, str]]
"""Picture name -> who looks (None: a guest) at which address."""

NO_PAGES = {
    "logout": "an operation",
    "import-check-progress": "JSON for upload.js",
    "script-texts": "a script",
    "set-language": "an operation",
    "import-card": "a picture",
    "session-card": "a picture",
    "web-manifest": "JSON for browsers",
    "import-share": "an operation",
    "import-input": "a download",
    "import-sample": "a download",
    "import-problems-csv": "a download",
    "import-left-out": "a download",
    "data-export": "a download",
    "departure-cancel": "an operation",
    "score-table": "a download",
    "email-remove": "an operation",
    "import-cancel": "an operation",
    "import-retry": "an operation",
    "picture-remove": "an operation",
    "import-use-matches": "an operation",
    "import-restore": "an operation",
    "import-restore-several": "an operation",
    "orphans-match": "an operation",
    "orphans-retry": "an operation",
}
"""Addresses without a page of their own, and why."""


def names_of_pages() -> set[str]:
    """Every page that there is, by the name of its address."""
    names = {str(name) for name in get_resolver("imports.pages.urls").reverse_dict if isinstance(name, str)}
    return names - set(NO_PAGES)


DAY = 86_400_000


def name_of(address: str) -> str:
    """The name of a page's address; empty for what leads nowhere."""
    try:
        return resolve(urlsplit(address).path).url_name or ""
    except Resolver404:
        return ""


def sample(name: str, **parts: Any) -> dict[str, Any]:
    """A sample file's document."""
    return {**json.loads(sample_file(name).read_text()), **parts}


def played_again(rows: list[dict[str, Any]], *, points: int, days: int) -> list[dict[str, Any]]:
    """Other scores on the charts of those of these rows that have a time."""
    scores = [
        {**row, "score": row["score"] + points, "lamp": "CLEAR", "timeAchieved": row["timeAchieved"] + days * DAY}
        for row in rows
        if row.get("timeAchieved") and row["lamp"] != "FAILED"
    ]
    for row in scores:
        row.pop("judgements", None)
    return scores


def weaker(document: dict[str, Any]) -> dict[str, Any]:
    """Every second score of it, a week before and a little worse."""
    scores = played_again(document["scores"][::2], points=-71_000, days=-7)
    return {**document, "scores": scores, "classes": {"dan": "DAN_8"}}


def some_of(document: dict[str, Any]) -> dict[str, Any]:
    """Its first dozen scores."""
    return {**document, "scores": document["scores"][:12]}


def submitted(user: User, document: dict[str, Any], *, name: str) -> Import:
    content = json.dumps(document, ensure_ascii=False).encode()
    return jobs.submit(
        user, jobs.Upload(content=content, import_type="file/batch-manual", file_name=name, user_intent=True)
    )


def bad_rows() -> list[dict[str, Any]]:
    row = {"matchType": "songTitle", "difficulty": "MXM", "score": 9_876_543, "lamp": "CLEAR"}
    impossible = {"identifier": "Saltwater Engine", "difficulty": "INF", "lamp": "ULTIMATE CHAIN"}
    return [
        {**row, "identifier": "Tactile Snowfal"},
        {**row, "identifier": "月面ラジオ放送局", "difficulty": "ULT"},
        {**row, **impossible, "judgements": {"critical": 2_000, "near": 12, "miss": 2}},
    ]


def imports_of_alice(alice: User) -> dict[str, Import]:
    """One import of hers in every state that stays."""
    sdvx = sample("sdvx")
    sdvx["scores"] += bad_rows()
    first = process(submitted(alice, weaker(sdvx), name="先週.json"))
    assert first.score_count, first.error_message
    whole = process(submitted(alice, sdvx, name="night-session.json"))
    taken = process(submitted(alice, sample("iidx-sp"), name="iidx-sp.json"))
    revert(taken, RevertRequest(by=alice, reason="wrong card, these are my brother's"))
    taken.refresh_from_db()
    made = {
        "completed": whole,
        "chunithm": process(submitted(alice, sample("chunithm"), name="chunithm.json")),
        "iidx": process(submitted(alice, sample("iidx-dp"), name="iidx-dp.json")),
        "reverted": taken,
        "again": process(submitted(alice, some_of(sdvx), name="昨夜.json")),
        "failed": process(submitted(alice, {**sdvx, "meta": {"game": "sdvx"}}, name="score_2026-11-20.json")),
    }
    assert [job.state for job in made.values()] == [*["completed"] * 3, "reverted", "completed", "failed"]
    return made


def under_way(bob: User, redis: Redis) -> tuple[Import, Import]:
    """A running import of Bob's, and a queued one."""
    running = submitted(bob, sample("sdvx"), name="scorelog-2026.json")
    Import.objects.filter(pk=running.pk).update(state=State.RUNNING, attempts=1, time_started=running.time_queued)
    seconds = {"reading": 0.3, "finding_charts": 0.2, "checking": 1.1}
    writer(redis, running.import_id)(
        Snapshot(attempt=1, stage=Stage.SAVING, percent=64, processed=12_806, total=20_000, eta=4, seconds=seconds)
    )
    return running, submitted(bob, sample("chunithm"), name="chunithm-net.json")


def checked(user: User) -> str:
    """Where a file of this player's that was checked and not yet imported waits."""
    known = sample("sdvx")["scores"]
    scores = [*known[:5], *played_again(known[5:], points=-33_000, days=1), *bad_rows()]
    content = json.dumps(sample("sdvx", scores=scores)).encode()
    file = SimpleUploadedFile("saturday.json", content)
    response = people.session_of(user).post("/import/", {"importType": "file/batch-manual", "scoreData": file})
    return response["Location"]


def hook_evening(user: User) -> PageStates:
    """A dozen single scores that a tool sends while this player plays, one of them twice; afterwards it fails."""
    rows = [row for row in sample("sdvx")["scores"] if row.get("timeAchieved")][:12]
    meta = {"game": "sdvx", "playtype": "Single", "service": "KsHook"}

    def sent(document: dict[str, Any]) -> Import:
        content = json.dumps(document, ensure_ascii=False).encode()
        return process(
            jobs.submit(user, jobs.Upload(content=content, import_type="ir/direct-manual", client="KsHook/2"))
        )

    # Before them a weaker score on the last chart, so that one of them is a new best.
    process(
        submitted(user, {"meta": meta, "scores": played_again(rows[-1:], points=-90_000, days=-9)}, name="old.json")
    )
    evening = [sent({"meta": meta, "scores": [row]}) for row in rows]
    again = sent({"meta": meta, "scores": rows[-1:]})
    failed = sent({"meta": {"game": "sdvx"}, "scores": []})
    assert [job.state for job in (*evening, failed)] == [*["completed"] * 12, "failed"]
    session = Session.objects.filter(user=user).latest("score_count")
    return {
        "list-of-runs": (user, "/imports/"),
        "list-of-one-run": (user, f"/imports/?run={again.import_id}-{evening[0].import_id}"),
        "one-best": (user, f"/imports/{evening[-1].import_id}/"),
        "one-first": (user, f"/imports/{evening[0].import_id}/"),
        "one-repeated": (user, f"/imports/{again.import_id}/"),
        "session-of-a-tool": (user, f"/sessions/{session.session_id}/"),
    }


def page_states(redis: Redis) -> PageStates:
    """Creates the data and returns the states of all pages."""
    alice, bob, mo = people.alice(), people.bob(), people.mo()
    hers = imports_of_alice(alice)
    process(submitted(people.ada(), weaker(sample("sdvx")), name="ada.json"))
    people.token_of(alice, Permission.SUBMIT_SCORE)
    export_of(alice)
    jobs.request_export(mo, by=mo)
    ProfilePicture.objects.keep(mo, encode_picture(picture(size=(300, 200), color="teal")))
    page = {name: f"/imports/{job.import_id}/" for name, job in hers.items()}
    return {
        **_for_guests(),
        **_under_way(bob, redis),
        **_results(alice, page),
        **_lists(alice, bob, mo, hers),
        **_plays(alice, bob),
        **hook_evening(people.kay()),
        "result-of-another": (bob, page["completed"]),
        "refused": (mo, f"{page['completed']}revert/"),
        "upload": (alice, "/import/"),
        "checked": (alice, checked(alice)),
        "profile": (alice, "/users/Alice/"),
        "profile-empty": (mo, f"/users/{mo.username}/"),
        "account-picture-uploaded": (mo, "/account/picture/"),
        **_players(alice, bob),
        "tools": (alice, "/tools/"),
        "tools-none": (mo, "/tools/?game=iidx"),
        "tokens": (alice, "/tokens/"),
        "revoke": (alice, f"/tokens/{alice.tokens.get().pk}/revoke/"),
        "account": (alice, "/account/"),
        **{
            f"account-{name}": (alice, f"/account/{name}/")
            for name in ("profile", "picture", "password", "hooks", "sign-out-everywhere", "data")
        },
        "account-data-under-way": (mo, "/account/data/"),
        "connect-file": (alice, f"/client-file-flow/{tool().client_id}/"),
        "connect-allow": (alice, f"/oauth/request-auth?clientID={tool().client_id}"),
        "connect-refused": (alice, f"/oauth/request-auth?clientID={tool().client_id}&redirect_uri=http://localhost"),
        "delete": (alice, "/account/delete/"),
        "delete-account": (alice, "/account/delete/everything/"),
        "delete-game": (alice, "/account/delete/chunithm/"),
        "account-return": (None, "/account/return/"),
        **_mail_and_webhooks(alice),
    }


def _mail_and_webhooks(alice: User) -> PageStates:
    client = tool()
    for status, failure in ((204, ""), (500, "status"), (None, "timeout")):
        WebhookDelivery.objects.create(client=client, user=alice, body="{}", status=status, failure=failure)
    return {
        "clients": (client.author, "/account/clients/"),
        "clients-none": (people.kay(), "/account/clients/"),
        "client": (client.author, f"/account/clients/{client.client_id}/"),
        "email": (alice, "/account/email/"),
        "email-confirm": (None, f"/account/email/confirm/{make_token(alice, 'alice@example.org')}/"),
        "email-confirm-refused": (None, "/account/email/confirm/nothing/"),
        "password-reset": (None, "/account/password/reset/"),
        "password-reset-refused": (None, "/account/password/reset/x/y/"),
    }


def _players(alice: User, bob: User) -> PageStates:
    game, compare = "/users/Alice/games/sdvx/Single/", "/games/sdvx/Single/compare/"
    return {
        "player-game": (alice, f"{game}?range=all"),
        "player-game-bests": (bob, f"{game}?tab=bests&lamp=CLEAR"),
        "player-game-no-bests": (None, f"{game}?tab=bests&q=nothing"),
        "player-game-counting": (alice, f"{game}?tab=bests&show=counting"),
        "player-game-no-full-combo": (None, f"{game}?tab=bests&show=no-full-combo"),
        "player-game-unplayed": (alice, f"{game}?tab=bests&show=unplayed"),
        "player-game-sessions": (alice, f"{game}?tab=sessions"),
        "player-game-chunithm": (None, "/users/Alice/games/chunithm/Single/"),
        "leaderboard": (alice, "/games/sdvx/Single/players/"),
        "leaderboard-gain": (alice, "/games/sdvx/Single/players/?by=gain"),
        "leaderboard-charts": (None, "/games/sdvx/Single/players/?by=charts"),
        "leaderboard-none": (None, "/games/sdvx/Single/players/?q=zzz"),
        "leaderboard-empty": (None, "/games/iidx/SP/players/"),
        "compare": (alice, f"{compare}?one=Alice&other=ada"),
        "compare-unknown": (alice, f"{compare}?other=nobody"),
        "compare-absent": (None, f"{compare}?one=Alice&other={bob.username}"),
    }


def tool() -> APIClient:
    """The API client of Bob's."""
    fields = {
        "permissions": ["submit_score", "customise_session"],
        "redirect_uri": "https://nightlogger.example/callback",
        "key_template": '{"token": "%%TACHI_KEY%%"}',
        "key_filename": "night-logger.json",
    }
    found = APIClient.objects.filter(name="Night Logger").first()
    return found or APIClient.objects.create_for(people.bob(), name="Night Logger", **fields)[0]


def _for_guests() -> PageStates:
    return {
        "landing": (None, "/"),
        "login": (None, "/login/?next=/imports/"),
        "signup": (None, "/signup/"),
        "not-found": (None, "/nowhere/"),
        "games": (None, "/games/"),
        **{
            f"game-{slug}": (None, f"/games/{slug}/")
            for slug in ("iidx", "sdvx", "popn", "itg", "bms", "ddr", "museca")
        },
        "songs": (None, "/games/sdvx/songs/"),
        "songs-found": (None, "/games/sdvx/songs/?q=%E6%9C%88"),
        "songs-none": (None, "/games/sdvx/songs/?q=nothing+is+called+so"),
        "songs-not-loaded": (None, "/games/museca/songs/"),
    }


def _under_way(bob: User, redis: Redis) -> PageStates:
    running, queued = under_way(bob, redis)
    return {
        "running": (bob, f"/imports/{running.import_id}/"),
        "queued": (bob, f"/imports/{queued.import_id}/"),
        "list-running": (bob, "/imports/"),
    }


def _results(alice: User, page: Mapping[str, str]) -> PageStates:
    problem = ImportProblem.objects.filter(job__user=alice, job__state=State.COMPLETED, type="SongOrChartNotFound")
    row = problem.latest("pk")
    return {
        "failed": (alice, page["failed"]),
        "reverted": (alice, page["reverted"]),
        "nothing-new": (alice, page["again"]),
        "result": (alice, page["completed"]),
        "result-share": (None, f"{page['completed']}share/"),
        "result-chunithm": (alice, page["chunithm"]),
        "result-iidx": (alice, page["iidx"]),
        **{f"result-single-{place}": (alice, address) for place, address in enumerate(_single_scores(alice))},
        **{f"result-{tab}": (alice, f"{page['completed']}?tab={tab}") for tab in ("sessions", "problems")},
        **{f"result-{tab}": (alice, f"{page['completed']}?tab={tab}") for tab in ("history", "input")},
        "mend": (alice, f"/imports/{row.job.import_id}/problems/{row.row}/"),
        "revert": (alice, f"{page['completed']}revert/"),
    }


def _single_scores(alice: User) -> Iterator[str]:
    """The pages of a new best, of a lesser score and of a score that was there, as programs send them."""
    known = next(row for row in sample("sdvx")["scores"] if row["lamp"] == "CLEAR" and row["identifier"].isascii())
    row = {name: value for name, value in known.items() if name not in ("judgements", "optional")}
    for points in (100_000, -900_000, 0):
        one = sample("sdvx", scores=[{**row, "score": row["score"] + points}])
        upload = jobs.Upload(content=json.dumps(one).encode(), import_type="ir/direct-manual", client="Tests/1.0")
        yield f"/imports/{process(jobs.submit(alice, upload)).import_id}/"


def _lists(alice: User, bob: User, mo: User, hers: Mapping[str, Import]) -> PageStates:
    several = "&".join(f"import={hers[name].import_id}" for name in ("completed", "chunithm", "iidx"))
    orphan = OrphanScore.objects.filter(user=alice).latest("pk")
    return {
        "list": (alice, "/imports/"),
        "list-failed": (alice, "/imports/?state=failed"),
        "list-filtered": (alice, "/imports/?game=sdvx&state=completed"),
        "list-none": (alice, "/imports/?q=nothing"),
        "list-empty": (mo, "/imports/"),
        "list-of-another": (bob, "/users/Alice/imports/"),
        "revert-several": (alice, f"/imports/revert/?{several}"),
        "reverted-several": (alice, f"/imports/reverted/?import={hers['reverted'].import_id}"),
        "orphans": (alice, "/orphans/"),
        "orphans-none": (mo, "/orphans/"),
        "orphan-delete": (alice, f"/orphans/{orphan.orphan_id}/delete/"),
    }


def emptied_session(user: User) -> str:
    """The address of a session whose only score was reverted."""
    row = next(row for row in sample("sdvx")["scores"] if row["lamp"] == "CLEAR" and row.get("timeAchieved"))
    alone = played_again([row], points=1, days=-40)
    job = process(submitted(user, sample("sdvx", scores=alone, classes={}), name="alone.json"))
    session = Session.objects.get(imports=job)
    revert(job, RevertRequest(by=user))
    return f"/sessions/{session.session_id}/"


def _plays(alice: User, bob: User) -> PageStates:
    """Sessions, scores, charts and songs; one of each is highlighted, with words of its player."""
    session = Session.objects.filter(user=alice, game="sdvx").order_by("-score_count")[0]
    edit_session(session, {"highlight": True, "desc": "終電まで"}, by=alice)
    mine = Score.objects.filter(user=alice, game="sdvx", time_achieved__isnull=False)
    chart_key = mine.values_list("chart").annotate(count=Count("pk")).order_by("-count", "chart")[0][0]
    score = mine.filter(chart_id=chart_key).latest("time_achieved")
    edit_score(score, {"highlight": True, "comment": "やっと超えた"}, by=alice)
    both = Score.objects.filter(user=alice, game="chunithm").latest("pk")
    untimed = Score.objects.filter(user=alice, time_achieved=None).first()
    song = f"/games/sdvx/songs/{score.chart.song.song_id}/"
    chart, address = f"/charts/{score.chart.chart_id}/", f"/scores/{score.score_id}/"
    never = Chart.objects.filter(game="sdvx", scores=None)[0]
    return {
        "session": (alice, f"/sessions/{session.session_id}/"),
        "session-new-bests": (alice, f"/sessions/{session.session_id}/?new"),
        "session-share": (None, f"/sessions/{session.session_id}/share/"),
        "session-of-another": (bob, f"/sessions/{session.session_id}/"),
        "session-empty": (alice, emptied_session(alice)),
        "session-edit": (alice, f"/sessions/{session.session_id}/edit/"),
        "score": (alice, address),
        "score-of-another": (bob, address),
        "score-edit": (alice, f"{address}edit/"),
        "score-delete": (alice, f"{address}delete/"),
        "score-chunithm": (None, f"/scores/{both.score_id}/"),
        **({"score-untimed": (alice, f"/scores/{untimed.score_id}/")} if untimed else {}),
        "chart": (alice, chart),
        "chart-for-guests": (None, chart),
        "chart-never-played": (bob, f"/charts/{never.chart_id}/"),
        "song": (alice, song),
        "song-for-guests": (None, song),
    }
