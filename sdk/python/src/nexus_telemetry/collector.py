"""The collector (analytics design, section 4.3): buffers events and appends them to the event log."""

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
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple, TypeVar, Union, cast

from .allow_list import clean, dropped_in, public_words
from .command_event import CommandEvent, known_fields
from .config import DEFAULT_BATCH_SIZE, DEFAULT_FLUSH_INTERVAL_SECS, TelemetryConfig, forbidden, places
from .event_log import EventLog
from .line import QUARTER, Waiting, lines_of, local
from .permission import Permission, PermissionSource
from .sensitive import is_sensitive
from .timed import Timed

#: Maximum number of buffered events while the file cannot be written.
_MAX_WAITING = 1_000
#: Seconds for which a permission is cached while recording; each write reads it again.
_PERMISSION_SECONDS = 1.0
#: Seconds between a failed write and the next automatic attempt.
_RETRY_SECONDS = 5.0

_Function = TypeVar("_Function", bound=Callable[..., Any])


class DroppedError(ValueError):
    """With ``strict=True``: a value would be dropped or replaced. The message names fields, never values."""


def _quiet(method: _Function) -> _Function:
    """Decorates a method so that it never raises, except in strict mode: it returns ``False`` instead."""

    @functools.wraps(method)
    def quiet(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except DroppedError:
            raise
        except Exception:
            return False

    return cast(_Function, quiet)


def _clamp(value: Any, minimum: float, maximum: float, default: float) -> float:
    """Returns the value within the limits; the default if it is not a number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return default
    return float(min(max(value, minimum), maximum))


class TelemetryCollector:
    """
    Records events. Threads may share a collector. Recording never raises, except with ``strict=True``. While recording is off, it
    buffers and writes nothing and starts no thread.
    """

    def __init__(self, config: Optional[TelemetryConfig] = None) -> None:
        self.config = config if config is not None else TelemetryConfig.from_env()
        home, folder = places(os.environ)
        # The environment can disable recording, whatever the program configures.
        self._enabled = not self.config.is_disabled and not forbidden(os.environ)
        self._follow(None, None)
        #: What the last recorded event lost: one sentence per field, without its value.
        self.last_dropped: Tuple[str, ...] = ()
        self._permissions = PermissionSource(home, folder)
        self._log = EventLog(home)
        self._permission_read_at = float("-inf")
        self._permission = Permission(frozenset(), "")
        self._closed = False
        self._dropped = 0
        self._reset()
        _collectors.add(self)

    def _reset(self) -> None:
        """Starts without buffered events: after a fork, those belong to the parent."""
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

    def _follow(self, batch_size: Optional[int], interval: Optional[float]) -> None:
        """Applies the user's configuration where the program sets nothing."""
        self._batch_size = _clamp(self.config.batch_size_or(batch_size), 1, _MAX_WAITING, DEFAULT_BATCH_SIZE)
        self._interval = _clamp(self.config.interval_or(interval), 0.01, 86_400, DEFAULT_FLUSH_INTERVAL_SECS)

    # Recording

    @_quiet
    def record_command(self, event: Union[CommandEvent, str], **fields: Any) -> bool:
        """Records a completed command. Returns whether the event was accepted."""
        known = known_fields(fields)
        unknown = tuple(f"{name} is not a field of CommandEvent." for name in fields if name not in known)
        command = event if isinstance(event, CommandEvent) else CommandEvent(event, **known)
        values: Dict[str, object] = {"command_path": command.command, "duration_ms": command.duration_ms}
        if command.profile is not None:
            values["profile"] = command.profile
        if command.error_category is not None:
            values["error_category"] = command.error_category
        if command.model:
            values["model"] = command.model
        if command.thinktool_count:
            values["thinktool_count"] = command.thinktool_count
        if command.tokens_input:
            values["tokens_input"] = command.tokens_input
        if command.tokens_output:
            values["tokens_output"] = command.tokens_output
        if command.error_category == "cancelled":
            return self._record("command_cancelled", values, unknown)
        return self._record("command_finished" if command.success else "command_failed", values, unknown)

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
        """Records the start or end of a tool call."""
        status = None if success is None else "ok" if success else "failed"
        fields = {"stream": "tool", "tool_name": tool_name, "tool_phase": phase, "duration_ms": duration_ms}
        return self._record("agent_event", {**fields, "status": status, "error_category": error_category, "agent": agent, "model": model})

    @_quiet
    def record_thinktool(self, thinktool: str, **fields: Any) -> bool:
        """Records a completed ThinkTool. Fields: ``step_count``, ``duration_ms``, ``confidence_score``, ``tokens_used``, ``profile``, ``completed``, …"""
        return self._record("thinktool_completed", {**fields, "thinktool": thinktool})

    @_quiet
    def record_model_request(
        self,
        model: Optional[str] = None,
        *,
        tokens_input: Optional[int] = None,
        tokens_output: Optional[int] = None,
        tokens_cached: Optional[int] = None,
        tokens_cache_write_5m: Optional[int] = None,
        tokens_cache_write_1h: Optional[int] = None,
        tokens_reasoning: Optional[int] = None,
        cost_usd: Optional[float] = None,
        duration_ms: Optional[int] = None,
        success: Optional[bool] = None,
        error_category: Optional[str] = None,
        agent: Optional[str] = None,
    ) -> bool:
        """
        Records a request to a language model: counts only, never text. ``tokens_cached`` (read from the
        cache) and what was written to it for 5 minutes or 1 hour are parts of ``tokens_input``,
        ``tokens_reasoning`` is a part of ``tokens_output``. ``cost_usd``: as the provider reports it, in
        US dollars.
        """
        status = None if success is None else "ok" if success else "failed"
        cost = None if cost_usd is None else round(cost_usd * 1_000_000)
        tokens = {
            "tokens_input": tokens_input,
            "tokens_output": tokens_output,
            "tokens_cache_read": tokens_cached,
            "tokens_cache_write_5m": tokens_cache_write_5m,
            "tokens_cache_write_1h": tokens_cache_write_1h,
            "tokens_reasoning": tokens_reasoning,
        }
        rest = {"duration_ms": duration_ms, "status": status, "error_category": error_category, "agent": agent}
        return self._record("model_request", {"model": model, **tokens, "cost_microusd": cost, **rest})

    @_quiet
    def record_error(self, error_category: str, **fields: Any) -> bool:
        """Records an error by type, never its message. Written immediately."""
        accepted = self._record("error_occurred", {**fields, "error_category": error_category, "component": fields.get("component", "sdk")})
        if accepted:
            self.flush()
        return accepted

    @_quiet
    def record_feature(self, feature: str) -> bool:
        """Records the first use of a feature."""
        return self._record("feature_first_use", {"feature": feature})

    def command(self, name: str) -> Timed:
        """Times a command, as a context manager or a decorator. A failure is recorded and raised."""
        return Timed(self.record_command, name)

    # Buffer and file

    @_quiet
    def flush(self) -> bool:
        """Writes the buffered events. Returns whether the buffer is empty."""
        with self._lock:
            if not self._waiting:
                return True
            # Called by a signal handler or destructor during a flush: the next flush writes its events.
            if self._flushing:
                return False
            self._flushing = True
            try:
                return self._write()
            finally:
                self._flushing = False

    def _write(self) -> bool:
        # Reads the permission again: consent may have been withdrawn since the events were recorded.
        self._permission_read_at = float("-inf")
        collect = self._collect()
        if not collect:
            self._waiting.clear()
            return True
        batch = list(self._waiting)
        try:
            lines = lines_of(batch, collect)
            if lines:
                self._log.append(lines)
        except OSError:
            self._retry_at = time.monotonic() + _RETRY_SECONDS
            excess = len(self._waiting) - _MAX_WAITING
            if excess > 0:
                del self._waiting[:excess]
                self._dropped += excess
            return False
        self._retry_at = float("-inf")
        del self._waiting[: len(batch)]
        return not self._waiting

    def get_status(self) -> Dict[str, Any]:
        """Returns the status of this collector and its file, even while recording is off."""
        with self._lock:
            self._permission_read_at = float("-inf")
            collect = self._collect()
            error = None
            stored = 0
            try:
                stored = len(self._log.events())
            except OSError as problem:
                error = f"{self._log.path} is not readable: {problem.strerror}"
            return {
                "enabled": bool(collect),
                "why_not": None if collect else self._why_not(),
                "session_id": f"{self._session[:8]}...",
                "events_stored": stored,
                "events_waiting": len(self._waiting),
                "events_dropped": self._dropped,
                "file": str(self._log.path),
                "error": error,
                "covers": "Only this file. Imported events are in the Nexus Telemetry database (nexus telemetry status).",
            }

    def export(self) -> str:
        """Returns the events in this collector's file as JSON. Raises ``OSError``."""
        self.flush()
        return json.dumps(self._log.events(), indent=2)

    def delete_all(self) -> int:
        """Deletes the buffered events and those in the file. Returns their number. Raises ``OSError``."""
        with self._lock:
            count = len(self._waiting)
            self._waiting.clear()
            return count + self._log.empty()

    def close(self) -> None:
        """Writes the buffered events. Later events are not accepted."""
        self.flush()
        self._closed = True
        self._wake.set()

    def __del__(self) -> None:
        # During interpreter shutdown, modules may already be gone.
        with contextlib.suppress(Exception):
            self.flush()

    def __enter__(self) -> "TelemetryCollector":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Internal

    def _why_not(self) -> str:
        return self._permission.why_not if self._enabled else "Disabled by the program, NEXUS_TELEMETRY, NEXUS_TELEMETRY_ENABLED or NEXUS_EVENT_LOG."

    def _collect(self) -> "frozenset[str]":
        if not self._enabled or self._closed:
            return frozenset()
        now = time.monotonic()
        if now - self._permission_read_at > _PERMISSION_SECONDS:
            self._permission = self._permissions.read()
            self._permission_read_at = now
            self._follow(self._permission.batch_size, self._permission.flush_interval_secs)
        return self._permission.collect

    def _record(self, event_type: str, values: Mapping[str, object], unknown: Tuple[str, ...] = ()) -> bool:
        dropped = unknown + dropped_in(event_type, values)
        self.last_dropped = dropped
        if dropped and self.config.strict:
            raise DroppedError(" ".join(dropped))
        with self._lock:
            collect = self._collect()
            if not collect:
                return False
            if self._permission.block_sensitive and is_sensitive(values, public_words()):
                return False
            # Cleaned before it is buffered.
            fields = clean(event_type, values, collect)
            if fields is None:
                return False
            ts = time.time_ns() // 1_000_000
            if ts // QUARTER != self._quarter:
                self._update_clock(ts)
            # The ID is fixed now, so that a repeated write does not duplicate the event.
            self._waiting.append((event_type, ts, os.urandom(10), self._session, self._offset, cast(Dict[str, Any], fields), collect))
            if len(self._waiting) >= self._batch_size:
                self._flush_or_drop()
            elif self._timer is None:
                self._start_timer()
            return True

    def _start_timer(self) -> None:
        timer = threading.Thread(target=_flush_periodically, args=(weakref.ref(self), self._wake, self._interval), daemon=True)
        with contextlib.suppress(RuntimeError):
            # No thread available, or the interpreter is exiting: the events are written at exit.
            timer.start()
            self._timer = timer

    def _flush_or_drop(self) -> None:
        """Writes the buffered events; shortly after a failed write, drops the oldest if the buffer is full."""
        if time.monotonic() >= self._retry_at:
            self.flush()
        elif len(self._waiting) > _MAX_WAITING:
            del self._waiting[0]
            self._dropped += 1

    def _update_clock(self, ts: int) -> None:
        """Updates UTC offset and day every quarter of an hour. A new day starts a new session."""
        self._quarter = ts // QUARTER
        day, self._offset = local(self._quarter)
        if day != self._day:
            self._session = str(uuid.uuid4()) if self._day else self._session
            self._day = day


def _flush_periodically(collector: "weakref.ref[TelemetryCollector]", wake: threading.Event, seconds: float) -> None:
    """Writes the buffered events at intervals, while the collector exists and has events."""
    while not wake.wait(seconds):
        instance = collector()
        if instance is None:
            return
        instance.flush()
        with instance._lock:
            if not instance._waiting:
                # The next event starts a new thread.
                instance._timer = None
                return
        # Otherwise this reference would keep the collector alive while waiting.
        del instance


_collectors: "weakref.WeakSet[TelemetryCollector]" = weakref.WeakSet()


def _in_child() -> None:
    # The parent writes its buffered events. Its lock may be held by a thread that the child lacks.
    for collector in list(_collectors):
        collector._reset()
    # Children of multiprocessing exit without running atexit functions.
    multiprocessing = sys.modules.get("multiprocessing.util")
    if multiprocessing is not None:
        with contextlib.suppress(Exception):
            multiprocessing.register_after_fork(_at_exit, _finalize_with)


def _at_exit() -> None:
    for collector in list(_collectors):
        collector.flush()


def _finalize_with(at_exit: Callable[[], None]) -> None:
    # Registered after the fork, because multiprocessing clears its registry in the child.
    sys.modules["multiprocessing.util"].Finalize(None, at_exit, exitpriority=0)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)
atexit.register(_at_exit)
