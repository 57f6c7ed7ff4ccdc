"""What every test runs in."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell without job control starts what runs in its background with interrupts ignored (POSIX, shell command
    # language, "Signals and Error Handling"). The programs that tests start would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
