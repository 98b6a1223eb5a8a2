"""Python SDK of Nexus Telemetry: records usage on the user's machine, with the user's consent."""

from .collector import DroppedError, TelemetryCollector
from .command_event import CommandEvent
from .config import TelemetryConfig

__all__ = ["CommandEvent", "DroppedError", "TelemetryCollector", "TelemetryConfig"]
