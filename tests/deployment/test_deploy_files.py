"""The files in docs/deploy: what can be checked of them without installing anything."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from imports import monitoring
from tachi_imports import env
from tachi_imports.monitoring import collectors

DEPLOY = env.BASE_DIR / "docs" / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
INSTALLED = "/opt/tachi-imports/current"
OPERATIONS = (env.BASE_DIR / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_every_unit_passes_systemd_analyze(tmp_path: Path) -> None:
    for unit in UNITS:
        text = unit.read_text().replace(f"{INSTALLED}/.venv/bin/python", "/bin/true")
        (tmp_path / unit.name).write_text(text)

    verify: list[str | Path] = ["systemd-analyze", "verify", "--man=no", *(tmp_path / unit.name for unit in UNITS)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_every_unit_runs_as_a_restricted_user(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    for line in ("User=tachi", "NoNewPrivileges=yes", "ProtectSystem=strict", "UMask=0077"):
        assert line in lines


def test_a_reload_of_the_web_is_a_handover() -> None:
    lines = (DEPLOY / "systemd" / "tachi-web.service").read_text().splitlines()
    assert "ExecReload=/bin/kill -USR2 $MAINPID" in lines


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_operations_guide_mentions_every_unit(unit: Path) -> None:
    assert unit.name.partition(".")[0] in OPERATIONS


def test_every_command_of_a_unit_exists() -> None:
    commands = re.findall(r"manage\.py (\w+)", "".join(unit.read_text() for unit in UNITS))
    assert sorted(commands) == ["backup", "prune_inputs", "sweep", "worker"]
    for name in commands:
        assert (env.BASE_DIR / "imports" / "management" / "commands" / f"{name}.py").exists()


def test_tachi_manage_runs_commands_with_the_settings_of_the_units() -> None:
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


def test_alerts_use_exactly_the_documented_metrics() -> None:
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    asked = {name for rule in rules for name in re.findall(r"tachi_\w+", rule["expr"])}

    table = "".join(line for line in OPERATIONS.splitlines() if line.startswith("| `tachi_"))
    actual = set(re.findall(r"tachi_\w+", table))

    assert {name.removesuffix("_bucket") for name in asked} == actual
    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert all(rule["annotations"]["summary"] for rule in rules)
    assert {rule["labels"]["severity"] for rule in rules} == {"critical", "warning", "info"}


def expressions() -> dict[str, str]:
    """The queries of the alerts and of the dashboard, by the names that they are shown under."""
    groups = yaml.safe_load((DEPLOY / "alerts.yaml").read_text())["groups"]
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]} | {
        panel["title"]: target["expr"] for panel in panels for target in panel["targets"]
    }


@pytest.mark.django_db
def test_metrics_include_those_of_alerts_and_dashboard(
    client: Client, redis_clean: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monitoring.record_sweep(redis_clean, ["a" * 40])
    monitoring.record_backup(redis_clean)
    monkeypatch.setattr(collectors, "open_streams", lambda: {"import": 1})
    client.get("/login/")  # counts as the first request
    families = list(text_string_to_metric_families(client.get("/metrics").content.decode()))
    # A family without samples, as of imports where there are none, has the name of its samples.
    shown = {sample.name for family in families for sample in family.samples} | {family.name for family in families}

    asked = {name: set(re.findall(r"tachi_\w+", expression)) for name, expression in expressions().items()}

    assert {name: metrics - shown for name, metrics in asked.items() if metrics - shown} == {}
    assert all(metrics for name, metrics in asked.items() if name != "TachiAway")


def test_the_dashboard_shows_every_metric_in_panels_that_do_not_overlap() -> None:
    table = "".join(line for line in OPERATIONS.splitlines() if line.startswith("| `tachi_"))
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    asked = set(re.findall(r"tachi_\w+", json.dumps([panel.get("targets") for panel in dashboard["panels"]])))
    assert {name.removesuffix("_bucket") for name in asked} == set(re.findall(r"tachi_\w+", table))

    places = [panel["gridPos"] for panel in dashboard["panels"]]
    cells = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(cells) == len(set(cells))
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(places)


def test_the_image_context_excludes_secrets() -> None:
    ignored = (env.BASE_DIR / ".dockerignore").read_text().splitlines()
    assert {".env", ".data", ".git", ".venv"} <= set(ignored)
    assert "docs/deploy/secrets" in ignored
    assert "docs/deploy/secrets/" in (env.BASE_DIR / ".gitignore").read_text().splitlines()
