"""Courses: a player who clears a course reaches the class that the seeds assign to it."""

from __future__ import annotations

from rest_framework.response import Response

from imports.api.common.locks import PlayerBusy
from imports.api.core.exceptions import APIError
from imports.api.core.responses import Schema
from imports.api.hooks.base import Hook
from imports.models import Course
from imports.pipeline.classes import ClassChange

CLASS_RAISED = "Successfully updated class."
CLASS_KEPT = "Class not updated."


class InvalidBody(APIError):
    status = 400
    described_as = "the error of the first invalid member"


class CoursePlayerBusy(APIError):
    status = 409
    message = PlayerBusy.message


class ReachedClass(Schema):
    """The class that a course awards."""

    set: str
    value: str


class CourseHook(Hook):
    """The base of views that accept courses."""

    def reach_class_of(self, course: Course) -> Response:
        """Raises the player's class to that of a cleared course if it is higher, and returns the response."""
        change = ClassChange(course.game, course.playtype, course.class_set, course.value)
        is_higher = self.raise_class(change)
        body = ReachedClass(set=course.class_set, value=course.value)
        return self.ok(body, message=CLASS_RAISED if is_higher else CLASS_KEPT)
