"""Records what a Python program does, on its user's machine, with its user's consent."""

from .collector import TelemetryCollector
from .command_event import CommandEvent
from .config import TelemetryConfig

__all__ = ["CommandEvent", "TelemetryCollector", "TelemetryConfig"]
