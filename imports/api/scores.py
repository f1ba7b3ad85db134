"""/api/v1/scores/:scoreID."""

from __future__ import annotations

from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api import parameters
from imports.api.documents import chart_document, score_document, song_document, user_document
from imports.api.errors import Refused
from imports.api.permissions import (
    TheyMayDeleteTheScore,
    TheyMayEditTheScore,
    TheyOwnTheScoreOrAdminister,
    WeKnowWhoAsks,
)
from imports.api.resource import Resource
from imports.api.responses import success
from imports.api.undo import in_turn
from imports.models import Score, User
from imports.pipeline.scores import delete_score, edit_score

CHANGES = {
    "comment": parameters.maybe(parameters.text_or_null(1, 120)),
    "highlight": parameters.maybe(parameters.flag),
}
DELETION = {"blacklist": parameters.maybe(parameters.flag)}


class Scores(Resource):
    """Scores are everybody's to read."""

    lookup_field = "score_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Score:
        found = Score.objects.select_related("chart__song", "user")
        score = found.filter(score_id=self.segment("score_id")).first()
        if score is None:
            raise no_score()
        self.check_object_permissions(self.request, score)
        return score

    def retrieve(self, request: Request, score_id: str) -> Response:
        """With `?getRelated`, whatever its value, the player, song and chart come too."""
        score = self.get_object()
        body = {"score": score_document(score, score.chart)}
        if "getRelated" in request.query_params:
            body |= {
                "user": user_document(score.user),
                "song": song_document(score.chart.song),
                "chart": chart_document(score.chart),
            }
        return success("Returned score.", body)

    def partial_update(self, request: Request, score_id: str) -> Response:
        """Changes the comment or the highlight, which the best on the chart takes over."""
        score = self.get_object()
        self.insist(score, WeKnowWhoAsks, TheyOwnTheScoreOrAdminister, TheyMayEditTheScore)
        changes = parameters.strict(self.body, CHANGES)
        if not changes:
            raise Refused("This request modifies nothing about the score.", status=400)
        with in_turn(no_score):  # it may have been reverted or deleted meanwhile
            score = edit_score(score, changes, by=cast("User", self.user), token=self.token)
        return success("Updated score.", score_document(score, score.chart))

    def destroy(self, request: Request, score_id: str) -> Response:
        """With `blacklist: true` no later import brings it back."""
        score = self.get_object()
        self.insist(score, WeKnowWhoAsks, TheyOwnTheScoreOrAdminister)
        wishes = parameters.strict(self.body, DELETION)
        self.insist(score, TheyMayDeleteTheScore)
        blacklist = wishes.get("blacklist", False)
        with in_turn(no_score):
            delete_score(score, by=cast("User", self.user), token=self.token, blacklist=blacklist)
        return success("Successfully deleted score.", {})


def no_score() -> Refused:
    return Refused("This score does not exist.", status=404)
