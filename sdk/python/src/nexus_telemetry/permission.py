"""
May I? Nexus Telemetry keeps a file that says what it would record (``state/recording.txt``), with the texts of the files that this was
made from. It counts only while they are what they were, byte for byte: whatever is different, unreadable or too large means off.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import FrozenSet, List, NamedTuple, Optional, Tuple

POLICY_FILE = Path("/etc/nexus/policy.toml")
#: Larger files mean off. Bytes.
_MOST = 65_536
_HEAD = b"nexus recording 1"

Stamp = Tuple[int, int, int]
_ABSENT: Stamp = (0, 0, 0)


class Permission(NamedTuple):
    """Which categories may be recorded now, why none may, and whether an event with anything sensitive in it is refused whole."""

    collect: FrozenSet[str]
    why_not: str
    block_sensitive: bool = False


class _Off(Exception):
    """Why nothing may be recorded."""


def unsafe(path: Path) -> Optional[str]:
    """Why a folder or file of Nexus cannot be relied on; nothing is wrong with one that does not exist. Raises the file system's error."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(found.st_mode):
        return f"{path} is a link, so it is not used."
    return _fault(path, found)


def _fault(path: Path, found: os.stat_result) -> Optional[str]:
    if not hasattr(os, "geteuid"):
        return None
    if found.st_uid != os.geteuid():
        return f"{path} belongs to another user, so it is not used."
    if found.st_mode & 0o022:
        return f"{path} can be written by other users, so it is not used. Run: chmod go-w {path}"
    return None


def _stamp(path: Path) -> Stamp:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return _ABSENT
    except OSError:
        return (-1, 0, 0)
    return (found.st_ino, found.st_mtime_ns, found.st_size)


def _read(path: Path) -> Optional[bytes]:
    """``None`` where there is no file."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST + 1)
    except FileNotFoundError:
        if os.path.lexists(path):
            raise _Off(f"{path} cannot be read.") from None
        return None
    except OSError:
        raise _Off(f"{path} cannot be read.") from None
    if len(text) > _MOST:
        raise _Off(f"{path} is larger than 64 KB.")
    return text


class _State:
    """The state file, part by part."""

    def __init__(self, text: bytes) -> None:
        self._rest = text

    @property
    def at_end(self) -> bool:
        return self._rest == b""

    def line(self) -> bytes:
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def copied(self, name: bytes) -> Optional[bytes]:
        """The text of a file as it was; ``None`` where there was none."""
        said = self.line().split(b" ")
        if said[0] != name or len(said) not in (2, 3):
            raise ValueError("no such part")
        if said[1] == b"none":
            return None
        lines, size = int(said[1]), int(said[2])
        whole = b"".join(self.line() + b"\n" for _ in range(lines))
        return whole[:size]


class PermissionSource:
    """Reads the files again only where they changed."""

    def __init__(self, nexus_home: Path, config_folder: Path, policy_file: Path = POLICY_FILE) -> None:
        self._home = nexus_home
        self._state = nexus_home / "state" / "recording.txt"
        self._folder = config_folder
        self._consent = config_folder / "consent.jsonl"
        self._config = config_folder / "config.toml"
        self._policy = policy_file
        self._stamps: Optional[List[Stamp]] = None
        self._permission = Permission(frozenset(), "")

    def read(self) -> Permission:
        """Never raises: what cannot be read is a no."""
        stamps = [_stamp(path) for path in (self._state, self._consent, self._config, self._policy)]
        if self._stamps != stamps:
            self._stamps = stamps
            try:
                self._permission = self._ask()
            except _Off as off:
                self._permission = Permission(frozenset(), str(off))
            except (OSError, ValueError, IndexError):
                self._permission = Permission(frozenset(), f"{self._state} is damaged. Any run of the nexus command writes it again.")
        return self._permission

    def _ask(self) -> Permission:
        for path in (self._home, self._folder, self._home / "state", self._home / "state" / "events", self._state, self._consent):
            # The user may have put the two folders behind links of theirs.
            may_be_link = path in (self._home, self._folder) and path.exists()
            fault = _fault(path, os.stat(path)) if may_be_link else unsafe(path)
            if fault is not None:
                raise _Off(fault)
        text = _read(self._state)
        if text is None:
            raise _Off("Nothing says that Nexus Telemetry records: nexus telemetry enable.")
        state = _State(text)
        if state.line() != _HEAD:
            raise ValueError("another version")
        if state.line() != b"folder " + os.fsencode(self._folder):
            raise _Off("Nexus Telemetry was decided on in another folder of configuration.")
        mode, *collect = state.line().split(b" ")
        if mode == b"off":
            raise _Off("Off, as you chose, or as a file of the configuration says: nexus telemetry status.")
        if mode != b"on":
            raise ValueError("no mode")
        block_sensitive = state.line() != b"block_sensitive false"
        if state.line() != b"consent":
            raise ValueError("no consent")
        lines = [line for line in (_read(self._consent) or b"").split(b"\n") if line.strip()]
        if not lines or state.line() != lines[-1]:
            raise _Off(f"{self._consent} has changed since Nexus Telemetry read it. Any run of the nexus command reads it again.")
        for name, path in ((b"config", self._config), (b"policy", self._policy)):
            if state.copied(name) != _read(path):
                raise _Off(f"{path} has changed since Nexus Telemetry read it. Any run of the nexus command reads it again.")
        if not state.at_end:
            raise ValueError("more than there should be")
        return Permission(frozenset(word.decode("ascii") for word in collect), "", block_sensitive)
