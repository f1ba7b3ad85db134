"""The files in docs/deploy: what can be checked of them without installing anything."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tachi_imports import env

DEPLOY = env.BASE_DIR / "docs" / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
INSTALLED = "/opt/tachi-imports"
OPERATIONS = (env.BASE_DIR / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_understands_every_unit(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace(f"{INSTALLED}/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name).write_text(text)

    verify: list[str | Path] = ["systemd-analyze", "verify", "--man=no", *(tmp_path / unit.name for unit in UNITS)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_no_unit_runs_as_root_or_writes_where_it_likes(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    for line in ("User=tachi", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077"):
        assert line in lines


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_operations_tells_of_every_unit(unit: Path) -> None:
    assert unit.name.partition(".")[0] in OPERATIONS


def test_every_command_of_a_unit_is_there() -> None:
    commands = re.findall(r"manage\.py (\w+)", "".join(unit.read_text() for unit in UNITS))
    assert sorted(commands) == ["backup", "prune_inputs", "sweep", "worker"]
    for name in commands:
        assert (env.BASE_DIR / "imports" / "management" / "commands" / f"{name}.py").exists()


def test_commands_by_hand_run_as_the_units_do() -> None:
    """`tachi-manage`: the same account, settings and folders, and no file for others to read."""
    wrapper = DEPLOY / "tachi-manage"
    subprocess.run(["sh", "-n", wrapper], check=True)
    assert wrapper.stat().st_mode & 0o111
    text, unit = wrapper.read_text(), (DEPLOY / "systemd" / "tachi-worker@.service").read_text()
    for by_hand, in_unit in (
        ("--uid=tachi", "User=tachi"),
        ("--gid=tachi", "Group=tachi"),
        ("--property=UMask=0077", "UMask=0077"),
        ("TACHI_SETTINGS:-/etc/tachi-imports/environment", "EnvironmentFile=/etc/tachi-imports/environment"),
        ("--setenv=DATA_DIR=/var/lib/tachi-imports", "Environment=DATA_DIR=/var/lib/tachi-imports"),
        (f"TACHI_RELEASE:-{INSTALLED}", f"WorkingDirectory={INSTALLED}"),
    ):
        assert by_hand in text
        assert in_unit in unit


def test_every_metric_has_an_alert_and_no_alert_asks_for_another() -> None:
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"tachi_\w+", rule["expr"])}

    table = "".join(line for line in OPERATIONS.splitlines() if line.startswith("| `tachi_"))
    told = set(re.findall(r"tachi_\w+", table))

    assert {name.removesuffix("_bucket") for name in asked} == told
    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert all(rule["annotations"]["summary"] for rule in rules)


def test_compose_is_whole() -> None:
    """Read as YAML only: no engine runs here."""
    found = yaml.safe_load((DEPLOY / "compose.yaml").read_text())

    assert set(found["services"]) == {"web", "worker", "sweeper", "database", "redis"}
    for name, service in found["services"].items():
        assert set(service["secrets"]) <= set(found["secrets"]), name
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(found["volumes"]), name
        assert set(service.get("depends_on", {})) <= set(found["services"]), name
    known = (env.BASE_DIR / ".env.example").read_text()
    for variable in found["services"]["web"]["environment"]:
        assert variable.removesuffix("_FILE") in known


def test_no_image_is_made_with_a_secret_in_it() -> None:
    ignored = (env.BASE_DIR / ".dockerignore").read_text().splitlines()
    assert {".env", ".data", ".git", ".venv"} <= set(ignored)
    assert "docs/deploy/secrets" in ignored
    assert "docs/deploy/secrets/" in (env.BASE_DIR / ".gitignore").read_text().splitlines()


def test_the_image_runs_as_somebody_ordinary() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    assert lines.index("USER tachi") < next(number for number, line in enumerate(lines) if line.startswith("CMD"))
