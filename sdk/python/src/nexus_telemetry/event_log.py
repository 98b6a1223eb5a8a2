"""The one file that is written: lines of JSON, appended in one write, so that lines of several processes never mix."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

_FILE = "python-sdk.jsonl"
_ENCODER = json.JSONEncoder(separators=(",", ":"))


def _owner_of(folder: Path) -> Optional[Tuple[int, int]]:
    """Whose a folder is, where root acts (``sudo`` with HOME kept) and it is another user's: what root makes there is theirs."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    stat = folder.stat()
    return None if stat.st_uid == 0 else (stat.st_uid, stat.st_gid)


def _make_folder(folder: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    owner = _owner_of(missing[-1].parent) if missing else None
    if owner is None:
        return
    for one in missing:
        os.chown(one, *owner)


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
        _make_folder(self.path.parent)
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        try:
            owner = _owner_of(self.path.parent)
            if owner is not None:
                os.fchown(handle, *owner)
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
            os.truncate(self.path, 0)
        return count
