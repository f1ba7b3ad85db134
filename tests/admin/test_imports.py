"""The list of imports: its filters, a constant number of queries, and its actions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from imports import jobs
from imports.models import AuditEntry, Import, ImportInput, State, User
from imports.pipeline.undo.revert import RevertRequest, revert
from tests import factories, people
from tests.pages.html_parsing import text_of

pytestmark = pytest.mark.django_db

LIST = "admin:imports_import_changelist"


@pytest.fixture
def mo() -> Client:
    return people.session_of(people.mo())


def listed(client: Client, **query: str) -> list[Import]:
    return list(client.get(reverse(LIST, query=query)).context["cl"].result_list)


def act(client: Client, action: str, *chosen: Import, **more: str) -> list[str]:
    data: Any = {"action": action, "_selected_action": [job.pk for job in chosen], **more}
    return [str(message) for message in client.post(reverse(LIST), data, follow=True).context["messages"]]


def stored_import(**fields: Any) -> Import:
    """Creates an import in this state, without running it."""
    values: dict[str, Any] = {"user": people.alice(), "import_type": "file/batch-manual", **fields}
    if values.get("state") == State.FAILED:
        values |= {"status_code": 400, "error_message": "no"}
    return Import.objects.create(**values)


def days_ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


# --- filters


@pytest.mark.quick_rows(8)
@pytest.mark.parametrize(
    ("query", "expected_names"),
    [
        ({"state": "failed"}, "old"),
        ({"state__exact": "failed"}, "old"),
        ({"state": "queued"}, "new"),
        ({"state": "reverted"}, ""),
        ({"game": "sdvx"}, "old"),
        ({"game": "iidx"}, "new"),
        ({"import_type": "ir/direct-manual"}, "new"),
        ({"import_type": "file/batch-manual"}, "old"),
        ({"intent": "yes"}, "old"),
        ({"intent": "no"}, "new"),
        ({"client": "BadHook/1.4"}, "new"),
        ({"client": "BadHook"}, ""),
        ({"service": "Arcade"}, "new"),
        ({"words": "badhook"}, "new"),
        ({"words": "arca"}, "new"),
        ({"words": "moz"}, "old"),
        ({"words": "%"}, "old new"),
        ({"days": "1"}, "new"),
        ({"days": "7"}, "new"),
        ({"days": "28"}, "old new"),
        ({"since": "2020-01-01", "until": "2020-01-31"}, ""),
        ({"since": "2020-01-01"}, "old new"),
        ({"until": "2020-01-31"}, ""),
        ({"progress": "any"}, "new"),
        ({"state": "queued", "client": "BadHook/1.4", "days": "1"}, "new"),
        ({"state": "failed", "client": "BadHook/1.4"}, ""),
        ({"q": "bob"}, "new"),
        ({"q": "bob", "state": "failed"}, ""),
        ({"since": "yesterday"}, "old new"),
    ],
)
def test_filters_and_searches_find_the_matching_imports(query: dict[str, str], expected_names: str, mo: Client) -> None:
    old = stored_import(
        state=State.FAILED, game="sdvx", user_intent=True, client="Mozilla/5.0", time_queued=days_ago(10)
    )
    new = stored_import(
        user=people.bob(), game="iidx", import_type="ir/direct-manual", client="BadHook/1.4", service="Arcade"
    )

    page = mo.get(reverse(LIST, query=query), follow=True)  # invalid values are dropped by a redirect

    names = {old: "old", new: "new"}
    assert {names[job] for job in page.context["cl"].result_list} == set(expected_names.split())


def test_the_time_filter_includes_both_dates(mo: Client) -> None:
    job = stored_import(time_queued=days_ago(3))
    day = job.time_queued.date().isoformat()

    assert listed(mo, since=day, until=day) == [job]


def test_facet_counts_are_shown_on_request(mo: Client) -> None:
    stored_import(state=State.FAILED, game="sdvx")
    stored_import(game="sdvx", client="Hook/1")
    url = reverse(LIST, query={"game": "sdvx", "_facets": "True"})

    html = mo.get(url).content.decode()

    assert "Failed (1)" in html
    assert "Hook 1 (1)" in html
    assert "SOUND VOLTEX (2)" in html


def test_the_client_filter_offers_the_clients_of_the_newest_imports(mo: Client) -> None:
    for client in ("Common/1", "Common/1", "Rare/1"):
        stored_import(client=client, state=State.CANCELLED)

    page = mo.get(reverse(LIST, query={"client": "Gone/1"}))

    [choices] = [spec.lookup_choices for spec in page.context["cl"].filter_specs if spec.title == "client"]
    assert [value for value, _ in choices] == ["Common/1", "Rare/1", "Gone/1"]


def test_the_list_shows_readable_names_of_clients_types_and_states(mo: Client) -> None:
    browser = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0"
    stored_import(state=State.FAILED, client=browser, status_code=400)

    page = mo.get(reverse(LIST))

    text = text_of(page)
    assert "Failed (400)" in text
    assert "Firefox 142, Windows" in text
    assert browser not in text
    shown = {str(spec.title): [str(name) for _, name in spec.lookup_choices] for spec in named_filters(page)}
    assert "Batch-Manual file" in shown["type"]
    assert shown["client"] == ["Firefox 142, Windows"]
    assert "Reverted" in shown["state"]


def test_the_search_field_has_a_text_label(mo: Client) -> None:
    assert '<label for="searchbar">Search</label>' in mo.get(reverse(LIST)).content.decode()
    searched = text_of(mo.get(reverse(LIST, query={"q": "nothing"})))
    assert "0 results (Show all)" in searched.replace(" )", ")").replace("( ", "(")


def named_filters(page: Any) -> list[Any]:
    return [spec for spec in page.context["cl"].filter_specs if hasattr(spec, "lookup_choices")]


@pytest.mark.quick_rows(2)
@pytest.mark.parametrize(
    ("fields", "is_stuck"),
    [
        ({"time_queued": days_ago(0.01)}, True),
        ({}, False),
        ({"state": State.RUNNING, "time_started": days_ago(0.01)}, True),
        ({"state": State.RUNNING, "time_started": days_ago(0.0005)}, True),  # 43 seconds, without a worker
        ({"state": State.RUNNING, "time_started": timezone.now()}, False),
        ({"state": State.FAILED, "time_queued": days_ago(1)}, False),
    ],
)
def test_stuck_imports_are_counted_and_can_be_listed(fields: dict[str, Any], is_stuck: bool, mo: Client) -> None:
    if fields.get("state") == State.RUNNING and not is_stuck:
        fields = {**fields, "time_started": timezone.now()}
    job = stored_import(**fields)

    assert listed(mo, progress="stuck") == ([job] if is_stuck else [])
    assert f"Stuck: {int(is_stuck)}" in mo.get(reverse(LIST)).content.decode()


def test_an_import_held_by_a_worker_is_not_stuck(mo: Client) -> None:
    job = stored_import(state=State.RUNNING, time_started=days_ago(0.0005))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [job.pk])
        try:
            assert listed(mo, progress="stuck") == []
            assert "no worker" not in mo.get(reverse(LIST)).content.decode()
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [job.pk])
    assert "no worker" in mo.get(reverse(LIST)).content.decode()


@pytest.mark.slow
def test_the_number_of_queries_of_the_list_of_imports_is_constant(
    mo: Client, django_assert_max_num_queries: Any
) -> None:
    def add(number: int) -> None:
        for n in range(number):
            user = User.objects.create_user(f"Player_{number}_{n}")
            state = [State.QUEUED, State.RUNNING, State.CANCELLED][n % 3]
            stored_import(user=user, client=f"Hook/{n}", state=state, time_started=timezone.now())

    add(3)
    with django_assert_max_num_queries(100) as few:
        mo.get(reverse(LIST))
    add(12)
    with django_assert_max_num_queries(len(few)):
        assert len(listed(mo)) == 15


INDEXES = [
    ({"client": "Rare/1"}, "import_by_client"),
    ({"service": "Rare"}, "import_by_service"),
    ({"game": "usc"}, "import_by_game"),
    ({"import_type": "ir/direct-manual"}, "import_by_type"),
    ({"intent": "yes"}, "import_by_intent"),
    ({"since": "2030-01-01"}, "import_by_time"),
    ({"progress": "any"}, "import_unfinished"),
]


@pytest.mark.slow
def test_filters_use_an_index_for_rare_values(mo: Client) -> None:
    stored_import(game="sdvx", service="S", client="C", state=State.CANCELLED)
    fields = [field for field in Import._meta.concrete_fields if field.name not in {"id", "import_id"}]
    columns = ", ".join(str(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO imports_import (import_id, {columns}) "  # noqa: S608 - names of our own columns
            f"SELECT md5(n::text), {columns} FROM imports_import, generate_series(1, 3000) n"
        )
        cursor.execute("ANALYZE imports_import")

    plans = {
        index: mo.get(reverse(LIST, query=query)).context["cl"].queryset[:50].explain() for query, index in INDEXES
    }

    assert [index for index, plan in plans.items() if index not in plan] == []


# --- the page of an import


def test_the_traceback_of_a_crashed_import_is_shown_to_staff_only(mo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_args: Any, **_more: Any) -> None:
        raise ZeroDivisionError("a secret of the inside")

    monkeypatch.setattr("imports.jobs.worker.run", breaks)
    job = factories.create_import(people.alice())
    owner = people.session_of(people.alice())

    assert job.error_message == jobs.CRASHED
    assert "ZeroDivisionError: a secret of the inside" in job.traceback
    page = mo.get(reverse("admin:imports_import_change", args=[job.pk])).content.decode()
    assert "a secret of the inside" in page
    for url in (f"/imports/{job.import_id}/", f"/api/v1/imports/{job.import_id}/poll-status"):
        assert "a secret of the inside" not in owner.get(url).content.decode()


def test_an_import_of_an_invalid_file_has_no_traceback() -> None:
    job = factories.create_import(people.alice(), {"score": "x"})

    assert (job.state, job.traceback) == (State.FAILED, "")


def test_a_retry_clears_the_traceback(mo: Client) -> None:
    job = factories.create_import(people.alice(), {"score": "x"})
    Import.objects.update(traceback="Traceback")

    act(mo, "retry_selected", job)

    job.refresh_from_db()
    assert (job.state, job.traceback) == (State.QUEUED, "")


def test_staff_can_download_the_input_of_an_import(mo: Client) -> None:
    job = factories.create_import(people.alice(), {"score": "x"}, file_name="mine.json")
    url = reverse("import-input", args=[job.import_id])

    assert url in mo.get(reverse("admin:imports_import_change", args=[job.pk])).content.decode()
    assert mo.get(url).status_code == 200
    assert people.session_of(people.bob()).get(url).status_code in {403, 404}


def test_the_page_of_an_import_shows_that_its_input_is_no_longer_stored(mo: Client) -> None:
    job = factories.create_import(people.alice(), {"score": "x"})
    ImportInput.objects.all().delete()

    assert "No longer stored." in mo.get(reverse("admin:imports_import_change", args=[job.pk])).content.decode()


@pytest.mark.quick_rows(3)
@pytest.mark.parametrize(
    ("state", "offers"),
    [
        (State.QUEUED, "cancel_selected"),
        (State.RUNNING, "cancel_selected"),
        (State.COMPLETED, "revert_selected"),
        (State.FAILED, "retry_selected"),
        (State.CANCELLED, "retry_selected"),
        (State.REVERTED, "restore_selected"),
    ],
)
def test_the_page_of_an_import_offers_the_action_of_its_state(state: State, offers: str, mo: Client) -> None:
    job = stored_import(state=state, time_finished=timezone.now(), reverted_at=timezone.now())

    page = mo.get(reverse("admin:imports_import_change", args=[job.pk]))

    assert [action for action, _ in page.context["available_actions"]] == [offers]


# --- operations


def test_restore_retry_and_cancel_report_results_and_refusals(mo: Client) -> None:
    alice, [chart] = people.alice(), factories.charts(1)
    completed = factories.create_import(alice, factories.score_on(chart))
    failed = factories.create_import(alice, {"score": "x"})
    waiting = factories.queued_import(alice)

    assert act(mo, "restore_selected", completed) == [
        f"Skipped: {completed.import_id} of Alice. This import cannot be run again in its current state."
    ]
    assert act(mo, "cancel_selected", waiting, reason="too many") == ["Cancelled 1 import."]
    assert act(mo, "retry_selected", failed, completed) == [
        "Retrying 1 import.",
        f"Skipped: {completed.import_id} of Alice. This import cannot be run again in its current state.",
    ]
    revert(completed, RevertRequest(by=alice))
    assert act(mo, "restore_selected", completed) == ["Restoring 1 import."]
    entries = (
        AuditEntry.objects.filter(actor=people.mo()).order_by("pk").values_list("verb", "job", "subject", "reason")
    )
    assert list(entries) == [
        ("cancelled", waiting.pk, alice.pk, "too many"),
        ("retried", failed.pk, alice.pk, ""),
        ("restored", completed.pk, alice.pk, ""),
    ]


def test_an_import_without_its_input_cannot_be_retried(mo: Client) -> None:
    job = factories.create_import(people.alice(), {"score": "x"})
    ImportInput.objects.all().delete()

    assert act(mo, "retry_selected", job) == [
        f"Skipped: {job.import_id} of Alice. The input of this import is no longer stored."
    ]


def test_only_the_first_refusals_of_an_action_are_shown(mo: Client) -> None:
    chosen = [stored_import(state=State.CANCELLED) for _ in range(13)]

    actual = act(mo, "cancel_selected", *chosen)

    assert len(actual) == 11
    assert actual[-1] == "3 more were refused."


def test_an_action_on_the_page_of_an_import_redirects_back_to_it(mo: Client) -> None:
    job = factories.create_import(people.alice(), {"score": "x"})
    data = {"action": "retry_selected", "_selected_action": job.pk, "from": job.pk}

    done = mo.post(reverse(LIST), data)

    assert done.headers["Location"] == reverse("admin:imports_import_change", args=[job.pk])


@pytest.mark.quick_rows(4)
@pytest.mark.parametrize(
    "action",
    [
        "revert_selected", "restore_selected", "retry_selected", "cancel_selected", "requeue_selected",
        "roll_back_selected",
    ],
)  # fmt: skip
@pytest.mark.parametrize("who", [people.bob, people.eve])
def test_actions_on_imports_are_for_moderators_only(action: str, who: Any) -> None:
    job = factories.create_import(people.alice(), {"score": "x"})
    before = Import.objects.values().get()

    data = {"action": action, "_selected_action": job.pk, "reason": "x"}
    response = people.session_of(who()).post(reverse(LIST), data, follow=True)

    assert response.status_code == 403
    assert Import.objects.values().get() == before
