"""A separate home folder for each test, with helpers to record consent."""

import json
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest

ALL = [
    "command_usage",
    "tool_usage",
    "error_types",
    "performance",
    "session_metadata",
    "workspaces_tasks",
    "features",
    "platform",
    "lifecycle",
]


class Home:
    """The files that the collector reads and writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = folder / ".config" / "nexus"
        self.consent = self.config / "consent.jsonl"
        self.state = folder / "nexus" / "state" / "recording.txt"
        self.log = folder / "nexus" / "state" / "events" / "python-sdk.jsonl"

    def decide(self, mode: str = "local", collect: "List[str]" = ALL) -> None:
        self.config.mkdir(mode=0o700, parents=True, exist_ok=True)
        record = {"ts": "2026-01-01T00:00:00.000Z", "mode": mode, "collect": collect, "share": [], "notice": {"version": "1"}}
        with self.consent.open("a") as file:
            file.write(json.dumps(record) + "\n")
        self.write_state()

    def write_state(self, block_sensitive: bool = False) -> None:
        """Writes ``recording.txt`` as Nexus Telemetry does: ``server/config/recording-state.ts``."""
        line = self.consent.read_text().splitlines()[-1]
        record = json.loads(line)
        mode = "off" if record["mode"] == "off" else "on " + " ".join(record["collect"])
        config = self.config / "config.toml"
        copied = "config none"
        if config.exists():
            text = config.read_text()
            padded = text if text == "" or text.endswith("\n") else text + "\n"
            copied = "\n".join([f"config {padded.count(chr(10))} {len(text)}", *padded.splitlines()])
        parts = ["nexus recording 1", f"folder {self.config}", mode, f"block_sensitive {str(block_sensitive).lower()}", "consent", line, copied, "policy none"]
        for folder in (self.state.parent.parent, self.state.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        self.state.write_text("\n".join(parts) + "\n")
        self.state.chmod(0o600)

    def lines(self) -> "List[Dict[str, Any]]":
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def files(self) -> "List[str]":
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in ("NEXUS_TELEMETRY", "NEXUS_TELEMETRY_ENABLED", "NEXUS_EVENT_LOG", "NEXUS_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return Home(tmp_path)
