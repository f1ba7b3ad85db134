"""/ir/beatoraja: scores and courses of beatoraja and LR2oraja, and scores for display (spec: import-types §8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

from rest_framework.request import Request
from rest_framework.response import Response

from imports import jobs
from imports.api.common import schemas as shared
from imports.api.common.generations import OF_2026, V2
from imports.api.common.players import LATEST_FIRST, UserNotFound, UserViewSet
from imports.api.common.queries import load_charts, read_snapshot, score_documents
from imports.api.core import throttling
from imports.api.core.endpoints import endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, Parameter
from imports.api.core.permissions import ClientIsNotBlocked, IsAuthenticatedForIR
from imports.api.core.responses import Empty, Schema, documents_year
from imports.api.hooks.base import (
    STILL_RUNNING,
    Accepted,
    Hook,
    ImportDocument,
    ImportRefused,
    ImportWithdrawn,
    UploadQuotaExceeded,
)
from imports.api.hooks.courses import CLASS_KEPT, CLASS_RAISED, CourseHook, CoursePlayerBusy, InvalidBody, ReachedClass
from imports.api.imports import queries
from imports.errors import ProblemType
from imports.formats import schema
from imports.formats.hooks import beatoraja
from imports.formats.parsing import bodies
from imports.formats.schema import Violation
from imports.games import playtype_of
from imports.models import Chart, Course, PersonalBest, State, User
from imports.pipeline.player_charts import waiting_players
from imports.pipeline.rankings.ranks import BY_RANK

GAMES = (beatoraja.BMS, beatoraja.PMS)
VERSIONS = ("v2", "v3")
VERSION = Parameter(name="X-TachiIR-Version", description="Begins with `v2` or `v3`.", required=True, is_header=True)
MAX_CHART_SCORES = 1_000  # the best scores of a chart
MAX_PLAYER_SCORES = 10_000
CLEARS = (0, 1, 3, 4, 5, 6, 7, 8)
"""Index of a lamp -> the number of the program; 2 is an assisted clear, for which there is no lamp."""
COUNTS = ("egd", "lgd", "ebd", "lbd", "epr", "lpr")
CLEARED = ("Normal", "Hard", "ExHard", "FullCombo", "Perfect", "Max")
LN_MODE, NO_RANDOM = 0, (0, 1)
FORM = {"application/json": {"type": "object", "description": "`client`, `chart` and `score`, as sent by the program."}}
IMPORTED = "Imported score."
ORPHANED = (
    "Chart and score have been orphaned. This chart will be un-orphaned when {enough} players have played the chart "
    "(Currently: {count})."
)
NOT_CLEARED = "Class not updated, as you didn't clear this course."


class InvalidVersion(APIError):
    status = 400
    message = "Invalid X-TachiIR-Version."


class ChartNotSupported(APIError):
    status = 400
    message = "This chart is not supported."


class NothingImported(APIError):
    status = 400
    message = "No scores were imported."


class ScoreLeftOut(APIError):
    status = 400
    message = "[{type}] - {problem}"


class ChartNotFound(APIError):
    status = 404
    message = "Chart does not exist on IR yet."


class NotAllowedInCourses(APIError):
    status = 400
    described_as = "the option that is not allowed for a course"


class CourseNotFound(APIError):
    status = 404
    message = "Unsupported course."


class PlayerNotFound(APIError):
    status = 404
    message = "User does not exist."


class NotARival(APIError):
    status = 403
    message = "Cannot export scores for a player that is not you or your rival."


class ImportedScore(Schema):
    """An imported score."""

    score: shared.Score
    song: shared.Song
    chart: shared.Chart
    import_: ImportDocument


class IRScore(Schema, rename=None):
    """A personal best in the format of the program. Values that are not stored are 0 or null."""

    sha256: str
    player: str
    playcount: int
    clear: int
    date: int
    maxcombo: int
    deviceType: None  # noqa: N815 - the program's own names
    random: None
    gauge: float | int
    passnotes: int
    minbp: int
    notes: int
    epg: int
    lpg: int
    egr: int
    lgr: int
    egd: int
    lgd: int
    ebd: int
    lbd: int
    epr: int
    lpr: int
    ems: int
    lms: int

    @classmethod
    def from_best(cls, best: PersonalBest, chart: Chart, *, player: str) -> Self:
        """Returns the document of a best. `player`: the name of its owner, "" for the caller."""
        lamps = playtype_of(best.game, best.playtype).ladder_indexes["lamp"]
        data, optional = best.score_data, best.score_data["optional"]
        score = data["score"]
        return cls(
            sha256=chart.data["hashSHA256"],
            player=player,
            playcount=0,
            clear=CLEARS[lamps[data["lamp"]]],
            date=int(best.time_achieved or 0),
            maxcombo=optional.get("maxCombo") or 0,
            deviceType=None,
            random=None,
            gauge=optional.get("gauge") or 0,
            passnotes=0,
            minbp=optional.get("bp") or 0,
            notes=chart.data["notecount"],
            epg=score // 2,
            egr=score % 2,
            lpg=0,
            lgr=0,
            **{name: optional.get(name) or 0 for name in COUNTS},
            ems=0,
            lms=0,
        )


class Rival(Schema):
    id: str
    name: str
    rank: str


class BeatorajaHook(Hook):
    """The base of the views for beatoraja. A token needs no permission: the program has a token of its own."""

    permission_classes = (IsAuthenticatedForIR, ClientIsNotBlocked)
    formats = (beatoraja.HOOK,)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not request.headers.get(VERSION.name, "").startswith(VERSIONS):
            raise InvalidVersion()


class SubmitScore(BeatorajaHook):
    """Submission of a score with its chart."""

    @endpoint(
        id="beatorajaSubmitScore",
        returns=(ImportedScore, OF_2026.of(ImportedScore)),
        message=(IMPORTED, ORPHANED),
        queued=(f"{STILL_RUNNING}` or `{ORPHANED}", (Accepted, Empty)),
        raises=(
            InvalidVersion, ImportRefused, ScoreLeftOut, ChartNotSupported, NothingImported, ImportWithdrawn,
            UploadQuotaExceeded,
        ),
        query=(VERSION,),
        forms=FORM,
    )  # fmt: skip
    def create(self, request: Request) -> Response:
        """Submits a score.

        A score on an unknown chart is stored as an unmatched score until enough players have played the chart. The
        setting TACHI_API_DOCUMENTS selects the API version of the documents in the response.
        """
        job = self.run_import(beatoraja.HOOK)
        if job.state == State.FAILED:
            raise ImportRefused(job.error_message, status=400)
        if job.state != State.COMPLETED:
            return self.import_response(job)
        problem = job.problems.first()
        if problem is not None:
            if problem.type not in {ProblemType.NOT_FOUND, ProblemType.ORPHAN_EXISTS}:
                status = 500 if problem.type == ProblemType.INTERNAL else 400
                raise ScoreLeftOut(type=problem.type, problem=problem.message, status=status)
            sent: Any = problem.datapoint
            count = waiting_players(sent["chart"]["sha256"])
            if count is None:
                raise ChartNotSupported()
            return self.ok(Empty(), message=ORPHANED, status=202, enough=jobs.chart_players(), count=count)
        score = job.scores.first()
        if score is None:
            raise NothingImported()
        charts = load_charts([score.chart_id])
        chart, documents = charts[score.chart_id], OF_2026 if documents_year() == 2026 else V2
        body = {
            "score": score_documents([score], charts, documents)[0],
            "song": documents.of(shared.Song).from_row(chart.song),
            "chart": documents.of(shared.Chart).from_row(chart),
            "import": queries.whole_document_of(job),
        }
        return self.ok(body, message=IMPORTED)


def _four_charts(value: Any) -> list[str]:
    """Returns the MD5 of each of the four charts of a course. Raises Violation."""
    given = value if isinstance(value, list) else []
    hashes = [each["md5"] for each in given if isinstance(each, dict) and isinstance(each.get("md5"), str)]
    if len(given) == len(hashes) == 4:
        return hashes
    raise Violation("Expected an array of 4 objects with MD5 properties.", value)


COURSE = Fields(
    Parameter(
        name="course",
        check=schema.open_object({"charts": _four_charts, "constraint": schema.list_of(bodies.string)}),
        schema={"type": "object"},
        description="Its `charts`, each with its `md5`, and its `constraint`s.",
        required=True,
    ),
    Parameter(
        name="score",
        check=schema.open_object(
            {
                "clear": bodies.choice(tuple(beatoraja.LAMPS)),
                "option": bodies.integer,
                "lntype": bodies.choice((0, 1, 2)),
            }
        ),
        schema={"type": "object"},
        description="The result and options of the play: `clear`, `option`, `lntype`.",
        required=True,
    ),
    is_strict=False,
)


class SubmitCourse(BeatorajaHook, CourseHook):
    """Submission of a played course."""

    @endpoint(
        id="beatorajaSubmitCourse",
        returns=(ReachedClass, None),
        message=(CLASS_RAISED, CLASS_KEPT, NOT_CLEARED),
        raises=(InvalidVersion, InvalidBody, NotAllowedInCourses, CourseNotFound, CoursePlayerBusy),
        query=(VERSION,),
        body=COURSE,
    )
    def create(self, request: Request) -> Response:
        """Submits a course. A cleared course raises the corresponding class."""
        sent = COURSE.from_body(self.body)
        course, score = sent["course"], sent["score"]
        if score["clear"] not in CLEARED:
            return Response({"success": True, "description": NOT_CLEARED})
        reason = _not_allowed(course["constraint"], score)
        if reason is not None:
            raise NotAllowedInCourses(reason)
        row = Course.objects.filter(md5sums="".join(course["charts"])).first()
        if row is None:
            raise CourseNotFound()
        return self.reach_class_of(row)


def _not_allowed(constraints: Sequence[str], score: Mapping[str, Any]) -> str | None:
    """Returns the reason why a course does not give a class for these options; None if it does."""
    if score["lntype"] != LN_MODE:
        return "LN mode is the only supported mode for dans."
    for mode in ("CN", "HCN"):
        if mode in constraints:
            return f"{mode} mode is not allowed in dans."
    if any(each.startswith("GAUGE_") and each != "GAUGE_LR2" for each in constraints):
        return "Dan GAUGE mode must be GAUGE_LR2."
    return None if score["option"] in NO_RANDOM else "RANDOM is not allowed in courses."


# --- scores for display ---------------------------------------------------------------------------------


class ChartScores(BeatorajaHook):
    """The bests of all players on a chart."""

    @endpoint(
        id="beatorajaChartScores",
        returns=list[IRScore],
        message="Successfully returned {count}",
        raises=(InvalidVersion, ChartNotFound),
        query=(VERSION,),
    )
    def retrieve(self, request: Request, sha256: str) -> Response:
        """Returns the best scores of all players on a chart by the hash of its file, at most 1,000."""
        with read_snapshot():
            charts = Chart.objects.filter(game__in=GAMES, match_keys__contains=[f"hash:{self.path_param('sha256')}"])
            keys = list(charts.values_list("pk", flat=True))
            if not keys:
                raise ChartNotFound()
            bests = PersonalBest.objects.filter(chart__in=keys).prefetch_related("user").order_by(*BY_RANK)
            scores = _ir_scores(bests[:MAX_CHART_SCORES], self.user)
        return self.ok(scores, count=len(scores))


class Rivals(BeatorajaHook):
    """The rivals of the player in the program. This instance has no rivals."""

    @endpoint(
        id="beatorajaRivals",
        returns=list[Rival],
        message="Returned {count} rivals.",
        raises=(InvalidVersion,),
        query=(VERSION,),
    )
    def retrieve(self, request: Request) -> Response:
        """Lists your rivals. Always empty, as rivals are not supported."""
        return self.ok([], count=0)


class PlayerBests(BeatorajaHook, UserViewSet):
    """A player's bests on all charts."""

    @endpoint(
        id="beatorajaPlayerScores",
        returns=list[IRScore],
        message="Successfully returned {count} scores.",
        raises=(InvalidVersion, PlayerNotFound, NotARival),
        query=(VERSION,),
    )
    def retrieve(self, request: Request, user_id: str) -> Response:
        """Returns your latest personal bests on BMS and PMS charts, at most 10,000."""
        try:
            user = self.get_object()
        except UserNotFound:
            raise PlayerNotFound() from None
        if user != self.user:
            raise NotARival()
        self.throttle(throttling.LONG_DOCUMENTS)
        with read_snapshot():
            bests = PersonalBest.objects.filter(user=user, game__in=GAMES).prefetch_related("user")
            latest = bests.order_by(*LATEST_FIRST)[:MAX_PLAYER_SCORES]
            scores = _ir_scores(latest, self.user)
        return self.ok(scores, count=len(scores))


def _ir_scores(bests: Iterable[PersonalBest], caller: User | None) -> list[IRScore]:
    listed = list(bests)
    charts = load_charts(best.chart_id for best in listed)
    return [
        IRScore.from_best(best, charts[best.chart_id], player="" if best.user == caller else best.user.username)
        for best in listed
    ]
