"""Records what a Python program does, on its user's machine, with its user's consent."""

from .collector import CommandEvent, TelemetryCollector
from .config import TelemetryConfig

__all__ = ["CommandEvent", "TelemetryCollector", "TelemetryConfig"]
