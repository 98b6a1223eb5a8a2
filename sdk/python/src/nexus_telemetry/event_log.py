"""The one file that is written: lines of JSON, appended in one write, so that lines of several processes never mix."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, List

from .permission import unsafe

_FILE = "python-sdk.jsonl"
_ENCODER = json.JSONEncoder(separators=(",", ":"))


#: 0 on Windows, which has no such flag.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


class EventLog:
    """Makes folder and file with the first line, and never before."""

    def __init__(self, nexus_home: Path) -> None:
        self.path = nexus_home / "state" / "events" / _FILE
        self._was_cut = False

    def append(self, lines: List[Dict[str, Any]]) -> None:
        """Lists and words alone. Raises the file system's error; what was cut off then is begun anew with the next line."""
        # All at once, which is four times faster: no word of a list has a brace, and no line an object in it.
        text = _ENCODER.encode(lines)[1:-1].replace("},{", "}\n{") + "\n"
        data = ("\n" + text if self._was_cut else text).encode("ascii")
        folder = self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fault = unsafe(folder)
        if fault is not None:
            raise PermissionError(fault)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_FOLLOW | getattr(os, "O_BINARY", 0)
        handle = os.open(self.path, flags, 0o600)
        try:
            written = os.write(handle, data)
            self._was_cut = 0 < written < len(data)
            if written < len(data):
                raise OSError(f"only {written} of {len(data)} bytes were written")
            self._was_cut = False
        finally:
            os.close(handle)

    def events(self) -> List[Dict[str, Any]]:
        """What the file holds, the oldest first; a line that was cut is left out. Raises the file system's error."""
        try:
            text = self.path.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        found: List[Dict[str, Any]] = []
        for line in text.split("\n"):
            try:
                event = json.loads(line) if line else None
            except (ValueError, RecursionError):
                continue
            if isinstance(event, dict):
                found.append(event)
        return found

    def empty(self) -> int:
        """Raises the file system's error. Writers that hold the file open go on at its beginning."""
        count = len(self.events())
        if self.path.exists():
            handle = os.open(self.path, os.O_WRONLY | _NO_FOLLOW)
            try:
                os.ftruncate(handle, 0)
            finally:
                os.close(handle)
        return count
