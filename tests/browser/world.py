"""A world in which every page and every state of it can be looked at: who looks, and at which address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Count
from django.urls import Resolver404, resolve
from playwright.sync_api import BrowserContext, Page
from redis import Redis

from imports import jobs
from imports.models import Chart, Import, ImportProblem, OrphanScore, Permission, Score, Session, State, User
from imports.pages.urls import urlpatterns
from imports.pipeline.progress import Snapshot, Stage, writer
from imports.pipeline.revert import Deed, revert
from imports.pipeline.scores import edit_score, edit_session
from tests import people
from tests.browser.conftest import sample_file
from tests.builders import dealt_with

Looks = Mapping[str, tuple[User | None, str]]
"""Picture name -> who looks (None: a guest) at which address."""

NO_PAGES = {
    "logout": "a deed",
    "import-check-progress": "JSON for upload.js",
    "script-texts": "a script",
    "import-input": "a download",
    "import-problems-csv": "a download",
    "import-left-out": "a download",
    "import-cancel": "a deed",
    "import-retry": "a deed",
    "import-restore": "a deed",
    "import-restore-several": "a deed",
    "orphans-retry": "a deed",
}
"""Addresses without a page of their own, and why."""


def names_of_pages() -> set[str]:
    """Every page that there is, by the name of its address."""
    return {str(pattern.name) for pattern in urlpatterns} - set(NO_PAGES)


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
    first = dealt_with(submitted(alice, weaker(sdvx), name="先週.json"))
    assert first.score_count, first.error_message
    whole = dealt_with(submitted(alice, sdvx, name="night-session.json"))
    taken = dealt_with(submitted(alice, sample("iidx-sp"), name="iidx-sp.json"))
    revert(taken, Deed(by=alice, reason="wrong card, these are my brother's"))
    taken.refresh_from_db()
    made = {
        "completed": whole,
        "chunithm": dealt_with(submitted(alice, sample("chunithm"), name="chunithm.json")),
        "iidx": dealt_with(submitted(alice, sample("iidx-dp"), name="iidx-dp.json")),
        "reverted": taken,
        "again": dealt_with(submitted(alice, some_of(sdvx), name="昨夜.json")),
        "failed": dealt_with(submitted(alice, {**sdvx, "meta": {"game": "sdvx"}}, name="score_2026-11-20.json")),
    }
    assert [job.state for job in made.values()] == [*["completed"] * 3, "reverted", "completed", "failed"]
    return made


def under_way(bob: User, redis: Redis) -> tuple[Import, Import]:
    """One import of his that is running, and one that waits."""
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
    answer = people.session_of(user).post("/import/", {"importType": "file/batch-manual", "scoreData": file})
    return answer["Location"]


def looks(redis: Redis) -> Looks:
    """Makes the world."""
    alice, bob, mo = people.alice(), people.bob(), people.mo()
    hers = imports_of_alice(alice)
    dealt_with(submitted(people.ada(), weaker(sample("sdvx")), name="ada.json"))
    people.token_of(alice, Permission.SUBMIT_SCORE)
    page = {name: f"/imports/{job.import_id}/" for name, job in hers.items()}
    return {
        **_for_guests(),
        **_under_way(bob, redis),
        **_results(alice, page),
        **_lists(alice, bob, mo, hers),
        **_plays(alice, bob),
        "result-of-another": (bob, page["completed"]),
        "refused": (mo, f"{page['completed']}revert/"),
        "upload": (alice, "/import/"),
        "checked": (alice, checked(alice)),
        "profile": (alice, "/users/Alice/"),
        "profile-empty": (mo, f"/users/{mo.username}/"),
        "tokens": (alice, "/tokens/"),
        "revoke": (alice, f"/tokens/{alice.tokens.get().pk}/revoke/"),
        "account": (alice, "/account/"),
        **{f"account-{name}": (alice, f"/account/{name}/") for name in ("profile", "password", "sign-out-everywhere")},
    }


def _for_guests() -> Looks:
    return {
        "landing": (None, "/"),
        "login": (None, "/login/?next=/imports/"),
        "signup": (None, "/signup/"),
        "not-found": (None, "/nowhere/"),
        "games": (None, "/games/"),
        **{f"game-{slug}": (None, f"/games/{slug}/") for slug in ("iidx", "popn", "itg", "bms", "ddr", "museca")},
        "songs": (None, "/games/sdvx/songs/"),
        "songs-found": (None, "/games/sdvx/songs/?q=%E6%9C%88"),
        "songs-none": (None, "/games/sdvx/songs/?q=nothing+is+called+so"),
        "songs-not-loaded": (None, "/games/museca/songs/"),
    }


def _under_way(bob: User, redis: Redis) -> Looks:
    running, queued = under_way(bob, redis)
    return {
        "running": (bob, f"/imports/{running.import_id}/"),
        "queued": (bob, f"/imports/{queued.import_id}/"),
        "list-running": (bob, "/imports/"),
    }


def _results(alice: User, page: Mapping[str, str]) -> Looks:
    problem = ImportProblem.objects.filter(job__user=alice, job__state=State.COMPLETED, type="SongOrChartNotFound")
    row = problem.latest("pk")
    return {
        "failed": (alice, page["failed"]),
        "reverted": (alice, page["reverted"]),
        "nothing-new": (alice, page["again"]),
        "result": (alice, page["completed"]),
        "result-chunithm": (alice, page["chunithm"]),
        "result-iidx": (alice, page["iidx"]),
        **{f"result-{tab}": (alice, f"{page['completed']}?tab={tab}") for tab in ("sessions", "problems")},
        **{f"result-{tab}": (alice, f"{page['completed']}?tab={tab}") for tab in ("history", "input")},
        "mend": (alice, f"/imports/{row.job.import_id}/problems/{row.row}/"),
        "revert": (alice, f"{page['completed']}revert/"),
    }


def _lists(alice: User, bob: User, mo: User, hers: Mapping[str, Import]) -> Looks:
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


def _plays(alice: User, bob: User) -> Looks:
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
        "session-of-another": (bob, f"/sessions/{session.session_id}/"),
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


class Eyes:
    """A browser that looks with the eyes of one reader after the other."""

    def __init__(self, context: BrowserContext, server: str) -> None:
        self.context, self.server = context, server
        self.page = context.new_page()
        self._cookies: dict[str, str] = {}

    def look(self, reader: User | None, address: str) -> Page:
        """Opens a page as this reader, who was signed in before."""
        self.context.clear_cookies()
        if reader is not None:
            cookie = (
                self._cookies.get(reader.username) or people.session_of(reader).cookies[people.SESSION_COOKIE].value
            )
            self._cookies[reader.username] = cookie
            self.context.add_cookies([{"name": people.SESSION_COOKIE, "value": cookie, "url": self.server}])
        self.page.goto(f"{self.server}{address}")
        return self.page
