"""The command event that programs pass to the collector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Mapping, Optional


@dataclass
class CommandEvent:
    """A completed command. Only the public name of ``command`` is recorded."""

    command: str
    profile: Optional[str] = None
    thinktool_count: int = 0
    duration_ms: int = 0
    success: bool = True
    error_category: Optional[str] = None
    tokens_input: int = 0
    tokens_output: int = 0
    model: str = ""


def known_fields(fields: Mapping[str, Any]) -> Dict[str, Any]:
    """Returns only the fields of ``CommandEvent``."""
    names = CommandEvent.__dataclass_fields__
    return {name: value for name, value in fields.items() if name in names and name != "command"}
