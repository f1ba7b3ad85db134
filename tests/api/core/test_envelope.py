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
def test_an_unknown_route_is_no_endpoint_whatever_the_method(method: str, path: str) -> None:
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
def test_a_known_route_with_a_wrong_method_is_no_endpoint_either(method: str, path: str) -> None:
    assert summary(people.guest().generic(method, path)) == (404, "Endpoint Not Found.")


@pytest.mark.parametrize("path", ["/api/v1/status", "/API/V1/Status", "/api/v1/status/", "/Api/v1/STATUS/"])
def test_literals_match_in_any_case_and_with_a_slash_at_the_end(path: str) -> None:
    assert summary(people.guest().get(path)) == (200, "Status check successful.")


def test_parameters_keep_their_case() -> None:
    assert summary(people.guest().get("/API/V1/USERS/NoBody/"))[1] == "The user NoBody does not exist."


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=1", "nonsense", ""])
def test_an_accept_header_changes_nothing(accept: str) -> None:
    assert summary(people.guest().get("/api/v1/status?echo=a", headers={"Accept": accept}))[0] == 200


def test_an_unexpected_error_is_logged_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> str:
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr(instance, "commit", broken)
    assert summary(people.guest().get("/api/v1/status")) == (500, INTERNAL_ERROR)
    assert "the password is 1234" in caplog.text


def test_polling_has_the_same_net_under_it(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("imports.api.imports.poll_status.STATEMENT", "SELECT nonsense %s")
    with caplog.at_level(logging.ERROR):
        assert summary(people.guest().get("/api/v1/imports/0/poll-status")) == (500, INTERNAL_ERROR)
    assert "nonsense" in caplog.text


def test_an_unknown_host_is_told_in_the_envelope_too() -> None:
    assert summary(people.guest().get("/api/v1/status", headers={"Host": "elsewhere.example"}))[0] == 400


@pytest.mark.parametrize(
    ("status", "expected"),
    [(500, (500, INTERNAL_ERROR)), (400, (400, "Your request could not be read.")), (302, (404, ENDPOINT_NOT_FOUND))],
)
def test_a_page_is_never_the_answer(status: int, expected: tuple[int, str], rf: RequestFactory) -> None:
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
def test_every_exception_has_its_answer(error: Exception, expected: tuple[int, str]) -> None:
    refused = log_and_convert(error)
    assert (refused.status, refused.description) == expected


def test_numbers_that_json_cannot_express_are_null() -> None:
    assert json.loads(encode([float("nan"), float("inf"), -float("inf"), 1.5])) == [None, None, None, 1.5]


def test_nothing_but_plain_data_is_ever_written() -> None:
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
def test_a_parameter_that_does_not_fit_is_quoted(key: str, value: object, ending: str, *, absent: bool) -> None:
    refused = invalid_parameter(key, "Expected x.", value, absent=absent)
    assert refused.status == 400
    assert refused.description.startswith(f"[{key}] Expected x.")
    assert refused.description.endswith(ending)
