"""structlog by itself: it loads ``rich``, where some other tool has brought it, to paint what we never let it paint."""

import sys

_absent = "rich" not in sys.modules
if _absent:
    sys.modules["rich"] = None  # type: ignore[assignment]  # says to an import: not there; 40 ms of each start
try:
    import structlog
finally:
    if _absent:
        del sys.modules["rich"]

__all__ = ["structlog"]
