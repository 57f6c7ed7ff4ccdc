"""The way into the app: a terminal, a fast first paint, an exit status."""

from __future__ import annotations

import gc
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reglens.app.ports import RegistrySession
    from reglens.auth.credentials import Credentials
    from reglens.auth.keys import TrustedKeys
    from reglens.demo.server import DemoRegistry
    from reglens.oci.reference import Place
    from reglens.registry.cache import Cache
    from reglens.registry.options import Options

INTERRUPTED = 130


def utcnow() -> datetime:
    """This machine's clock."""
    return datetime.now(UTC)


def run(
    place: Place | None,
    *,
    options: Options,
    credentials: Credentials,
    demo: DemoRegistry | None = None,
    cache: Cache | None = None,
    flags: tuple[str, ...] = (),
    keys: TrustedKeys | None = None,
) -> int:
    """Open the browser at `place` and give the exit status: 0, 1 after a defect, 2 without a terminal, 130 if a signal
    interrupted it. Another signal that ended it ends the process, now that the terminal is as it was before.

    `flags` are the options on the command line that commands for the same registry need.
    `demo` is the demo registry to browse, if that was asked for. It may still be asleep: it is started after the first
    paint, and whoever made it stops it. The walk and the laboratory use no `cache`: they show how a registry answers.
    `keys` are those that signatures are checked against.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(  # noqa: T201 - there is no screen to say it on
            "reglens: the browser needs a terminal; the commands (reglens --help) work without one", file=sys.stderr
        )
        return 2
    gc.disable()  # collecting among modules that all stay costs a tenth of the time to the first paint
    from reglens.app.app import ReglensApp
    from reglens.app.instruments import DemoCredentials, instruments
    from reglens.app.remember import Memory, default_path
    from reglens.auth.choice import Choice

    identities = Choice(credentials, also=DemoCredentials() if demo is not None else None)

    def make(registry: str) -> RegistrySession:
        from reglens.registry.session import Session

        reach = replace(options, turn=app.precedence.turn)
        if demo is not None:  # its search knows nothing of other registries
            reach = replace(reach, search_url=demo.search_url if registry == demo.registry else "")
        return Session(registry, options=reach, credentials=identities, cache=cache)

    app = ReglensApp(
        place,
        make=make,
        clock=utcnow,
        memory=Memory(None if demo else default_path()),
        demo=demo,
        search_url=options.search_url,
    )
    app.flags = flags
    app.identities = identities
    app.trust = options.trust
    if demo is None:  # whose address is another each time, so that nothing kept for it would be found again
        app.keyring = getattr(credentials, "keyring", None)
        app.machine = options.machine
    app.keys = keys
    app.instruments = instruments(options, identities, demo=demo is not None, keys=lambda: app.keys)
    app.run()
    if app.ended_by is not None:
        if app.ended_by == signal.SIGINT:
            return INTERRUPTED
        from reglens.app.terminal import end_as

        end_as(app.ended_by)
        return 1
    if app.defect:
        print(f"reglens: a defect ended the browser: {app.defect}", file=sys.stderr)  # noqa: T201
        return 1
    return app.return_code or 0
