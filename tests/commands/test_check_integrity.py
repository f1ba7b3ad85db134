"""`check_integrity`: the players checked, the progress shown, and the exit."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from imports.management.commands import check_integrity
from imports.models import Import, State, User
from tests.commands.command_runner import Terminal, run

pytestmark = pytest.mark.django_db


@pytest.fixture
def players() -> list[User]:
    """Five players: the first three have imports, the first two of them with wrong counts."""
    made = [User.objects.create_user(f"player{number}") for number in range(5)]
    for number, user in enumerate(made[:3]):
        times = dict.fromkeys(("time_started", "time_finished"), timezone.now())
        counts = {"score_count": int(number < 2)}
        Import.objects.create(user=user, state=State.COMPLETED, import_type="ir/direct-manual", **counts, **times)
    return made


def errors_of(*arguments: str, output: StringIO) -> str:
    """Returns the output of a failing check on standard error, without the final error."""
    with pytest.raises(CommandError):
        call_command("check_integrity", *arguments, stdout=StringIO(), stderr=output)
    return output.getvalue()


@pytest.mark.usefixtures("players")
def test_a_sample_contains_only_players_with_imports_up_to_its_size() -> None:
    with pytest.raises(CommandError, match="2 differences among 3 players"):
        run("check_integrity", "--sample", "10")
    with pytest.raises(CommandError, match=r"(1 difference|2 differences) among 2 players"):
        run("check_integrity", "--sample", "2")
    assert run("check_integrity", "--sample", "3", "--repair")[-1] == "2 differences repaired among 3 players."
    assert run("check_integrity") == ["Nothing differs among 5 players."]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--sample", "0"], "--sample requires a number of at least 1"),
        (["nobody"], "Unknown players: nobody"),
        (["--sample", "1", "player0"], "not allowed with argument"),
    ],
)
@pytest.mark.usefixtures("players")
def test_invalid_arguments_are_named_in_the_error(arguments: list[str], expected: str) -> None:
    with pytest.raises(CommandError, match=expected):
        run("check_integrity", *arguments)


@pytest.mark.usefixtures("players")
def test_a_long_check_reports_its_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_integrity, "PROGRESS_SECONDS", 0.0)
    first, *others = errors_of(output=StringIO()).splitlines()
    assert first.startswith("1 of 5 players, 1 difference, about ")
    assert [line.partition(" players")[0] for line in others] == ["2 of 5", "3 of 5", "4 of 5"]


@pytest.mark.usefixtures("players")
def test_a_terminal_shows_progress_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_integrity, "TERMINAL_SECONDS", 0.0)
    shown = errors_of(output=Terminal())
    assert "\n" not in shown
    assert "\r4 of 5 players, 2 differences" in shown


@pytest.mark.usefixtures("players")
def test_a_short_check_shows_no_progress() -> None:
    assert errors_of(output=StringIO()) == ""
