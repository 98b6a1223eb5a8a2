"""
Decides whether values may be sensitive, if the user set ``block_sensitive``. Stricter than the scanner
of Nexus Telemetry, so that it misses nothing that the scanner finds: everything counts as sensitive
except plain words, options, versions and small numbers.
"""

from __future__ import annotations

import re
from typing import FrozenSet, List, Mapping

#: Options and subcommands: one case, or capitalized.
_WORD = re.compile(r"-{0,2}(?:[A-Z]?[a-z]{1,11}|[A-Z]{1,6}|[a-z]{1,9}(?:-[a-z]{1,9}){1,2})")
_VERSION = re.compile(r"v?\d{1,4}(?:\.\d{1,4}){0,2}")
_BLANKS = re.compile(r"\s+")
#: A word next to one of these may be a secret.
_NAMES_A_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|auth|bearer|login|pin|serial", re.IGNORECASE)
_MAX_DIGITS = 6
_MAX_VALUES = 1_000
_MAX_CHARACTERS = 65_536


def is_sensitive(fields: Mapping[str, object], public: FrozenSet[str]) -> bool:
    """Examines names and values at any depth. ``public``: all vocabulary values. Never raises."""
    stack: List[object] = [fields]
    values = characters = 0
    while stack:
        value = stack.pop()
        values += 1
        if values > _MAX_VALUES:
            return True
        if isinstance(value, str):
            characters += len(value)
            if characters > _MAX_CHARACTERS or not _is_plain(value, public):
                return True
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if sum(character.isdigit() for character in repr(value)) > _MAX_DIGITS:
                return True
        elif isinstance(value, Mapping):
            stack.extend(value.keys())
            stack.extend(value.values())
        elif isinstance(value, (list, tuple, set, frozenset)):
            stack.extend(value)
        elif value is not None and not isinstance(value, bool):
            return True
    return False


def _is_plain(text: str, public: FrozenSet[str]) -> bool:
    if text in public:
        return True
    # Phone and account numbers may be written in groups.
    if sum(character.isdigit() for character in text) > _MAX_DIGITS:
        return False
    words = [word for word in _BLANKS.split(text.strip()) if word]
    if len(words) > 1 and any(_NAMES_A_SECRET.search(word) for word in words) and not all(word in public for word in words):
        return False
    return all(word in public or _WORD.fullmatch(word) or _VERSION.fullmatch(word) for word in words)
