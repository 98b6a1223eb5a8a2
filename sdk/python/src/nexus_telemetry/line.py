"""An event as it waits, and as the line that is written of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Optional, Tuple, cast

from .allow_list import clean

#: Type, milliseconds since 1970, what its id is made of, session, minutes ahead of UTC, fields, and the categories that were ticked.
Waiting = Tuple[str, int, bytes, str, int, Dict[str, Any], "frozenset[str]"]

#: A quarter of an hour in milliseconds: clocks change on one.
QUARTER = 900_000


def local(quarter: int) -> Tuple[str, int]:
    """Day on the wall clock, and minutes that it is ahead of UTC."""
    now = datetime.fromtimestamp(quarter * QUARTER / 1_000).astimezone()
    offset = now.utcoffset()
    return now.date().isoformat(), 0 if offset is None else int(offset.total_seconds() // 60)


def _uuid7(ts: int, chance: str) -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, and random ones, of which 20 digits in hex are given."""
    time_part = f"{ts & 0xFFFFFFFFFFFF:012x}"
    variant = "89ab"[int(chance[3], 16) & 3]
    return f"{time_part[:8]}-{time_part[8:]}-7{chance[:3]}-{variant}{chance[4:7]}-{chance[7:19]}"


def lines_of(taken: List[Waiting], collect: "frozenset[str]") -> List[Dict[str, Any]]:
    lines: List[Dict[str, Any]] = []
    for event_type, ts, chance, session, offset, fields, cleaned in taken:
        # A category may have gone meanwhile.
        kept = fields if cleaned == collect else cast(Optional[Dict[str, Any]], clean(event_type, fields, collect))
        if kept is not None:
            lines.append(
                {
                    "id": _uuid7(ts, chance.hex()),
                    "ts": ts,
                    "utc_offset_min": offset,
                    "session_id": session,
                    "source": "python_sdk",
                    "event_type": event_type,
                    **kept,
                }
            )
    return lines
