"""What a program may choose: how much waits, and for how long. It can say no, and never yes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, NamedTuple, Optional

_NO = frozenset(("false", "0", "no", "off"))
_SWITCHES = ("NEXUS_TELEMETRY", "NEXUS_TELEMETRY_ENABLED", "NEXUS_EVENT_LOG")


def says_no(value: Optional[str]) -> bool:
    """Whether a variable of the environment says no."""
    return value is not None and value.strip().lower() in _NO


@dataclass(frozen=True)
class TelemetryConfig:
    """``enabled=False`` switches this collector off. ``True`` says nothing: only the user's own decision does."""

    enabled: bool = True
    #: Events that wait before they are written.
    batch_size: int = 100
    #: Seconds that an event waits at most.
    flush_interval_secs: float = 60
    #: Accepted and without effect: nothing personal is ever written.
    strip_pii: bool = True

    @classmethod
    def from_env(cls, environ: Optional[Mapping[str, str]] = None) -> "TelemetryConfig":
        """The configuration that the environment gives."""
        return cls(enabled=not forbidden(os.environ if environ is None else environ))


def forbidden(env: Mapping[str, str]) -> bool:
    """Whether the environment of the user says no."""
    return any(says_no(env.get(name)) for name in _SWITCHES)


class Places(NamedTuple):
    """Where Nexus keeps its data, and where the user's decision. No program can name others."""

    nexus_home: Path
    config_folder: Path


def places(env: Mapping[str, str]) -> Places:
    """A relative path would mean another place for every process, and does not count. A user without a home has decided nothing."""
    try:
        home = Path(env.get("HOME") or Path.home())
    except RuntimeError:
        home = Path("/nonexistent")
    nexus, config = env.get("NEXUS_HOME", ""), env.get("XDG_CONFIG_HOME", "")
    return Places(
        Path(nexus) if os.path.isabs(nexus) else home / "nexus",
        (Path(config) if os.path.isabs(config) else home / ".config") / "nexus",
    )
