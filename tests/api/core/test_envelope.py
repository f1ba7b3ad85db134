"""Every response under /api/v1 and /ir has the envelope, errors included."""

from __future__ import annotations

import json
import logging

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, HttpResponse, UnreadablePostError
from django.test import RequestFactory
from rest_framework.exceptions import APIException, MethodNotAllowed, NotFound, ParseError

from imports.api.core.exceptions import ENDPOINT_NOT_FOUND, INTERNAL_ERROR, invalid_parameter, log_and_convert
from imports.api.core.middleware import APIMiddleware
from imports.api.core.renderers import encode
from imports.api.instance import views as instance
from tests import people
from tests.api.envelopes import summary

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "PROPFIND")


@pytest.mark.parametrize(
    "path", ["/api/v1", "/api/v1/", "/api/v1/nothing", "/api/v1/import", "/ir", "/ir/nothing/at/all"]
)
@pytest.mark.parametrize("method", METHODS)
def test_an_unknown_route_is_a_404_for_every_method(method: str, path: str) -> None:
    assert summary(people.guest().generic(method, path)) == (404, "Endpoint Not Found.")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/api/v1/status"),
        ("POST", "/api/v1/config"),
        ("GET", "/api/v1/import/file"),
        ("GET", "/ir/direct-manual/import"),
        ("DELETE", "/api/v1/imports/0"),
        ("PUT", "/api/v1/imports/0/revert"),
        ("GET", "/api/v1/imports/0/restore"),
        ("PUT", "/api/v1/import/orphans"),
        ("POST", "/api/v1/imports/0/poll-status"),
        ("PUT", "/api/v1/users/me"),
        ("PROPFIND", "/api/v1/status"),
    ],
)
def test_a_known_route_with_a_wrong_method_is_a_404(method: str, path: str) -> None:
    assert summary(people.guest().generic(method, path)) == (404, "Endpoint Not Found.")


@pytest.mark.parametrize("path", ["/api/v1/status", "/API/V1/Status", "/api/v1/status/", "/Api/v1/STATUS/"])
def test_literal_path_parts_match_in_any_case_and_with_a_trailing_slash(path: str) -> None:
    assert summary(people.guest().get(path)) == (200, "Status check successful.")


def test_a_path_parameter_keeps_its_case() -> None:
    assert summary(people.guest().get("/API/V1/USERS/NoBody/"))[1] == "The user NoBody does not exist."


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=1", "nonsense", ""])
def test_the_accept_header_is_ignored(accept: str) -> None:
    assert summary(people.guest().get("/api/v1/status?echo=a", headers={"Accept": accept}))[0] == 200


def test_an_unexpected_error_is_logged_and_not_shown_to_the_client(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr(instance, "commit", broken)
    assert summary(people.guest().get("/api/v1/status")) == (500, INTERNAL_ERROR)
    assert "the password is 1234" in caplog.text


def test_an_unexpected_error_of_poll_status_is_logged_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("imports.api.imports.poll_status.STATEMENT", "SELECT nonsense %s")
    with caplog.at_level(logging.ERROR):
        assert summary(people.guest().get("/api/v1/imports/0/poll-status")) == (500, INTERNAL_ERROR)
    assert "nonsense" in caplog.text


def test_an_unknown_host_is_refused_in_the_envelope() -> None:
    assert summary(people.guest().get("/api/v1/status", headers={"Host": "elsewhere.example"}))[0] == 400


@pytest.mark.parametrize(
    ("status", "expected"),
    [(500, (500, INTERNAL_ERROR)), (400, (400, "Your request could not be read.")), (302, (404, ENDPOINT_NOT_FOUND))],
)
def test_an_html_response_is_replaced_by_an_envelope(
    status: int, expected: tuple[int, str], rf: RequestFactory
) -> None:
    response = APIMiddleware(lambda _request: HttpResponse("<html>", status=status))
    assert summary(response(rf.get("/api/v1/status"))) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (Http404("secret"), (404, ENDPOINT_NOT_FOUND)),
        (MethodNotAllowed("GET"), (404, ENDPOINT_NOT_FOUND)),
        (NotFound("secret"), (404, ENDPOINT_NOT_FOUND)),
        (RequestDataTooBig("secret"), (413, "Your request body was too large. The limit is 4MB.")),
        (TooManyFieldsSent("secret"), (400, "Your request could not be read.")),
        (UnreadablePostError("secret"), (400, "Your request could not be read.")),
        (PermissionDenied("secret"), (403, "You are not authorised to perform this action.")),
        (ParseError("No."), (400, "No.")),
        (APIException("secret"), (500, INTERNAL_ERROR)),
        (KeyError("secret"), (500, INTERNAL_ERROR)),
    ],
)
def test_each_exception_is_converted_to_its_status_and_message(error: Exception, expected: tuple[int, str]) -> None:
    converted = log_and_convert(error)
    assert (converted.status, converted.description) == expected


def test_nan_and_infinity_are_encoded_as_null() -> None:
    assert json.loads(encode([float("nan"), float("inf"), -float("inf"), 1.5])) == [None, None, None, 1.5]


def test_a_model_instance_cannot_be_encoded() -> None:
    with pytest.raises(TypeError):
        encode({"body": people.alice()})


@pytest.mark.parametrize(
    ("key", "value", "absent", "ending"),
    [
        ("a", "text", False, "(Received text)"),
        ("a", "x" * 99, False, f"(Received {'x' * 99})"),
        ("a", "x" * 100, False, f"(Received {'x' * 97}...)"),
        ("a", 5, False, "(Received 5)"),
        ("a", None, False, "(Received null)"),
        ("a", True, False, "(Received true)"),
        ("a", None, True, "(Received nothing (undefined))"),
        ("!a", "secret", False, "(Received ****)"),
        ("a", "", False, "Expected x."),
        ("a", [1], False, "Expected x."),
        ("a", {}, False, "Expected x."),
    ],
)
def test_the_message_for_an_invalid_parameter_quotes_the_value(
    key: str, value: object, ending: str, *, absent: bool
) -> None:
    error = invalid_parameter(key, "Expected x.", value, absent=absent)
    assert error.status == 400
    assert error.description.startswith(f"[{key}] Expected x.")
    assert error.description.endswith(ending)
