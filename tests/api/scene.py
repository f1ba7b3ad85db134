"""What is there when the table of endpoints is walked: a bit of everything of Alice's, and a song with charts."""

from __future__ import annotations

from imports.formats.lookup import chart_keys
from imports.models import Chart, OrphanScore, Score, Session, Song
from tests import people
from tests.builders import NOON, an_import, charts, queued_import, score_on, unknown_score

MD5 = "0123456789abcdef" * 2


def build() -> dict[str, str]:
    """Returns what stands for the names in addresses. Alice has an import in every state but running."""
    alice = people.alice()
    first, second = charts(2)
    an_import(people.bob(), score_on(first, 9_700_000, timeAchieved=NOON))
    classes = {"classes": {"dan": "DAN_9"}}
    job = an_import(
        alice, score_on(first, timeAchieved=NOON), score_on(second, timeAchieved=NOON), unknown_score(), parts=classes
    )
    reverted = an_import(alice, score_on(second, 9_000_000), user_intent=True)
    people.session_of(alice).post(f"/api/v1/imports/{reverted.import_id}/revert")
    score = Score.objects.get(from_import=job, chart=first)
    token, _ = alice.tokens.model.objects.make(alice, permissions=[], identifier="A script")
    Session.objects.update(highlight=True)
    return {
        "import": job.import_id,
        "failed": an_import(alice, {"not": "a score"}).import_id,
        "reverted": reverted.import_id,
        "queued": queued_import(alice).import_id,
        "score": score.score_id,
        "session": Session.objects.get(user=alice).session_id,
        "orphan": OrphanScore.objects.get().orphan_id,
        "chart": first.chart_id,
        "checksum": _bms_chart().data["hashMD5"],
        "token": str(token.pk),
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
