"""A client of npm's yaml-language-server, the program behind *YAML* (Red Hat) in VS Code, over its standard streams."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ASKED_FOR = {"yaml": {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}}


class LanguageServer:
    def __init__(self, program: str, root: Path) -> None:
        command = [program, "--stdio"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._asked = 0
        folder = {"uri": root.as_uri(), "name": root.name}
        abilities = {"workspace": {"configuration": True}}
        self._ask(
            "initialize", processId=None, rootUri=root.as_uri(), capabilities=abilities, workspaceFolders=[folder]
        )
        self._send({"method": "initialized", "params": {}})

    def opened(self, uri: str, text: str) -> list[dict]:
        """What is underlined in a document."""
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        while True:
            told = self._receive()
            if told.get("method") == "textDocument/publishDiagnostics" and told["params"]["uri"] == uri:
                return told["params"]["diagnostics"]

    def offered(self, uri: str, line: int, column: int) -> list[str]:
        """What is offered at a place; both count from 0."""
        found = self._ask("textDocument/completion", **_at(uri, line, column))
        return [item["label"] for item in found["items"]]

    def said(self, uri: str, line: int, column: int) -> str:
        """What is shown of the word at a place."""
        return self._ask("textDocument/hover", **_at(uri, line, column))["contents"]["value"]

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()

    def _ask(self, method: str, **params: object) -> dict:
        self._asked += 1
        self._send({"id": self._asked, "method": method, "params": params})
        while True:
            told = self._receive()
            if told.get("id") == self._asked and "method" not in told:
                return told["result"]

    def _send(self, message: dict) -> None:
        content = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(content), content))
        self._process.stdin.flush()

    def _receive(self) -> dict:
        """The next message; what it asks of its client is answered on the way."""
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        told = json.loads(self._process.stdout.read(length))
        if told.get("method") == "workspace/configuration":
            asked = [_ASKED_FOR.get(item.get("section"), {}) for item in told["params"]["items"]]
            self._send({"id": told["id"], "result": asked})
        elif "id" in told and "method" in told:
            self._send({"id": told["id"], "result": None})
        return told


def _at(uri: str, line: int, column: int) -> dict:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}


@contextmanager
def language_server(program: str, root: Path) -> Iterator[LanguageServer]:
    server = LanguageServer(program, root)
    try:
        yield server
    finally:
        server.stop()
