"""The collector (analytics design, section 4.3): takes what a program did, keeps it a while, and appends it to the event log."""

from __future__ import annotations

import atexit
import contextlib
import functools
import json
import os
import sys
import threading
import time
import uuid
import weakref
from typing import Any, Callable, Dict, List, Mapping, Optional, TypeVar, Union, cast

from .allow_list import clean, public_words
from .command_event import CommandEvent, known_fields
from .config import TelemetryConfig, forbidden, places
from .event_log import EventLog
from .line import QUARTER, Waiting, lines_of, local
from .permission import Permission, PermissionSource
from .sensitive import is_sensitive
from .timed import Timed

#: So many events are kept at most where the file cannot be written.
_MOST_KEPT = 1_000
#: Seconds for which an answer to "may I?" holds while events are taken; it is asked again before each writing.
_HOLDS = 1.0
#: Seconds after which a writing that failed is tried again of its own accord.
_RETRY = 5.0

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _quiet(method: _Function) -> _Function:
    """Whatever happens within, the program goes on: then the method answers ``False``."""

    @functools.wraps(method)
    def quiet(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except Exception:
            return False

    return cast(_Function, quiet)


def _within(value: Any, least: float, most: float, usual: float) -> float:
    """A number that a program chose, where it is one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return usual
    return float(min(max(value, least), most))


class TelemetryCollector:
    """
    Threads may share one. It never raises for what it is given or cannot write; while recording is off it keeps nothing, writes nothing and
    starts nothing.
    """

    def __init__(self, config: Optional[TelemetryConfig] = None) -> None:
        self.config = config if config is not None else TelemetryConfig.from_env()
        home, folder = places(os.environ)
        # Whatever the program chose, the environment of its user may say no.
        self._enabled = bool(self.config.enabled) and not forbidden(os.environ)
        self._batch_size = _within(self.config.batch_size, 1, _MOST_KEPT, 100)
        self._interval = _within(self.config.flush_interval_secs, 0.01, 86_400, 60)
        self._permissions = PermissionSource(home, folder)
        self._log = EventLog(home)
        self._asked_at = float("-inf")
        self._permission = Permission(frozenset(), "")
        self._closed = False
        self._dropped = 0
        self._begin()
        _collectors.add(self)

    def _begin(self) -> None:
        """A process of its own: what waited belongs to the one before."""
        self._lock = threading.RLock()
        self._waiting: List[Waiting] = []
        self._retry_at = float("-inf")
        self._session = str(uuid.uuid4())
        self._day = ""
        self._quarter = -1
        self._offset = 0
        self._flushing = False
        self._wake = threading.Event()
        self._timer: Optional[threading.Thread] = None

    # What happened

    @_quiet
    def record_command(self, event: Union[CommandEvent, str], **fields: Any) -> bool:
        """A command that ended. Returns whether it was taken."""
        given = event if isinstance(event, CommandEvent) else CommandEvent(event, **known_fields(fields))
        named: Dict[str, object] = {"command_path": given.command, "duration_ms": given.duration_ms}
        if given.profile is not None:
            named["profile"] = given.profile
        if given.error_category is not None:
            named["error_category"] = given.error_category
        if given.model:
            named["model"] = given.model
        if given.thinktool_count:
            named["thinktool_count"] = given.thinktool_count
        if given.tokens_input:
            named["tokens_input"] = given.tokens_input
        if given.tokens_output:
            named["tokens_output"] = given.tokens_output
        if given.error_category == "cancelled":
            return self._record("command_cancelled", named)
        return self._record("command_finished" if given.success else "command_failed", named)

    @_quiet
    def record_tool(
        self,
        tool_name: str,
        *,
        duration_ms: Optional[int] = None,
        success: Optional[bool] = None,
        error_category: Optional[str] = None,
        agent: Optional[str] = None,
        model: Optional[str] = None,
        phase: str = "end",
    ) -> bool:
        """The beginning or end of a use of a tool."""
        status = None if success is None else "ok" if success else "failed"
        fields = {"stream": "tool", "tool_name": tool_name, "tool_phase": phase, "duration_ms": duration_ms}
        return self._record("agent_event", {**fields, "status": status, "error_category": error_category, "agent": agent, "model": model})

    @_quiet
    def record_thinktool(self, thinktool: str, **fields: Any) -> bool:
        """A ThinkTool that ended: ``step_count``, ``duration_ms``, ``confidence_score``, ``tokens_used``, ``profile``, ``completed``, …"""
        return self._record("thinktool_completed", {**fields, "thinktool": thinktool})

    @_quiet
    def record_error(self, error_category: str, **fields: Any) -> bool:
        """An error by its kind, never its message; written at once."""
        taken = self._record("error_occurred", {**fields, "error_category": error_category, "component": fields.get("component", "sdk")})
        if taken:
            self.flush()
        return taken

    @_quiet
    def record_feature(self, feature: str) -> bool:
        """A feature that was used for the first time."""
        return self._record("feature_first_use", {"feature": feature})

    def command(self, name: str) -> Timed:
        """Times a command: as a context manager, or as a decorator of a function. A failure is recorded, and raised."""
        return Timed(self.record_command, name)

    # What waits, and what lies there

    @_quiet
    def flush(self) -> bool:
        """Writes what waits. Returns whether nothing waits any more."""
        with self._lock:
            if not self._waiting:
                return True
            # A signal's handler, or a destructor: what it recorded is written with the next.
            if self._flushing:
                return False
            self._flushing = True
            try:
                return self._write()
            finally:
                self._flushing = False

    def _write(self) -> bool:
        # Asked again: what was taken under a yes is not written under a no.
        self._asked_at = float("-inf")
        collect = self._collect()
        if not collect:
            self._waiting.clear()
            return True
        taken = list(self._waiting)
        try:
            lines = lines_of(taken, collect)
            if lines:
                self._log.append(lines)
        except OSError:
            self._retry_at = time.monotonic() + _RETRY
            over = len(self._waiting) - _MOST_KEPT
            if over > 0:
                del self._waiting[:over]
                self._dropped += over
            return False
        self._retry_at = float("-inf")
        del self._waiting[: len(taken)]
        return not self._waiting

    def get_status(self) -> Dict[str, Any]:
        """Of this collector and its file alone, also while recording is off."""
        with self._lock:
            self._asked_at = float("-inf")
            collect = self._collect()
            error = None
            stored = 0
            try:
                stored = len(self._log.events())
            except OSError as problem:
                error = f"{self._log.path} cannot be read: {problem.strerror}"
            return {
                "enabled": bool(collect),
                "why_not": None if collect else self._why_not(),
                "session_id": f"{self._session[:8]}...",
                "events_stored": stored,
                "events_waiting": len(self._waiting),
                "events_dropped": self._dropped,
                "file": str(self._log.path),
                "error": error,
                "covers": "This file alone; what was read from it lies in Nexus's database (nexus telemetry status).",
            }

    def export(self) -> str:
        """What this collector's file holds, as JSON. Raises the file system's error."""
        self.flush()
        return json.dumps(self._log.events(), indent=2)

    def delete_all(self) -> int:
        """Empties this collector's file, and what waits; returns how many events. Raises the file system's error."""
        with self._lock:
            count = len(self._waiting)
            self._waiting.clear()
            return count + self._log.empty()

    def close(self) -> None:
        """Writes what waits, and takes nothing any more."""
        self.flush()
        self._closed = True
        self._wake.set()

    def __del__(self) -> None:
        # At the end of the interpreter parts of it may be gone.
        with contextlib.suppress(Exception):
            self.flush()

    def __enter__(self) -> "TelemetryCollector":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Within

    def _why_not(self) -> str:
        return self._permission.why_not if self._enabled else "Switched off by the program, or by NEXUS_TELEMETRY or NEXUS_EVENT_LOG."

    def _collect(self) -> "frozenset[str]":
        if not self._enabled or self._closed:
            return frozenset()
        now = time.monotonic()
        if now - self._asked_at > _HOLDS:
            self._permission = self._permissions.read()
            self._asked_at = now
        return self._permission.collect

    def _record(self, event_type: str, given: Mapping[str, object]) -> bool:
        with self._lock:
            collect = self._collect()
            if not collect:
                return False
            if self._permission.block_sensitive and is_sensitive(given, public_words()):
                return False
            # Before it is kept, in memory too.
            fields = clean(event_type, given, collect)
            if fields is None:
                return False
            ts = time.time_ns() // 1_000_000
            if ts // QUARTER != self._quarter:
                self._look_at_clock(ts)
            # With its id at once: written twice, it is one event.
            self._waiting.append((event_type, ts, os.urandom(10), self._session, self._offset, cast(Dict[str, Any], fields), collect))
            if len(self._waiting) >= self._batch_size:
                self._flush_in_time()
            elif self._timer is None:
                self._start_timer()
            return True

    def _start_timer(self) -> None:
        timer = threading.Thread(target=_flush_on, args=(weakref.ref(self), self._wake, self._interval), daemon=True)
        with contextlib.suppress(RuntimeError):
            # No more threads can be had, or the interpreter ends: what waits is written at the end.
            timer.start()
            self._timer = timer

    def _flush_in_time(self) -> None:
        """Writes what waits; where it failed a moment ago only the oldest goes, so that nobody waits for a full disk."""
        if time.monotonic() >= self._retry_at:
            self.flush()
        elif len(self._waiting) > _MOST_KEPT:
            del self._waiting[0]
            self._dropped += 1

    def _look_at_clock(self, ts: int) -> None:
        """Once in a quarter of an hour: what day it is, and how far ahead of UTC. Another day has another session."""
        self._quarter = ts // QUARTER
        day, self._offset = local(self._quarter)
        if day != self._day:
            self._session = str(uuid.uuid4()) if self._day else self._session
            self._day = day


def _flush_on(collector: "weakref.ref[TelemetryCollector]", wake: threading.Event, seconds: float) -> None:
    """Writes now and then, while the collector lives."""
    while not wake.wait(seconds):
        one = collector()
        if one is None:
            return
        one.flush()
        with one._lock:
            if not one._waiting:
                # Where nothing waits, nobody does: the next event begins again.
                one._timer = None
                return
        del one


_collectors: "weakref.WeakSet[TelemetryCollector]" = weakref.WeakSet()


def _in_child() -> None:
    # What waited is the parent's, which writes it; its lock may have been held by a thread that is not here.
    for collector in list(_collectors):
        collector._begin()
    # Children of multiprocessing end without what is registered to run at the end.
    multiprocessing = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        with contextlib.suppress(Exception):
            multiprocessing.register_after_fork(_at_exit, _finish_with)


def _at_exit() -> None:
    for collector in list(_collectors):
        collector.flush()


def _finish_with(at_exit: Callable[[], None]) -> None:
    # After its own registry was cleared.
    sys.modules["multiprocessing.util"].Finalize(None, at_exit, exitpriority=0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
atexit.register(_at_exit)
