"""What every test runs in."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell without job control starts what runs in its background with interrupts ignored (POSIX, shell command
    # language, "Signals and Error Handling"). Every program that a test starts would inherit that, and not be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)
