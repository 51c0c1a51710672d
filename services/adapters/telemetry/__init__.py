"""What can be seen of a service from outside: counts and measures, traces, and lines of the log."""

from services.adapters.telemetry.extension import Observed, Telemetry
from services.adapters.telemetry.figures import Figure, Look

__all__ = ["Figure", "Look", "Observed", "Telemetry"]
