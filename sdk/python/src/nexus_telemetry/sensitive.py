"""
Whether anything that a program gives might be sensitive: asked where the user set ``block_sensitive``. Nexus Telemetry itself has a scanner
for that; here everything counts as sensitive that is not plainly a word, an option, a version or a small number, so that no finding of the
scanner passes.
"""

from __future__ import annotations

import re
from typing import FrozenSet, List, Mapping

#: Words of letters, as options and subcommands are: of one case, or with a capital at the beginning.
_WORD = re.compile(r"-{0,2}(?:[A-Z]?[a-z]{1,11}|[A-Z]{1,6}|[a-z]{1,9}(?:-[a-z]{1,9}){1,2})")
_VERSION = re.compile(r"v?\d{1,4}(?:\.\d{1,4}){0,2}")
_BLANKS = re.compile(r"\s+")
#: What stands beside one of these may be what they name.
_NAMES_A_SECRET = re.compile(r"pass|pwd|secret|token|key|credential|auth|bearer|login|pin|serial", re.IGNORECASE)
_MOST_DIGITS = 6
_MOST_VALUES = 1_000
_MOST_CHARACTERS = 65_536


def is_sensitive(given: Mapping[str, object], public: FrozenSet[str]) -> bool:
    """Looks at names and values at any depth. ``public``: words that every list of the product has. Never raises."""
    waiting: List[object] = [given]
    values = characters = 0
    while waiting:
        value = waiting.pop()
        values += 1
        if values > _MOST_VALUES:
            return True
        if isinstance(value, str):
            characters += len(value)
            if characters > _MOST_CHARACTERS or not _is_plain(value, public):
                return True
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            if sum(sign.isdigit() for sign in repr(value)) > _MOST_DIGITS:
                return True
        elif isinstance(value, Mapping):
            waiting.extend(value.keys())
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple, set, frozenset)):
            waiting.extend(value)
        elif value is not None and not isinstance(value, bool):
            return True
    return False


def _is_plain(text: str, public: FrozenSet[str]) -> bool:
    if text in public:
        return True
    # Numbers of people and accounts come in groups, too.
    if sum(sign.isdigit() for sign in text) > _MOST_DIGITS:
        return False
    words = [word for word in _BLANKS.split(text.strip()) if word]
    if len(words) > 1 and any(_NAMES_A_SECRET.search(word) for word in words) and not all(word in public for word in words):
        return False
    return all(word in public or _WORD.fullmatch(word) or _VERSION.fullmatch(word) for word in words)
