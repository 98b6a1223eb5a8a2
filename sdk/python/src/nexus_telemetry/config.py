"""Configuration of the collector by the program. It can disable recording, never enable it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, NamedTuple, Optional

_FALSE_VALUES = frozenset(("false", "0", "no", "off"))
_SWITCHES = ("NEXUS_TELEMETRY", "NEXUS_TELEMETRY_ENABLED", "NEXUS_EVENT_LOG")


def says_no(value: Optional[str]) -> bool:
    """Returns whether the value of an environment variable is false."""
    return value is not None and value.strip().lower() in _FALSE_VALUES


@dataclass(frozen=True)
class TelemetryConfig:
    """``enabled=False`` disables this collector. ``True`` has no effect: only the user can consent."""

    enabled: bool = True
    #: Number of buffered events that triggers a write.
    batch_size: int = 100
    #: Maximum time in the buffer, in seconds.
    flush_interval_secs: float = 60
    #: Has no effect: personal data is never written.
    strip_pii: bool = True

    @classmethod
    def from_env(cls, environ: Optional[Mapping[str, str]] = None) -> "TelemetryConfig":
        """Returns the default configuration, disabled if the environment opts out."""
        return cls(enabled=not forbidden(os.environ if environ is None else environ))


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
