"""The real nginx with the shipped configuration."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.services.process import ROOT, Service, accepts, find_program, free_port

NGINX_CONF = ROOT / "nginx-ws.conf"
NGINX_TLS_CONF = ROOT / "nginx-tls.conf"


class NginxServer(Service):
    """The real nginx with the shipped configuration in front of a hub.

    Only what the place dictates is exchanged: the hub's address, the listening port, the folder of the
    static files and where nginx may write. With `certificate` (paths of certificate and key) the shipped TLS
    part is included. `changes` exchanges more of the text, for a test that needs a smaller nginx.
    """

    name = "nginx"
    stop_seconds = 5.0

    def __init__(
        self,
        folder: Path,
        *,
        upstream_port: int,
        static: Path = ROOT / "static",
        certificate: tuple[Path, Path] | None = None,
        changes: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(folder)
        self.port = free_port()
        self.tls_port = free_port() if certificate else 0
        self.conf_path = folder / "nginx.conf"
        if certificate:
            (folder / "hub-tls.conf").write_text(self._adapt_tls(*certificate))
        self.conf_path.write_text(self._adapt(upstream_port, static, changes or {}))

    def _adapt(self, upstream_port: int, static: Path, changes: Mapping[str, str]) -> str:
        temporary = "\n".join(
            f"    {kind}_temp_path {self.folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = NGINX_CONF.read_text()
        for old, new in (
            ("server 127.0.0.1:8000", f"server 127.0.0.1:{upstream_port}"),
            ("listen 80;", f"listen 127.0.0.1:{self.port};"),
            ("/srv/hub/static/", f"{static}/"),
            ("/var/log/nginx/", f"{self.folder}/"),
            ("/etc/nginx/hub-tls", f"{self.folder}/hub-tls"),
            *changes.items(),
            ("http {\n", f"http {{\n{temporary}\n"),
        ):
            if old not in text:
                raise RuntimeError(f"nginx-ws.conf has no {old.strip()!r} to exchange")
            text = text.replace(old, new)
        return text

    def _adapt_tls(self, certificate: Path, key: Path) -> str:
        text = NGINX_TLS_CONF.read_text()
        text = re.sub(r"listen 443\b", f"listen 127.0.0.1:{self.tls_port}", text)
        text = re.sub(r"(?m)^ssl_certificate\s+.*$", f"ssl_certificate {certificate};", text)
        return re.sub(r"(?m)^ssl_certificate_key\s+.*$", f"ssl_certificate_key {key};", text)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def command(self) -> Sequence[str]:
        directives = f"daemon off; pid {self.folder}/nginx.pid;"
        if os.geteuid() == 0:
            # Its workers would otherwise be a user who may not enter pytest's folders.
            directives += " user root;"
        return [find_program("nginx"), "-p", str(self.folder), "-c", str(self.conf_path), "-g", directives]

    def ready(self) -> bool:
        return accepts(self.port)
