"""The data for the table of endpoints: one object of each kind owned by Alice, and a song with charts."""

from __future__ import annotations

from django.utils import timezone

from imports.formats.match_keys import chart_keys
from imports.models import APIClient, AuthorizationCode, Chart, OrphanRetry, OrphanScore, Score, Session, Song
from tests import people
from tests.factories import NOON, charts, create_import, queued_import, score_on, unknown_score
from tests.takeout.exported import export_of

MD5 = "0123456789abcdef" * 2


def build() -> dict[str, str]:
    """Creates the data and returns the values of the placeholders in paths. Alice has no running import."""
    alice = people.alice()
    first, second = charts(2)
    create_import(people.bob(), score_on(first, 9_700_000, timeAchieved=NOON))
    classes = {"classes": {"dan": "DAN_9"}}
    job = create_import(
        alice, score_on(first, timeAchieved=NOON), score_on(second, timeAchieved=NOON), unknown_score(), parts=classes
    )
    reverted = create_import(alice, score_on(second, 9_000_000), user_intent=True)
    people.session_of(alice).post(f"/api/v1/imports/{reverted.import_id}/revert")
    score = Score.objects.get(from_import=job, chart=first)
    token, _ = alice.tokens.model.objects.create_for(alice, permissions=[], identifier="A script")
    Session.objects.update(highlight=True)
    client, client_secret = APIClient.objects.create_for(
        alice,
        name="Night Logger",
        permissions=["submit_score"],
        redirect_uri="https://tool.example.org/callback",
    )
    return {
        "import": job.import_id,
        "failed": create_import(alice, {"not": "a score"}).import_id,
        "reverted": reverted.import_id,
        "queued": queued_import(alice).import_id,
        "score": score.score_id,
        "session": Session.objects.get(user=alice).session_id,
        "orphan": OrphanScore.objects.get().orphan_id,
        "retry": OrphanRetry.objects.create(user=alice, total=0, up_to=0, time_finished=timezone.now()).retry_id,
        "chart": first.chart_id,
        "chart_v3": Chart.objects.get(pk=first.pk).v3_id,
        "song_v3": Song.objects.get(pk=first.song_id).v3_id,
        "checksum": _bms_chart().data["hashMD5"],
        "token": str(token.pk),
        "export": export_of(alice).export_id,
        "client": client.client_id,
        "client_secret": client_secret,
        "code": AuthorizationCode.objects.create_code(alice)[1],
    }


def _bms_chart() -> Chart:
    data = {"hashMD5": MD5, "hashSHA256": MD5 * 2, "notecount": 100, "tableFolders": {}, "sglEC": 1.5}
    song = Song.objects.create(game="bms", song_id=1, title="A BMS", artist="Somebody", data={"genre": None})
    return Chart.objects.create(
        chart_id="b" * 40,
        game="bms",
        song=song,
        playtype="7K",
        difficulty="CHART",
        level="?",
        level_num=0,
        data=data,
        match_keys=chart_keys({"data": data}),
    )
