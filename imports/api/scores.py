"""/api/v1/scores/:scoreID."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.documents import chart_document, score_document, song_document, user_document
from imports.api.errors import Refused
from imports.api.resource import Resource
from imports.api.responses import success
from imports.models import Score


class Scores(Resource):
    """Scores are everybody's to read."""

    lookup_field = "score_id"
    lookup_value_regex = "[^/]+"

    def get_object(self) -> Score:
        found = Score.objects.select_related("chart__song", "user")
        score = found.filter(score_id=self.segment("score_id")).first()
        if score is None:
            raise Refused("This score does not exist.", status=404)
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
