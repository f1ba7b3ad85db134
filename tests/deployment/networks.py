"""Simulated hosts: network namespaces with an address each, connected by a switch, removed after the test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SWITCH = "switch"


def missing_requirement() -> str:
    """Why this machine does not support them; empty if it does."""
    if os.geteuid() != 0:
        return "network namespaces want root"
    if shutil.which("ip") is None or shutil.which("setpriv") is None:
        return "iproute2 and util-linux are not installed"
    probe = f"tachi-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode != 0:
        return "this machine allows no network namespaces"
    subprocess.run(["ip", "netns", "delete", probe], check=True)
    return ""


class Network:
    """Hosts by name. `prefix` keeps two test runs apart."""

    def __init__(self, prefix: str, names: Sequence[str]) -> None:
        self._prefix = prefix
        self.addresses = {name: f"10.231.7.{number}" for number, name in enumerate(names, start=1)}

    def at(self, host: str) -> list[str]:
        """What a command line begins with that runs on a host."""
        return ["ip", "netns", "exec", self._space(host)]

    def run(self, host: str, *argv: str | Path, **variables: str) -> str:
        """What a command prints that must succeed."""
        done = subprocess.run(
            [*self.at(host), *map(str, argv)],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def build(self) -> None:
        for name in (SWITCH, *self.addresses):
            _ip("netns", "add", self._space(name))
        _ip("-n", self._space(SWITCH), "link", "add", "bridge", "type", "bridge")
        _ip("-n", self._space(SWITCH), "link", "set", "bridge", "up")
        for name, address in self.addresses.items():
            space, port = self._space(name), self._port(name)
            peer = ["peer", "name", port, "netns", self._space(SWITCH)]
            _ip("-n", space, "link", "add", "eth0", "type", "veth", *peer)
            _ip("-n", self._space(SWITCH), "link", "set", port, "master", "bridge", "up")
            _ip("-n", space, "address", "add", f"{address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", space, "link", "set", device, "up")

    def cut(self, host: str) -> None:
        """Takes a host's cable out of the switch: what it sends, and what is sent to it, is lost without a word."""
        _ip("-n", self._space(SWITCH), "link", "set", self._port(host), "nomaster")

    def plug(self, host: str) -> None:
        """Undoes `cut`."""
        _ip("-n", self._space(SWITCH), "link", "set", self._port(host), "master", "bridge")

    def _port(self, host: str) -> str:
        return f"port{[*self.addresses].index(host) + 1}"

    def remove(self) -> None:
        for name in (*self.addresses, SWITCH):
            subprocess.run(["ip", "netns", "delete", self._space(name)], capture_output=True, check=False)

    def _space(self, name: str) -> str:
        return f"{self._prefix}-{name}"


@contextmanager
def network(*names: str) -> Iterator[Network]:
    """Hosts with these names, for the length of a block."""
    made = Network(f"tachi{os.getpid()}", names)
    try:
        made.build()
        yield made
    finally:
        made.remove()


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
