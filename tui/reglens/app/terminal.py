"""The terminal that the app draws on: given back on every way out, also when a signal or the terminal's own end is it.

Textual's driver restores the terminal when the app ends by itself. It leaves signals to their default actions, which
end the process with mouse reports on and the cursor hidden; and when the terminal goes away, its writing thread ends
with an error after which the event loop waits for ever to write more (textual/drivers/_writer_thread.py).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from textual import events
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from reglens.app.input import Parser

if TYPE_CHECKING:
    from types import FrameType

    from reglens.app.app import ReglensApp

GRACE = 2.0
"""Seconds that a signal leaves the app to end in good order, before it ends the process as if nobody had heard it. They
run out where the terminal takes no more output, for then nothing else goes on either."""
ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Paper:
    """A file to write on that may go away. From then on nothing is written, and `gone` was called once."""

    def __init__(self, file: IO[str], gone: Callable[[], None]) -> None:
        self._file = file
        self._gone = gone
        self._there = True

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()

    def write(self, text: str) -> None:
        """Write `text`, if the file is still there."""
        self._try(lambda: self._file.write(text))

    def flush(self) -> None:
        """Write what was held back, if the file is still there."""
        self._try(self._file.flush)

    def _try(self, act: Callable[[], object]) -> None:
        if not self._there:
            return
        try:
            act()
        except OSError:
            self._there = False
            self._gone()


class TerminalDriver(LinuxDriver):
    """Textual's driver for Linux and macOS, which hears of the end and keeps pastes whole."""

    _app: ReglensApp

    def __init__(self, app: ReglensApp, **options: Any) -> None:
        super().__init__(app, **options)
        assert self._file is not None
        self._file = Paper(self._file, self._hung_up)  # type: ignore[assignment]
        self._before: dict[signal.Signals, Any] = {}
        for number in ENDING:
            before = signal.getsignal(number)
            if before is not signal.SIG_IGN:  # as under nohup
                self._before[number] = before
                signal.signal(number, self._asked_to_end)

    def send_message(self, message: Message) -> None:
        if isinstance(message, events.InputEvent):  # from its thread: the loop may be busy for a while
            self._app.precedence.begin()
        super().send_message(message)

    def close(self) -> None:
        super().close()
        for number, before in self._before.items():
            signal.signal(number, before)
        self._before.clear()

    def _asked_to_end(self, number: int, frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)  # whoever asks twice means it
        self._app.ended_by = signal.Signals(number)
        self._loop.call_soon_threadsafe(self._app.exit)
        watchdog = threading.Timer(GRACE, os.kill, (os.getpid(), number))
        watchdog.daemon = True
        watchdog.start()

    def _hung_up(self) -> None:
        """The terminal is gone. Called from the threads that read and write."""
        self._app.ended_by = signal.SIGHUP
        with suppress(RuntimeError):  # the loop is closed: it is over anyway
            self._loop.call_soon_threadsafe(self._app.exit)

    def _run_input_thread(self) -> None:
        linux_driver.XTermParser = Parser  # type: ignore[attr-defined]  # there is no other way
        try:
            self.run_input_thread()
        except OSError:  # EIO: there is no terminal any more
            self._hung_up()


def end_as(number: signal.Signals) -> None:
    """End this process the way that the signal would have, now that the terminal is as it was before: whoever waits for
    the process is told the truth. Returns if the signal is ignored."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # the terminal is gone; what is left for it would be tried once more on the way out
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    if signal.getsignal(number) is not signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
