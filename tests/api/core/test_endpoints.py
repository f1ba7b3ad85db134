"""The `endpoint` decorator of a view is the source of its OpenAPI operation, its messages and its errors."""

from __future__ import annotations

from typing import Any, Self

import pytest
from django.test import RequestFactory
from msgspec import UNSET, UnsetType
from rest_framework.request import Request
from rest_framework.response import Response

from imports.api.core.endpoints import Tag, endpoint
from imports.api.core.exceptions import APIError
from imports.api.core.parameters import Fields, Parameter, of_kind, positive_int, search, switch, text
from imports.api.core.permissions import Caller, CanDeleteScore, IsAuthenticated, RequesterIsKnown
from imports.api.core.renderers import encode
from imports.api.core.responses import Schema
from imports.api.core.views import APIViewSet
from imports.api.openapi.generator import operation_of
from imports.models import Permission


class Fruit(Schema):
    fruit_id: int
    name: str
    best_before: int | UnsetType = UNSET

    @classmethod
    def from_row(cls, row: Any) -> Self:
        return cls.from_attributes(row, fruit_id=row.pk)


class LabelledFruit(Fruit, kw_only=True):
    label: str


class FruitNotFound(APIError):
    status = 404
    message = "There is no {kind} called {name}."


class FruitRotten(APIError):
    status = 410
    message = "It is {how} rotten."
    described_as = "how rotten it is"


class NoSeason(APIError):
    status = 400
    message = "There is no such season."


NEW_FRUIT = Fields(text("name", longest=9, required=True), text("label", longest=5))


class Fruits(APIViewSet):
    tag = Tag.CATALOGUE
    permission_classes = (IsAuthenticated,)

    @endpoint(
        id="createFruit",
        returns=Fruit,
        message=("Planted {count} trees.", "Nothing was planted."),
        permissions=(RequesterIsKnown, CanDeleteScore),
        query=(switch("quickly", "Without roots."), Parameter(name="X-Season", is_header=True)),
        body=NEW_FRUIT,
        raises=(FruitNotFound, FruitRotten),
    )
    def create(self, _request: Request) -> Response:
        """Plants a tree
        for a fruit.

        It takes
        years.
        """
        return self.ok(None)


def a_view() -> Fruits:
    view = Fruits()
    view.action = "create"
    return view


def request(query: str = "", **headers: str) -> Request:
    return Request(RequestFactory().get(f"/{query}", headers=headers))


def test_an_operation_is_derived_from_the_endpoint_decorator() -> None:
    operation = operation_of(a_view(), a_view().endpoint)
    assert (operation.name, operation.summary, operation.note) == (
        "createFruit",
        "Plants a tree for a fruit",
        "It takes years.",
    )
    assert operation.success_description == "Planted … trees.` or `Nothing was planted."
    assert (operation.caller, operation.token_permission) == (Caller.SIGNED_IN, Permission.DELETE_SCORE)
    assert [(parameter.name, parameter.is_header) for parameter in operation.query] == [
        ("quickly", False),
        ("X-Season", True),
    ]
    assert operation.body_required
    assert operation.request_body["application/json"] == {
        "type": "object",
        "properties": {"name": {"type": "string", "maxLength": 9}, "label": {"type": "string", "maxLength": 5}},
        "required": ["name"],
        "additionalProperties": False,
    }
    assert {status: words[0] for status, words in operation.refusals.items()} == {
        401: IsAuthenticated.message,
        403: CanDeleteScore.message,
        404: "There is no … called ….",
        410: "how rotten it is",
        400: "[name] Expected string. (Received …)",
    }


def test_a_view_of_2026_has_one_message_for_all_invalid_parameters() -> None:
    class FruitsV3(APIViewSet):
        tag = Tag.CATALOGUE

        @endpoint(
            id="createFruitV3",
            returns=Fruit,
            message="",
            body=Fields(of_kind(str, "name"), is_strict=False),
            is_v3=True,
        )
        def create(self, _request: Request) -> Response:
            """Plants a tree."""
            return self.ok(None)

    view = FruitsV3()
    view.action = "create"
    assert operation_of(view, view.endpoint).refusals == {400: ["Invalid request: … …"]}


def test_a_success_has_the_declared_description() -> None:
    assert a_view().ok({}, count=2).data["description"] == "Planted 2 trees."
    assert a_view().ok({}, message="Nothing was planted.", status=202).status_code == 202


def test_an_api_error_has_the_message_and_status_of_its_class() -> None:
    error = FruitNotFound(kind="pear", name="{x}")
    assert (error.status, error.description) == (404, "There is no pear called {x}.")
    assert APIError("Something else.", status=401).headers == {"WWW-Authenticate": "Bearer"}


def test_a_document_has_its_members_in_order_without_the_unset_ones() -> None:
    class Row:
        pk, name = 7, "pear"

    fruit = Fruit.from_row(Row())
    assert encode(fruit) == b'{"fruitID":7,"name":"pear"}'
    assert encode(LabelledFruit.extend(fruit, label="ripe")) == b'{"fruitID":7,"name":"pear","label":"ripe"}'


@pytest.mark.parametrize(
    ("query", "page", "is_quick"),
    [("", 1, False), ("?page=7", 7, False), ("?page=0&quickly", 1, True), ("?page=2&page=3&quickly=no", 1, True)],
)
def test_a_query_parameter_is_parsed_as_declared(query: str, page: int, is_quick: bool) -> None:
    assert positive_int("page", "Which.", default=1).of(request(query)) == page
    assert switch("quickly", "").is_in(request(query)) is is_quick


def test_a_missing_or_too_large_parameter_raises_its_declared_error() -> None:
    with pytest.raises(NoSeason):
        positive_int("page", "", default=1, maximum=9, too_large=NoSeason).of(request("?page=10"))
    with pytest.raises(NoSeason):
        search(NoSeason).of(request("?search=a&search=b"))


def test_a_header_parameter_is_parsed_as_declared() -> None:
    season = Parameter(name="X-Season", check=lambda value: value or "none", is_header=True)
    assert (season.of(request(**{"X-Season": "spring"})), season.of(request())) == ("spring", "none")
