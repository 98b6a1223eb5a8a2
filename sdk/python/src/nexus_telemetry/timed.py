"""Times commands, as a context manager or a decorator."""

from __future__ import annotations

import contextlib
import functools
import time
from typing import Any, Callable, List, Optional, TypeVar, cast

from .command_event import CommandEvent

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Timed(contextlib.ContextDecorator):
    """Records one command, or each call of a function."""

    def __init__(self, record: Callable[[CommandEvent], bool], name: str) -> None:
        self._record = record
        self._name = name
        self._started: List[float] = []

    def _recreate_cm(self) -> "Timed":
        return Timed(self._record, self._name)

    def __call__(self, func: _Function) -> _Function:
        @functools.wraps(func)
        def timed(*args: Any, **kwargs: Any) -> Any:
            with self._recreate_cm():
                return func(*args, **kwargs)

        return cast(_Function, timed)

    def __enter__(self) -> "Timed":
        self._started.append(time.perf_counter())
        return self

    def __exit__(self, kind: Optional[type], error: Optional[BaseException], trace: object) -> None:
        duration_ms = int((time.perf_counter() - self._started.pop()) * 1_000)
        cancelled = kind is not None and issubclass(kind, (KeyboardInterrupt, GeneratorExit))
        category = None if kind is None else "cancelled" if cancelled else "command_failed"
        self._record(
            CommandEvent(self._name, duration_ms=duration_ms, success=kind is None, error_category=category)
        )
