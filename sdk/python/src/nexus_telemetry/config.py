"""Configuration of the collector by the program. It can disable recording, never enable it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Optional, Union

_FALSE_VALUES = frozenset(("false", "0", "no", "off"))
_SWITCHES = ("NEXUS_TELEMETRY", "NEXUS_TELEMETRY_ENABLED", "NEXUS_EVENT_LOG")

#: Defaults of the analytics design, section 4.3.
DEFAULT_BATCH_SIZE = 100
DEFAULT_FLUSH_INTERVAL_SECS = 60.0


def says_no(value: Optional[str]) -> bool:
    """Returns whether the value of an environment variable is false."""
    return value is not None and value.strip().lower() in _FALSE_VALUES


class _Unset:
    """Tells a parameter that was not given from one with the default value."""

    def __repr__(self) -> str:
        return "unset"


_UNSET: Any = _Unset()


@dataclass(frozen=True, init=False)
class TelemetryConfig:
    """
    The parameters of the analytics design, section 4.3. None of them can enable recording: only the
    user's own decision does.

    ``enabled``: False if not given, which expresses no wish. An explicit ``False`` disables this
    collector; ``True`` has no effect.
    ``db_path``: has no effect. The SDK appends to an event log; only the user moves the database
    (``db_path`` in ``config.toml``, ``NEXUS_TELEMETRY_PATH``).
    ``batch_size``: number of buffered events that triggers a write. If not given: ``batch_size`` of
    the user's ``config.toml``, else 100.
    ``flush_interval_secs``: maximum time in the buffer, in seconds. If not given:
    ``flush_interval_secs`` of ``config.toml``, else 60.
    ``strip_pii``: has no effect. Personal data is never written.
    ``strict``: raises ``DroppedError`` where a value would be dropped or replaced, also while
    recording is off. For development and tests.
    """

    enabled: bool
    db_path: Optional[Path]
    batch_size: int
    flush_interval_secs: float
    strip_pii: bool
    strict: bool

    def __init__(
        self,
        enabled: bool = _UNSET,
        db_path: Union[str, "os.PathLike[str]", None] = None,
        batch_size: int = _UNSET,
        flush_interval_secs: float = _UNSET,
        strip_pii: bool = True,
        strict: bool = False,
    ) -> None:
        def keep(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        keep("enabled", False if enabled is _UNSET else enabled)
        keep("db_path", None if db_path is None else Path(db_path))
        keep("batch_size", DEFAULT_BATCH_SIZE if batch_size is _UNSET else batch_size)
        keep("flush_interval_secs", DEFAULT_FLUSH_INTERVAL_SECS if flush_interval_secs is _UNSET else flush_interval_secs)
        keep("strip_pii", strip_pii)
        keep("strict", bool(strict))
        # What the program asked for, apart from the defaults.
        keep("_disabled", enabled is not _UNSET and not enabled)
        keep("_sets_batch_size", batch_size is not _UNSET)
        keep("_sets_interval", flush_interval_secs is not _UNSET)

    @property
    def is_disabled(self) -> bool:
        """Whether the program disabled the collector with an explicit ``enabled=False``."""
        return bool(self.__dict__["_disabled"])

    def batch_size_or(self, configured: Optional[int]) -> object:
        """Returns the program's value, else the user's, else the default."""
        return self.batch_size if self.__dict__["_sets_batch_size"] or configured is None else configured

    def interval_or(self, configured: Optional[float]) -> object:
        """Returns the program's value, else the user's, else the default. Seconds."""
        return self.flush_interval_secs if self.__dict__["_sets_interval"] or configured is None else configured

    @classmethod
    def from_env(cls, environ: Optional[Mapping[str, str]] = None) -> "TelemetryConfig":
        """Returns the default configuration, disabled if the environment opts out."""
        env = os.environ if environ is None else environ
        return cls(enabled=False) if forbidden(env) else cls(db_path=cls.default_db_path(env))

    @staticmethod
    def default_db_path(environ: Optional[Mapping[str, str]] = None) -> Path:
        """
        Returns where Nexus Telemetry keeps the database unless ``db_path`` in ``config.toml`` moves it:
        ``NEXUS_TELEMETRY_PATH``, else ``NEXUS_HOME/state/telemetry.db``. Creates nothing.
        """
        env = os.environ if environ is None else environ
        moved = env.get("NEXUS_TELEMETRY_PATH", "")
        return Path(moved) if os.path.isabs(moved) else places(env).nexus_home / "state" / "telemetry.db"


def forbidden(env: Mapping[str, str]) -> bool:
    """Returns whether the environment opts out."""
    return any(says_no(env.get(name)) for name in _SWITCHES)


class Places(NamedTuple):
    """The data folder and the configuration folder. Programs cannot change them."""

    nexus_home: Path
    config_folder: Path


def places(env: Mapping[str, str]) -> Places:
    """Returns the folders. Relative paths are ignored. Without a home folder there is no consent."""
    try:
        home = Path(env.get("HOME") or Path.home())
    except RuntimeError:
        home = Path("/nonexistent")
    nexus, config = env.get("NEXUS_HOME", ""), env.get("XDG_CONFIG_HOME", "")
    return Places(
        Path(nexus) if os.path.isabs(nexus) else home / "nexus",
        (Path(config) if os.path.isabs(config) else home / ".config") / "nexus",
    )
