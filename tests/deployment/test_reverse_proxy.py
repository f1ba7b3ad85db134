"""docs/deploy/nginx.conf in front of a real installation: TLS on loopback, set up as in docs/operations.md."""

from __future__ import annotations

import http.client
import shutil
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tachi_imports import env
from tests.deployment.installation import variables
from tests.services.process_inspection import wait_for
from tests.streams.event_stream import opened
from tests.workers import free_port

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NGINX is None or shutil.which("openssl") is None, reason="nginx or openssl is not installed"),
]
AROUND = (
    "pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}} http {{ access_log off; {temporary}\n{site} }}"
)
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Proxied:
    """nginx on two ports of its own, and the installation behind it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.http_port, self.secure, self.web, self.streams = (free_port() for _ in range(4))

    def configure(self) -> None:
        """A certificate that signs itself, and the configuration of the docs with our ports and paths."""
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        keys = ["-keyout", str(self.folder / "tls.key"), "-out", str(self.folder / "tls.crt")]
        request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *keys, *subject]
        subprocess.run(request, check=True, capture_output=True)
        site = (env.BASE_DIR / "docs" / "deploy" / "nginx.conf").read_text()
        for old, new in (
            ("listen 80;", f"listen 127.0.0.1:{self.http_port};"),
            ("listen 443 ", f"listen 127.0.0.1:{self.secure} "),
            ("127.0.0.1:8000", f"127.0.0.1:{self.web}"),
            ("127.0.0.1:8001", f"127.0.0.1:{self.streams}"),
            ("scores.example.org", "localhost"),
            ("/etc/tachi-imports", str(self.folder)),
        ):
            assert old in site
            site = site.replace(old, new)
        paths = " ".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in TEMPORARY)
        (self.folder / "nginx.conf").write_text(AROUND.format(folder=self.folder, temporary=paths, site=site))

    def request(self, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
        """What a browser gets that trusts our certificate."""
        trust = ssl.create_default_context(cafile=str(self.folder / "tls.crt"))
        connection = http.client.HTTPSConnection("localhost", self.secure, context=trust, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def is_up(self) -> bool:
        try:
            return self.request("/healthz")[0] == 200
        except (OSError, http.client.HTTPException):
            return False


@pytest.fixture
def proxied(folder: Path) -> Iterator[Proxied]:
    made = Proxied(folder)
    made.configure()
    own = {
        "PORT": str(made.web),
        "STREAM_PORT": str(made.streams),
        "TACHI_PUBLIC_URL": f"https://localhost:{made.secure}",
        "TACHI_PROXIES": "1",
        "WORKERS": "1",
        "WEB_PROCESSES": "1",
    }
    web = subprocess.Popen(
        [sys.executable, "-m", "tachi_imports.process.supervisor"],
        env=variables(folder / "data", **own),
        cwd=env.BASE_DIR,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    proxy = subprocess.Popen([str(NGINX), "-c", folder / "nginx.conf", "-p", folder, "-g", "daemon off;"])
    try:
        assert wait_for(made.is_up, seconds=90), (folder / "error.log").read_text()
        yield made
    finally:
        proxy.terminate()
        web.terminate()
        proxy.wait(30)
        web.wait(60)


def test_the_service_is_served_over_tls(proxied: Proxied) -> None:
    status, headers, page = proxied.request("/login/")
    assert (status, b"Sign in" in page) == (200, True)
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert all("Secure" in cookie for cookie in headers.get_all("Set-Cookie", []))

    assert proxied.request("/healthz")[0] == 200
    for inside in ("/metrics", "/readyz"):
        assert proxied.request(inside)[0] == 404

    connection = http.client.HTTPConnection("localhost", proxied.http_port, timeout=5)
    connection.request("GET", "/login/")
    assert connection.getresponse().status == 301
    connection.close()


def test_clients_cannot_forge_the_address_used_for_rate_limits(proxied: Proxied) -> None:
    """Were one of these believed, each request would be the first of somebody else."""
    left = []
    for number in range(4):
        other = f"203.0.113.{number}"
        headers = {"X_Forwarded_For": other, "X-Forwarded-For": other, "Forwarded": f"for={other}"}
        _, response_lines, _ = proxied.request("/api/v1/games/iidx/SP/songs/1", **headers)
        left.append(int(response_lines["X-RateLimit-Remaining"]))
    assert left == list(range(left[0], left[0] - 4, -1))


def test_streams_are_proxied_from_the_stream_process_without_buffering(proxied: Proxied) -> None:
    trust = ssl.create_default_context(cafile=str(proxied.folder / "tls.crt"))
    connection = http.client.HTTPSConnection("localhost", proxied.secure, context=trust, timeout=20)
    with opened(connection, "/api/v1/status/worker-stream") as events:
        assert events.response.status == 200
        assert events.until("snapshot")["workerCount"] == 1
        assert "X-RateLimit-Remaining" in events.response.headers
