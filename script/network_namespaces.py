"""Simulated hosts: network namespaces with one address each, connected by a switch, removed after use.

`tests/deployment` and `script/bench --instances` run an installation on several of them.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SWITCH = "switch"
RANGE = "10.231.7.0/24"
_NETWORK_NAMESPACE = 0x40000000  # CLONE_NEWNET of <linux/sched.h>


class NetworkError(Exception):
    """A command that sets up the hosts, or runs on one of them, failed; the message is its output."""


def missing_requirement() -> str:
    """Returns why this machine does not support network namespaces; empty if it does."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if shutil.which("ip") is None or shutil.which("setpriv") is None:
        return "iproute2 and util-linux are not installed"
    probe = f"tachi-probe-{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode != 0:
        return "this machine allows no network namespaces"
    subprocess.run(["ip", "netns", "delete", probe], check=True)
    return ""


class Network:
    """Hosts by name. `prefix` separates concurrent runs."""

    def __init__(self, prefix: str, names: Sequence[str]) -> None:
        self._prefix = prefix
        self.addresses = {name: f"{RANGE.removesuffix('0/24')}{number}" for number, name in enumerate(names, start=1)}

    def at(self, host: str) -> list[str]:
        """Returns the beginning of a command line that runs on a host."""
        return ["ip", "netns", "exec", self._space(host)]

    def run(self, host: str, *argv: str | Path, **variables: str) -> str:
        """Runs a command on a host and returns its output. Raises NetworkError if it fails."""
        done = subprocess.run(
            [*self.at(host), *map(str, argv)],
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        if done.returncode != 0:
            raise NetworkError(done.stdout + done.stderr)
        return done.stdout

    @contextmanager
    def entered(self, host: str) -> Iterator[None]:
        """Makes this thread, and processes that it starts, use the network of a host for the block."""
        with (
            Path("/proc/thread-self/ns/net").open("rb") as former,
            Path("/run/netns", self._space(host)).open("rb") as wanted,
        ):
            _enter(wanted.fileno())
            try:
                yield
            finally:
                _enter(former.fileno())

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
        """Disconnects a host from the switch: packets from and to it are lost silently."""
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
    """Provides hosts with these names for the duration of a block."""
    made = Network(f"tachi{os.getpid()}", names)
    try:
        made.build()
        yield made
    finally:
        made.remove()


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NetworkError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def _enter(descriptor: int) -> None:
    # os.setns() requires Python 3.12.
    if ctypes.CDLL(None, use_errno=True).setns(descriptor, _NETWORK_NAMESPACE) != 0:
        raise NetworkError(f"cannot enter a network namespace: {os.strerror(ctypes.get_errno())}")
