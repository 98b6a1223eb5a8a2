"""May I? Only the user's own record can say yes; files that may narrow it are read so that rather one *no* too many is seen."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any, Dict, FrozenSet, NamedTuple, Optional, Tuple

POLICY_FILE = Path("/etc/nexus/policy.toml")
_MODES = ("off", "local", "share")
_FORBIDS = re.compile(r"mode.*=.*off|enabled.*=.*false", re.IGNORECASE)
#: A line that is plainly TOML: blank, a comment, a table, or a key with a short plain value or list. Any other may hide a no.
_PLAIN = re.compile(r"""\s*(?:\#.*|\[[\w.\s-]+\]\s*(?:\#.*)?|[\w.-]+\s*=\s*(?:"[^"\\]*"|'[^']*'|[\w.+:-]+|\[[^\[\]\\]*\])\s*(?:\#.*)?)?""")
#: Keys that are not known are refused by the product, and a refused configuration is a no.
_NEARLY = re.compile(r"^\s*(?:enable|disabled?|modes?|telemetry)\s*=", re.IGNORECASE)

Stamp = Tuple[int, int, int]
_ABSENT: Stamp = (0, 0, 0)


class Permission(NamedTuple):
    """Which categories may be recorded now, and why none may."""

    collect: FrozenSet[str]
    why_not: str


def _stamp(path: Path) -> Stamp:
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return _ABSENT
    except OSError:
        return (-1, 0, 0)
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size)


def _decision(line: str) -> Optional[Dict[str, Any]]:
    """As the product reads it: a line that lacks one of these is damaged."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.get("mode") not in _MODES or not isinstance(entry.get("collect"), list):
        return None
    notice, ts = entry.get("notice"), entry.get("ts")
    sound = isinstance(notice, dict) and isinstance(notice.get("version"), str) and isinstance(ts, str) and _DATE.match(ts)
    return entry if sound else None


_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}")


class PermissionSource:
    """Reads the files again only where they changed."""

    def __init__(self, config_folder: Path, policy_file: Path = POLICY_FILE) -> None:
        self._consent = config_folder / "consent.jsonl"
        self._narrowing = (config_folder / "config.toml", policy_file)
        self._known: Dict[str, Any] = {"stamps": None, "permission": Permission(frozenset(), "")}

    def read(self) -> Permission:
        """Never raises: what cannot be read is a no."""
        stamps = tuple(_stamp(path) for path in (self._consent, *self._narrowing))
        if self._known["stamps"] != stamps:
            self._known = {"stamps": stamps, "permission": self._ask()}
        permission: Permission = self._known["permission"]
        return permission

    def _ask(self) -> Permission:
        nothing: FrozenSet[str] = frozenset()
        try:
            text = self._consent.read_text(encoding="utf-8")
        except FileNotFoundError:
            return Permission(nothing, "You have not been asked: nexus telemetry enable.")
        except (OSError, UnicodeDecodeError):
            return Permission(nothing, f"{self._consent} cannot be read.")
        lines = [line for line in text.split("\n") if line.strip()]
        entry = _decision(lines[-1] if lines else "")
        if entry is None:
            return Permission(nothing, f"The last line of {self._consent} is damaged. Choose again: nexus telemetry enable.")
        if entry["mode"] == "off":
            return Permission(nothing, "Off, as you chose.")
        for path in self._narrowing:
            try:
                narrowing = path.read_text(encoding="utf-8")
            except FileNotFoundError:
                continue
            except (OSError, UnicodeDecodeError):
                return Permission(nothing, f"{path} cannot be read.")
            lines = narrowing.split("\n")
            if any(_FORBIDS.search(line) for line in lines):
                return Permission(nothing, f"{path} says no.")
            if '"""' in narrowing or "'''" in narrowing or not all(_PLAIN.fullmatch(line.rstrip("\r")) for line in lines):
                return Permission(nothing, f"{path} cannot be understood here, and may say no.")
            if any(_NEARLY.match(line) for line in lines if not line.strip().startswith("mode")):
                return Permission(nothing, f"{path} has a key that is not known.")
        return Permission(frozenset(name for name in entry["collect"] if isinstance(name, str)), "")
