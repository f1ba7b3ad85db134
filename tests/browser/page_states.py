"""The pages of the site in all their states: the address and the user of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from django.db.models import Count
from django.urls import Resolver404, get_resolver, resolve
from redis import Redis

from imports import jobs
from imports.access.email_links import make_token
from imports.models import (
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
from imports.pipeline.scores import edit_score, edit_session
from tests import people
from tests.browser.failures import failed_imports
from tests.browser.fixtures import (
    api_client,
    create_emptied_session,
    create_imports,
    create_revoked_token,
    create_unfinished_imports,
    replayed_rows,
    sample_document,
    submit_document,
    upload_for_check,
    weaker_document,
)
from tests.factories import picture, run_job
from tests.takeout.exported import export_of

PageStates = Mapping[str, tuple[User | None, str]]
"""Name of the screenshot -> the user (None: a guest) and the address."""

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
    "import-check-left-out": "a download",
    "data-export": "a download",
    "token-file": "a download",
    "departure-cancel": "an operation",
    "score-table": "a download",
    "email-remove": "an operation",
    "import-cancel": "an operation",
    "import-retry": "an operation",
    "picture-remove": "an operation",
    "import-use-matches": "an operation",
    "import-upload-as": "an operation",
    "import-restore": "an operation",
    "import-restore-several": "an operation",
    "orphans-match": "an operation",
    "orphans-retry": "an operation",
}
"""URL names without a page, and why."""


def page_url_names() -> set[str]:
    """Returns the URL names of all pages."""
    names = {str(name) for name in get_resolver("imports.pages.urls").reverse_dict if isinstance(name, str)}
    return names - set(NO_PAGES)


def url_name_of(address: str) -> str:
    """Returns the URL name of an address; empty if no URL pattern matches."""
    try:
        return resolve(urlsplit(address).path).url_name or ""
    except Resolver404:
        return ""


def _tool_evening(user: User) -> PageStates:
    """Creates a dozen imports of one score each by a tool, one of them repeated, and then a failed one."""
    rows = [row for row in sample_document("sdvx")["scores"] if row.get("timeAchieved")][:12]
    meta = {"game": "sdvx", "playtype": "Single", "service": "KsHook"}

    def send(document: dict[str, Any]) -> Import:
        content = json.dumps(document, ensure_ascii=False).encode()
        return run_job(
            jobs.submit(user, jobs.Upload(content=content, import_type="ir/direct-manual", client="KsHook/2"))
        )

    # A lower earlier score on the last chart, so that one of the imports has a new best.
    run_job(
        submit_document(
            user, {"meta": meta, "scores": replayed_rows(rows[-1:], points=-90_000, days=-9)}, name="old.json"
        )
    )
    evening = [send({"meta": meta, "scores": [row]}) for row in rows]
    repeated = send({"meta": meta, "scores": rows[-1:]})
    failed = send({"meta": {"game": "sdvx"}, "scores": []})
    assert [job.state for job in (*evening, failed)] == [*["completed"] * 12, "failed"]
    session = Session.objects.filter(user=user).latest("score_count")
    return {
        "list-of-runs": (user, "/imports/"),
        "list-of-one-run": (user, f"/imports/?run={repeated.import_id}-{evening[0].import_id}"),
        "one-best": (user, f"/imports/{evening[-1].import_id}/"),
        "one-first": (user, f"/imports/{evening[0].import_id}/"),
        "one-repeated": (user, f"/imports/{repeated.import_id}/"),
        "session-of-a-tool": (user, f"/sessions/{session.session_id}/"),
    }


def page_states(redis: Redis) -> PageStates:
    """Creates the data and returns the states of all pages."""
    alice, bob, mo = people.alice(), people.bob(), people.mo()
    imports = create_imports(alice)
    run_job(submit_document(people.ada(), weaker_document(sample_document("sdvx")), name="ada.json"))
    people.token_of(alice, Permission.SUBMIT_SCORE)
    export_of(alice)
    jobs.request_export(mo, by=mo)
    ProfilePicture.objects.keep(mo, encode_picture(picture(size=(300, 200), color="teal")))
    page = {name: f"/imports/{job.import_id}/" for name, job in imports.items()}
    check = upload_for_check(alice)
    return {
        **_for_guests(),
        **_under_way(bob, redis),
        **_results(alice, page),
        **_lists(alice, bob, mo, imports),
        **_plays(alice, bob),
        **_tool_evening(people.kay()),
        **{
            name: (people.ada(), f"/imports/{job.import_id}/")
            for name, job in failed_imports(people.ada(), sample_document("sdvx")).items()
        },
        "result-of-another": (bob, page["completed"]),
        "refused": (mo, f"{page['completed']}revert/"),
        "upload": (alice, "/import/"),
        "checked": (alice, check),
        "checked-expired": (alice, f"/import/checked/{'0' * 32}/"),
        "checked-chart": (alice, f"{check}rows/{len(sample_document('sdvx')['scores'])}/"),
        "profile": (alice, "/users/Alice/"),
        "profile-empty": (mo, f"/users/{mo.username}/"),
        "account-picture-uploaded": (mo, "/account/picture/"),
        **_players(alice, bob),
        "tools": (alice, "/tools/"),
        "tools-none": (mo, "/tools/?game=iidx"),
        "connect-hook": (alice, "/tools/kshook-sv6c/"),
        "token-connection": (alice, f"/tokens/{alice.tokens.get().pk}/"),
        "token-disconnected": (alice, f"/tokens/{create_revoked_token(alice)}/"),
        "tokens": (alice, "/tokens/"),
        "revoke": (alice, f"/tokens/{alice.tokens.get().pk}/revoke/"),
        "account": (alice, "/account/"),
        **{
            f"account-{name}": (alice, f"/account/{name}/")
            for name in ("profile", "picture", "password", "hooks", "sign-out-everywhere", "data", "pinned")
        },
        "account-data-under-way": (mo, "/account/data/"),
        "connect-file": (alice, f"/client-file-flow/{api_client().client_id}/"),
        "connect-allow": (alice, f"/oauth/request-auth?clientID={api_client().client_id}"),
        "connect-refused": (
            alice,
            f"/oauth/request-auth?clientID={api_client().client_id}&redirect_uri=http://localhost",
        ),
        "delete": (alice, "/account/delete/"),
        "delete-account": (alice, "/account/delete/everything/"),
        "delete-game": (alice, "/account/delete/chunithm/"),
        "account-return": (None, "/account/return/"),
        **_mail_and_webhooks(alice),
    }


def _mail_and_webhooks(alice: User) -> PageStates:
    client = api_client()
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
        "player-game-empty": (bob, "/users/Alice/games/museca/Single/"),
        "player-sessions": (alice, "/users/Alice/sessions/"),
        "player-sessions-of-a-game": (None, "/users/Alice/sessions/?game=sdvx/Single"),
        "player-sessions-none": (people.mo(), f"/users/{people.mo().username}/sessions/"),
        "player-game-no-bests": (None, f"{game}?tab=bests&q=nothing"),
        "player-game-counting": (alice, f"{game}?tab=bests&show=counting"),
        "player-game-no-full-combo": (None, f"{game}?tab=bests&show=no-full-combo"),
        "player-game-unplayed": (alice, f"{game}?tab=bests&show=unplayed"),
        "player-game-sessions": (alice, f"{game}?tab=sessions"),
        "games-of-a-player": (alice, "/games/"),
        "game-of-a-player": (alice, "/games/sdvx/"),
        "charts": (alice, "/games/sdvx/charts/"),
        "charts-of-a-level": (alice, "/games/iidx/charts/?playtype=SP&level=12"),
        "player-game-chunithm": (None, "/users/Alice/games/chunithm/Single/"),
        "leaderboard": (alice, "/games/sdvx/Single/players/"),
        "leaderboard-gain": (alice, "/games/sdvx/Single/players/?by=gain"),
        "leaderboard-charts": (None, "/games/sdvx/Single/players/?by=charts"),
        "leaderboard-none": (None, "/games/sdvx/Single/players/?q=zzz"),
        "leaderboard-empty": (None, "/games/iidx/SP/players/"),
        "compare": (alice, f"{compare}?one=Alice&other=ada"),
        "compare-misspelt": (alice, f"{compare}?one=Alicee&other=ada"),
        "compare-unknown": (alice, f"{compare}?other=nobody"),
        "compare-absent": (None, f"{compare}?one=Alice&other={bob.username}"),
    }


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
        **{
            f"score-format-{slug}": (None, f"/api/docs/games/{slug}/")
            for slug in ("iidx", "sdvx", "popn", "itg", "bms", "ddr", "museca")
        },
        "help": (None, "/help/"),
        "charts-none": (None, "/games/museca/charts/"),
        "songs": (None, "/games/sdvx/songs/"),
        "songs-found": (None, "/games/sdvx/songs/?q=%E6%9C%88"),
        "songs-none": (None, "/games/sdvx/songs/?q=nothing+is+called+so"),
        "songs-not-loaded": (None, "/games/museca/songs/"),
    }


def _under_way(bob: User, redis: Redis) -> PageStates:
    running, queued = create_unfinished_imports(bob, redis)
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
    """Yields the addresses of imports of one score by a tool: a new best, a lower score and a duplicate."""
    known = next(
        row for row in sample_document("sdvx")["scores"] if row["lamp"] == "CLEAR" and row["identifier"].isascii()
    )
    row = {name: value for name, value in known.items() if name not in ("judgements", "optional")}
    for points in (100_000, -900_000, 0):
        document = sample_document("sdvx", scores=[{**row, "score": row["score"] + points}])
        upload = jobs.Upload(content=json.dumps(document).encode(), import_type="ir/direct-manual", client="Tests/1.0")
        yield f"/imports/{run_job(jobs.submit(alice, upload)).import_id}/"


def _lists(alice: User, bob: User, mo: User, imports: Mapping[str, Import]) -> PageStates:
    several = "&".join(f"import={imports[name].import_id}" for name in ("completed", "chunithm", "iidx"))
    orphan = OrphanScore.objects.filter(user=alice).latest("pk")
    title = orphan.data["identifier"]
    return {
        "list": (alice, "/imports/"),
        "list-failed": (alice, "/imports/?state=failed"),
        "list-filtered": (alice, "/imports/?game=sdvx&state=completed"),
        "list-none": (alice, "/imports/?q=nothing"),
        "list-empty": (mo, "/imports/"),
        "list-of-another": (bob, "/users/Alice/imports/"),
        "revert-several": (alice, f"/imports/revert/?{several}"),
        "reverted-several": (alice, f"/imports/reverted/?import={imports['reverted'].import_id}"),
        "orphans": (alice, "/orphans/"),
        "orphans-without-match": (alice, "/orphans/?match=none"),
        "orphans-delete": (alice, f"/orphans/delete/?title={quote(f'sdvx {title}')}"),
        "orphans-none": (mo, "/orphans/"),
        "orphan-delete": (alice, f"/orphans/{orphan.orphan_id}/delete/"),
    }


def _plays(alice: User, bob: User) -> PageStates:
    """Returns the states of session, score, chart and song pages. A session and a score are highlighted."""
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
        "session-empty": (alice, create_emptied_session(alice)),
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
