"""When was it recorded? The only wall clock of zerosum; its answer never enters hashed bytes."""

import time


def recording_time(previous: int) -> int:
    """Nanoseconds since 1970 UTC, never before `previous`, whatever the machine's clock does."""
    return max(time.time_ns(), previous)
