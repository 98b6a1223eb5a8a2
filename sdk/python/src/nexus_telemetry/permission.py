"""
Reads the effective policy. Nexus Telemetry writes it to ``state/recording.txt``, with copies of the
files that it was computed from. It is valid only while these are byte for byte the same: anything
that is different, unreadable or too large means off.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path
from typing import Dict, FrozenSet, List, NamedTuple, Optional, Tuple

POLICY_FILE = Path("/etc/nexus/policy.toml")
#: Larger files mean off. Bytes.
_MAX_BYTES = 65_536
_HEAD = b"nexus recording 1"

Stamp = Tuple[int, int, int]
_ABSENT: Stamp = (0, 0, 0)


class Permission(NamedTuple):
    """
    Permitted categories, the reason if there are none, whether to refuse sensitive events, and the
    buffer that the user configured (``None``: not set).
    """

    collect: FrozenSet[str]
    why_not: str
    block_sensitive: bool = False
    batch_size: Optional[int] = None
    flush_interval_secs: Optional[float] = None


class _Off(Exception):
    """Recording is off; the message is the reason."""


def unsafe(path: Path) -> Optional[str]:
    """Returns why a path cannot be trusted; ``None`` if it can, or does not exist. Raises ``OSError``."""
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(status.st_mode):
        return f"{path} is a symbolic link and is not used."
    return _fault(path, status)


def _fault(path: Path, status: os.stat_result) -> Optional[str]:
    if not hasattr(os, "geteuid"):
        return None
    if status.st_uid != os.geteuid():
        return f"{path} belongs to another user and is not used."
    if status.st_mode & 0o022:
        return f"{path} is writable by other users and is not used. Run: chmod go-w {path}"
    return None


def _stamp(path: Path) -> Stamp:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return _ABSENT
    except OSError:
        return (-1, 0, 0)
    return (status.st_ino, status.st_mtime_ns, status.st_size)


def _read(path: Path) -> Optional[bytes]:
    """Returns ``None`` if there is no file."""
    try:
        with path.open("rb") as file:
            text = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        if os.path.lexists(path):
            raise _Off(f"{path} is not readable.") from None
        return None
    except OSError:
        raise _Off(f"{path} is not readable.") from None
    if len(text) > _MAX_BYTES:
        raise _Off(f"{path} is larger than 64 KB.")
    return text


class _State:
    """Parses the state file."""

    def __init__(self, text: bytes) -> None:
        self._rest = text

    @property
    def at_end(self) -> bool:
        return self._rest == b""

    def line(self) -> bytes:
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def copied(self, name: bytes) -> Optional[bytes]:
        """Returns the copy of a file; ``None`` if the file did not exist."""
        header = self.line().split(b" ")
        if header[0] != name or len(header) not in (2, 3):
            raise ValueError("invalid header")
        if header[1] == b"none":
            return None
        lines, size = int(header[1]), int(header[2])
        text = b"".join(self.line() + b"\n" for _ in range(lines))
        return text[:size]


def _numbers_in(config: Optional[bytes]) -> Tuple[Optional[int], Optional[float]]:
    """
    Returns ``batch_size`` and ``flush_interval_secs`` of the table ``[telemetry]``. The text is valid:
    Nexus Telemetry has parsed it. Other spellings of the table or the keys count as not set.
    """
    found: Dict[bytes, float] = {}
    table = b""
    for line in (config or b"").splitlines():
        header = re.match(rb"\s*\[([^\]]*)\]", line)
        setting = re.match(rb"\s*(batch_size|flush_interval_secs)\s*=\s*([0-9][0-9_.]*)\s*(?:#.*)?$", line)
        if header is not None:
            table = header.group(1).strip()
        elif setting is not None and table == b"telemetry":
            with contextlib.suppress(ValueError):
                found[setting.group(1)] = float(setting.group(2).replace(b"_", b""))
    size = found.get(b"batch_size")
    return None if size is None else int(size), found.get(b"flush_interval_secs")


class PermissionSource:
    """Reads the policy, and reads the files again only if they changed."""

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
        """Never raises: a file that cannot be read means off."""
        stamps = [_stamp(path) for path in (self._state, self._consent, self._config, self._policy)]
        if self._stamps != stamps:
            self._stamps = stamps
            try:
                self._permission = self._evaluate()
            except _Off as off:
                self._permission = Permission(frozenset(), str(off))
            except (OSError, ValueError, IndexError):
                self._permission = Permission(frozenset(), f"{self._state} is damaged. Run nexus telemetry status to write it again.")
        return self._permission

    def _evaluate(self) -> Permission:
        for path in (self._home, self._folder, self._home / "state", self._home / "state" / "events", self._state, self._consent):
            # These two folders may be symbolic links of the user.
            may_be_link = path in (self._home, self._folder) and path.exists()
            fault = _fault(path, os.stat(path)) if may_be_link else unsafe(path)
            if fault is not None:
                raise _Off(fault)
        text = _read(self._state)
        if text is None:
            raise _Off("Recording is not enabled. Run nexus telemetry enable.")
        state = _State(text)
        if state.line() != _HEAD:
            raise ValueError("unknown version")
        if state.line() != b"folder " + os.fsencode(self._folder):
            raise _Off("The consent belongs to another configuration folder. Run nexus telemetry status.")
        mode, *collect = state.line().split(b" ")
        if mode == b"off":
            raise _Off("Recording is off. Run nexus telemetry status for the reason.")
        if mode != b"on":
            raise ValueError("no mode")
        block_sensitive = state.line() != b"block_sensitive false"
        if state.line() != b"consent":
            raise ValueError("no consent")
        lines = [line for line in (_read(self._consent) or b"").split(b"\n") if line.strip()]
        if not lines or state.line() != lines[-1]:
            raise _Off(f"{self._consent} has changed. Run nexus telemetry status to apply it.")
        config = _read(self._config)
        for name, path, text in ((b"config", self._config, config), (b"policy", self._policy, _read(self._policy))):
            if state.copied(name) != text:
                raise _Off(f"{path} has changed. Run nexus telemetry status to apply it.")
        if not state.at_end:
            raise ValueError("trailing data")
        return Permission(frozenset(name.decode("ascii") for name in collect), "", block_sensitive, *_numbers_in(config))
