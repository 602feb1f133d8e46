"""A FHIR R4 server that a client reads from and writes to: one patient's record, over HTTP."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Resource = dict[str, Any]


class FHIRServer:
    """What stands on the server, by type and id."""

    def __init__(self, prefetch: Mapping[str, Any], drafts: Mapping[str, Any]) -> None:
        self.resources: dict[tuple[str, str], Resource] = {}
        self.written: list[tuple[str, str]] = []
        for value in prefetch.values():
            for resource in [entry["resource"] for entry in value.get("entry", ())] or [value]:
                self._keep(resource)
        for entry in drafts["entry"]:
            self._keep(entry["resource"])
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    def _keep(self, resource: Resource) -> None:
        if "id" in resource:
            self.resources[resource["resourceType"], resource["id"]] = resource

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def searched(self, kind: str, query: Mapping[str, list[str]]) -> Resource:
        """By status alone: there is one patient, and the service reads codes itself. No drafts unless asked for."""
        statuses = query.get("status", [])
        found = [
            resource
            for (its, _), resource in self.resources.items()
            if its == kind and (resource.get("status") == "draft") == (statuses == ["draft"])
        ]
        entries = [{"resource": resource} for resource in found]
        return {"resourceType": "Bundle", "type": "searchset", "total": len(entries), "entry": entries}

    @contextmanager
    def running(self) -> Iterator[None]:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _where(self) -> tuple[str, str, dict[str, list[str]]]:
                url = urlsplit(self.path)
                kind, _, identity = url.path.removeprefix("/fhir/R4/").partition("/")
                return kind, identity, parse_qs(url.query)

            def do_GET(self) -> None:
                kind, identity, query = self._where()
                found = server.resources.get((kind, identity)) if identity else server.searched(kind, query)
                self._send(200 if found else 404, found or {"resourceType": "OperationOutcome", "issue": []})

            def do_POST(self) -> None:
                kind, _, _ = self._where()
                sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                sent["id"] = f"made-{len(server.written)}"
                server.written.append(("create", f"{kind}/{sent['id']}"))
                server._keep(sent)
                self._send(201, sent)

            def do_DELETE(self) -> None:
                kind, identity, _ = self._where()
                server.written.append(("delete", f"{kind}/{identity}"))
                del server.resources[kind, identity]
                self._send(200, {"resourceType": "OperationOutcome", "issue": []})

            def _send(self, status: int, body: Resource) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/fhir+json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
