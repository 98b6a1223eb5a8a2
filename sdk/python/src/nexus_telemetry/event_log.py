"""The event log of the SDK: JSON lines, appended in a single write, so that processes do not mix lines."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, List

from .permission import unsafe

_FILE = "python-sdk.jsonl"
_ENCODER = json.JSONEncoder(separators=(",", ":"))

#: 0 on Windows, which lacks the flag.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


class EventLog:
    """Creates the folder and the file with the first line, never before."""

    def __init__(self, nexus_home: Path) -> None:
        self.path = nexus_home / "state" / "events" / _FILE
        self._has_partial_line = False

    def append(self, lines: List[Dict[str, Any]]) -> None:
        """Appends clean events. Raises ``OSError``. After a partial write, the next one starts a new line."""
        # One encoder call is four times faster; clean events contain no braces and no nested objects.
        text = _ENCODER.encode(lines)[1:-1].replace("},{", "}\n{") + "\n"
        data = ("\n" + text if self._has_partial_line else text).encode("ascii")
        folder = self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fault = unsafe(folder)
        if fault is not None:
            raise PermissionError(fault)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_FOLLOW | getattr(os, "O_BINARY", 0)
        handle = os.open(self.path, flags, 0o600)
        try:
            written = os.write(handle, data)
            self._has_partial_line = 0 < written < len(data)
            if written < len(data):
                raise OSError(f"{written} of {len(data)} bytes written")
            self._has_partial_line = False
        finally:
            os.close(handle)

    def events(self) -> List[Dict[str, Any]]:
        """Returns the events in the file, oldest first, without partial lines. Raises ``OSError``."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        events: List[Dict[str, Any]] = []
        for line in text.split("\n"):
            try:
                event = json.loads(line) if line else None
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                events.append(event)
        return events

    def empty(self) -> int:
        """Truncates the file and returns the number of deleted events. Raises ``OSError``."""
        count = len(self.events())
        if self.path.exists():
            handle = os.open(self.path, os.O_WRONLY | _NO_FOLLOW)
            try:
                os.ftruncate(handle, 0)
            finally:
                os.close(handle)
        return count
