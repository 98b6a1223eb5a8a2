"""Buffered events, and their conversion into lines of the event log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, List, Optional, Tuple, cast

from .allow_list import clean

#: Type, time (ms since 1970), random bytes of the ID, session, UTC offset (min), fields, categories.
Waiting = Tuple[str, int, bytes, str, int, Dict[str, Any], "frozenset[str]"]

#: UTC offsets change only at full quarters of an hour. Milliseconds.
QUARTER = 900_000


def local(quarter: int) -> Tuple[str, int]:
    """Returns the local date and the UTC offset in minutes."""
    now = datetime.fromtimestamp(quarter * QUARTER / 1_000).astimezone()
    offset = now.utcoffset()
    return now.date().isoformat(), 0 if offset is None else int(offset.total_seconds() // 60)


def _uuid7(ts: int, random_hex: str) -> str:
    """Returns a UUIDv7 (RFC 9562) from a time in milliseconds and 20 random hexadecimal digits."""
    time_part = f"{ts & 0xFFFFFFFFFFFF:012x}"
    variant = "89ab"[int(random_hex[3], 16) & 3]
    return f"{time_part[:8]}-{time_part[8:]}-7{random_hex[:3]}-{variant}{random_hex[4:7]}-{random_hex[7:19]}"


def lines_of(batch: List[Waiting], collect: "frozenset[str]") -> List[Dict[str, Any]]:
    """Returns the lines of the events that ``collect`` still permits."""
    lines: List[Dict[str, Any]] = []
    for event_type, ts, random_bytes, session, offset, fields, categories in batch:
        # Categories may have been withdrawn since the event was recorded.
        permitted = fields if categories == collect else cast(Optional[Dict[str, Any]], clean(event_type, fields, collect))
        if permitted is not None:
            lines.append(
                {
                    "id": _uuid7(ts, random_bytes.hex()),
                    "ts": ts,
                    "utc_offset_min": offset,
                    "session_id": session,
                    "source": "python_sdk",
                    "event_type": event_type,
                    **permitted,
                }
            )
    return lines
