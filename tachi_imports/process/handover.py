"""Handing over a running installation to another release without a failed request.

On SIGUSR2 the supervisor executes the supervisor of the release that `current` points to. The process keeps its PID,
listening sockets, locks and children: the former children serve until the new ones do. Under systemd this is
`systemctl reload`.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tachi_imports import env
from tachi_imports.process.process_group import Child, ProcessGroup
from tachi_imports.process.processes import AdoptedProcess, Command

VARIABLE = "TACHI_HANDOVER"
SUPERVISOR = ("-m", "tachi_imports.process.supervisor")
PROBE_SECONDS = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inheritance:
    """The state that a supervisor passes to the next; descriptors are numbers of open files."""

    count: int = 0  # of handovers since the start
    sockets: dict[str, int] = field(default_factory=dict)
    locks: dict[str, int] = field(default_factory=dict)
    ready: tuple[int, int] | None = None  # both ends of the pipe of the web processes
    children: tuple[dict[str, Any], ...] = ()

    @classmethod
    def from_environment(cls) -> Inheritance:
        """Reads and removes the variable, as children must not inherit it; empty at a first start."""
        raw = os.environ.pop(VARIABLE, "")
        if not raw:
            return cls()
        members = json.loads(raw)
        return cls(**members | {"ready": tuple(members["ready"]), "children": tuple(members["children"])})

    def running_children(self) -> tuple[list[Child], list[Child]]:
        """Returns the children of the former release: those that serve, and those that were already retiring."""
        serving: list[Child] = []
        retiring: list[Child] = []
        for record in self.children:
            command = Command(tuple(record["argv"]), record["folder"], tuple(record["descriptors"]))
            child = Child(
                record["name"],
                command.spawn,
                rank=record["rank"],
                retire_signal=signal.Signals(record["retire_signal"]),
                command=command,
                process=AdoptedProcess(record["pid"]),
            )
            child.due = time.monotonic() + child.kill_after
            (retiring if record["is_retiring"] else serving).append(child)
        return serving, retiring


def records(group: ProcessGroup) -> tuple[dict[str, Any], ...]:
    """Returns the living children of a group in the format that `running_children` reads."""
    return tuple(
        {
            "name": child.name,
            "argv": child.command.argv,
            "folder": child.command.folder,
            "descriptors": child.command.descriptors,
            "rank": child.rank,
            "retire_signal": int(child.retire_signal),
            "pid": child.process.pid,
            "is_retiring": child in group.retiring,
        }
        for child in group.children + group.retiring
        if child.command is not None and child.process is not None
    )


def release_to_run() -> Path:
    """Returns the release that `current` points to if this is an installed release, else this folder."""
    current = env.BASE_DIR.parent.with_name("current")
    return current.resolve() if env.BASE_DIR.parent.name == "releases" and current.is_dir() else env.BASE_DIR


def python_of(release: Path) -> Path:
    """Returns the Python of a release, by a path that does not depend on `current`."""
    own = Path(sys.executable)
    return own.parent.resolve() / own.name if release == env.BASE_DIR else release / ".venv" / "bin" / "python"


def problem_of(release: Path) -> str:
    """Returns why the supervisor of a release cannot start; empty if it can."""
    try:
        done = subprocess.run(
            [python_of(release), *SUPERVISOR, "--check"],
            cwd=release,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=PROBE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return "" if done.returncode == 0 else (done.stderr.strip() or f"it ended with code {done.returncode}")


def execute(release: Path, inheritance: Inheritance, *, descriptors: Sequence[int]) -> None:
    """Executes the supervisor of `release` in this process, with these open files. Does not return; raises OSError."""
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    # A second signal must not kill the process before the next program handles it.
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    os.chdir(release)
    python = str(python_of(release))
    os.execve(python, [python, *SUPERVISOR], os.environ | {VARIABLE: json.dumps(asdict(inheritance))})  # noqa: S606


@dataclass(frozen=True)
class Report:
    """The state of the supervisor for programs that upgrade it (script/upgrade), in a file of the data folder."""

    pid: int
    url: str
    release: str
    handovers: int
    state: str  # starting, serving, or refused: then `release` is the one that keeps running
    problem: str = ""

    def write(self, folder: Path) -> None:
        draft = folder / ".supervisor.json.new"
        draft.write_text(json.dumps(asdict(self)), encoding="utf-8")
        draft.replace(folder / "supervisor.json")
