"""PostgreSQL and Valkey as set up in docs/operations.md for several hosts: over the network, with a password.

The programs are those that `script/server` embeds, under the same account; simulated hosts require root.
"""

from __future__ import annotations

import os
from pathlib import Path

from script.network_namespaces import RANGE, Network, NetworkError
from tachi_imports.embedded import accounts, binaries
from tachi_imports.embedded.accounts import Account
from tachi_imports.embedded.servers import NON_DURABLE, TUNING

Command = list[str | Path]
DATABASE_USER = "tachi"


def database_url(net: Network, host: str, *, password: str) -> str:
    return f"postgresql://{DATABASE_USER}:{password}@{net.addresses[host]}/postgres"


def redis_url(net: Network, host: str, *, password: str) -> str:
    return f"redis://:{password}@{net.addresses[host]}:6379/0"


def prepare_postgres(net: Network, host: str, folder: Path, *, password: str, durable: bool) -> Command:
    """Creates `folder`/postgres. Returns the command that runs PostgreSQL on the host, tuned like the embedded one."""
    account = _account()
    programs = binaries.postgres_bin(copies=folder / "programs", account=account)
    data, secret = folder / "postgres", folder / "password"
    accounts.create_owned_folder(data, account=account, mode=0o700)
    secret.write_text(password, encoding="ascii")
    os.chown(secret, account.uid, account.gid)
    options = [f"--username={DATABASE_USER}", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256"]
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", *([] if durable else ["--no-sync"])]
    net.run(host, *_as(account), programs / "initdb", "-D", data, f"--pwfile={secret}", *options)
    with (data / "pg_hba.conf").open("a", encoding="ascii") as file:
        file.write(f"host all {DATABASE_USER} {RANGE} scram-sha-256\n")
    settings = TUNING | ({} if durable else NON_DURABLE)
    settings |= {"listen_addresses": net.addresses[host], "unix_socket_directories": str(data)}
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [*_as(account), programs / "postgres", "-D", data, *flags]


def prepare_valkey(net: Network, host: str, folder: Path, *, password: str, durable: bool) -> Command:
    """Creates `folder`/valkey. Returns the command that runs Valkey on the host; its PID is in valkey.pid."""
    account = _account()
    program = binaries.valkey_program(copies=folder / "programs", account=account)
    data = folder / "valkey"
    accounts.create_owned_folder(data, account=account, mode=0o700)
    settings = {
        "bind": net.addresses[host],
        "requirepass": password,
        "dir": str(data),
        "pidfile": str(data / "valkey.pid"),
        "appendonly": "yes" if durable else "no",
        "save": "",
    }
    return [*_as(account), program, *(part for name, value in settings.items() for part in (f"--{name}", value))]


def _account() -> Account:
    account = accounts.for_servers(Path("/nonexistent"))
    if account is None:
        raise NetworkError("hosts need root")
    return account


def _as(account: Account) -> list[str]:
    # A change of account resets the signal for the parent's death, unless it is kept explicitly.
    return ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--pdeathsig=keep"]
