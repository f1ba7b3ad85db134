"""A process group: real processes, observed by the files they write."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tachi_imports import env
from tachi_imports.process import process_group
from tests.services.process_inspection import all_gone, kill_all, users_of, wait_for

PARENT = """
import logging, signal, sys
from tachi_imports.process.process_group import Child, ProcessGroup
from tachi_imports.process.processes import spawn

logging.basicConfig(format="%(message)s")

def child(name, program, **options):
    return Child(name, lambda: spawn([sys.executable, "-c", program, sys.argv[1], name]), **options)

QUIET = "import sys, time; open(f'{sys.argv[1]}/{sys.argv[2]}', 'a').write('begun '); time.sleep(60)"
CAREFUL = '''
import os, signal, sys, time
def leave(*_):
    with open(f"{sys.argv[1]}/stopped", "a") as file: file.write(sys.argv[2] + " ")
    sys.exit()
signal.signal(signal.SIGTERM, leave)
open(f"{sys.argv[1]}/{sys.argv[2]}", "a").write("begun ")
time.sleep(60)
'''
STUBBORN = "import os, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); os.fork();" + QUIET
BROKEN = "import sys; open(f'{sys.argv[1]}/{sys.argv[2]}', 'a').write('begun '); sys.exit(3)"
"""


class Household:
    """A parent in a process of its own, and the folder where its children leave word."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.parent: subprocess.Popen[str] | None = None

    def start(self, children: str) -> subprocess.Popen[str]:
        program = f"{PARENT}\nf = ProcessGroup()\nf.add([{children}])\nf.listen()\nf.run()\nf.stop()"
        argv = [sys.executable, "-c", program, str(self.place)]
        self.parent = subprocess.Popen(argv, cwd=env.BASE_DIR, stderr=subprocess.PIPE, text=True)
        return self.parent

    def begun(self, name: str) -> int:
        """How often this child has begun."""
        return len(self.word(name).split())

    def word(self, name: str) -> str:
        file = self.place / name
        return file.read_text() if file.exists() else ""

    def pid(self, name: str) -> int:
        assert self.parent is not None
        children = psutil.Process(self.parent.pid).children()
        return next(child.pid for child in children if child.cmdline()[-1] == name)

    def end(self) -> None:
        kill_all(users_of(self.place))
        if self.parent is not None:
            self.parent.wait()
            assert self.parent.stderr is not None
            self.parent.stderr.close()


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    made = Household(tmp_path)
    yield made
    made.end()


def test_a_dead_child_is_restarted(household: Household) -> None:
    parent = household.start("child('one', QUIET), child('two', QUIET)")
    assert wait_for(lambda: household.begun("one") == household.begun("two") == 1)
    kill_all([household.pid("one")])
    assert wait_for(lambda: household.begun("one") == 2)
    assert household.begun("two") == 1
    parent.terminate()
    assert parent.communicate()[1] == "one was killed by SIGKILL; again in 0.25 s\n"


def test_a_child_that_keeps_dying_is_restarted_after_growing_pauses(household: Household) -> None:
    parent = household.start("child('one', BROKEN)")
    assert wait_for(lambda: household.begun("one") == 3)
    parent.terminate()
    assert parent.communicate()[1].splitlines()[:2] == [
        "one ended with code 3; again in 0.25 s",
        "one ended with code 3; again in 0.5 s",
    ]


def test_the_restart_pause_is_bounded_and_reset_after_a_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    child = process_group.Child("one", lambda: subprocess.Popen(["/bin/false"], start_new_session=True))
    pauses = []
    for _ in range(9):
        child.start()
        assert child.process is not None
        child.process.wait()
        child.notice_death()
        pauses.append(child.pause)
    assert pauses == [0.5, 1, 2, 4, 8, 15, 15, 15, 15]
    child.start()
    assert child.process is not None
    child.process.wait()
    child.begun = time.monotonic() - process_group.SETTLED_SECONDS - 1
    child.notice_death()
    assert child.pause == 2 * process_group.MIN_PAUSE_SECONDS


@pytest.mark.quick_rows(1)
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_all_children_in_the_order_of_their_ranks(household: Household, how: signal.Signals) -> None:
    parent = household.start(
        "child('third', CAREFUL, rank=2), child('first', CAREFUL), child('second', CAREFUL, rank=1)"
    )
    assert wait_for(lambda: all(household.begun(name) for name in ("first", "second", "third")))
    family_members = users_of(household.place)
    parent.send_signal(how)
    assert parent.wait(60) == 0
    assert household.word("stopped") == "first second third "
    assert all_gone(family_members)


def test_a_child_that_does_not_stop_is_killed_with_its_descendants(household: Household) -> None:
    parent = household.start("child('one', STUBBORN, grace=0.3)")
    assert wait_for(lambda: household.begun("one") == 2)  # it has forked
    members = users_of(household.place)
    assert len(members) == 3
    parent.terminate()
    assert parent.communicate()[1] == "one did not stop within 0 s and was killed\n"
    assert all_gone(members)


def test_a_second_signal_kills_the_children_immediately(household: Household) -> None:
    parent = household.start("child('one', STUBBORN, grace=60), child('two', CAREFUL)")
    assert wait_for(lambda: (household.begun("one"), household.begun("two")) == (2, 1))
    members = users_of(household.place)
    parent.terminate()
    assert wait_for(lambda: household.word("stopped") == "two ")  # or both signals could come as one
    assert not all_gone(members)
    parent.terminate()
    assert parent.wait(60) == 0
    assert all_gone(members)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_children_die_with_a_killed_parent(household: Household) -> None:
    parent = household.start("child('one', QUIET), child('two', CAREFUL)")
    assert wait_for(lambda: household.begun("one") == household.begun("two") == 1)
    members = users_of(household.place)
    parent.kill()
    assert wait_for(lambda: all_gone(members))
    assert household.word("stopped") == "two "
