"""From the common options to sessions: how a registry is reached, and as whom."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reglens.auth.credentials import Anonymous, Credentials
from reglens.auth.trust import RealmTrust
from reglens.cli.output import Output
from reglens.errors import ReferenceInvalid, ReglensError, UsageError
from reglens.oci.reference import Place, Reference, normalise_registry
from reglens.registry.cache import Cache
from reglens.registry.options import Options
from reglens.registry.ways.machine import Machine
from reglens.registry.ways.model import Decision, Meant
from reglens.secret import Secret
from reglens.text import clean

if TYPE_CHECKING:
    from reglens.auth.keys import TrustedKeys
    from reglens.registry.pace import Pacing
    from reglens.registry.session import Session

if "httpx" not in sys.modules:
    # httpx's own command line drags click and rich in where they are installed, a third of its import; it does without
    # where that import fails (httpx, __init__.py), and None in sys.modules makes it fail.
    sys.modules["httpx._main"] = None  # type: ignore[assignment]
    # httpcore asks for sniffio at every lock (httpcore, _synchronization.py); where it is not installed, that costs a
    # search of the whole path each time: a fifth of the time of a thousand look-ups.
    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]

MAX_PASSWORD = 1 << 20
"""Octets read as a password; tokens of some clouds are several thousand long."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Connection:
    """What every session of this run is opened with."""

    options: Options
    credentials: Credentials
    cache: Cache | None = None

    def session(self, registry: str, *, cached: bool = False, pacing: Pacing | None = None) -> Session:
        """A new session with `registry`; close it, or use it as context manager. With `cached` content that is named by
        its digest may come from the cache; what tells how a registry answers asks it each time."""
        from reglens.registry.session import Session

        settle()
        cache = self.cache if cached else None
        return Session(registry, options=self.options, credentials=self.credentials, cache=cache, pacing=pacing)


def connection(args: argparse.Namespace) -> Connection:
    """The connection that the common options describe. Raises UsageError for files that cannot be read and options
    that exclude each other. Reads the password from stdin where it was announced."""
    return Connection(_options(args), _credentials(args), _cache(args))


def _cache(args: argparse.Namespace) -> Cache | None:
    """The cache; None if it is not wanted, or a password is given: whoever gives one wants to know what it opens, and
    nothing that tells one password from another is written down."""
    return None if args.no_cache or args.username else Cache()


def _options(args: argparse.Namespace) -> Options:
    if args.client_key and not args.client_cert:
        raise UsageError("--client-key needs --client-cert")
    return Options(
        plain_http=args.plain_http,
        insecure=args.insecure,
        ca_file=_readable("--ca-file", args.ca_file),
        client_cert=_readable("--client-cert", args.client_cert),
        client_key=_readable("--client-key", args.client_key),
        trust=RealmTrust(normalise_registry(host) for host in args.trust_realm),
        timeout=args.timeout,
        unix_socket=path_of("--unix-socket", args.unix_socket) if args.unix_socket else None,
        machine=Machine(
            environ=os.environ,
            home=_home(),
            registries_conf=_readable("--registries-conf", args.registries_conf),
            mirrors=not args.no_mirrors,
            short_names=args.short_names,
        ),
    )


def trusted_keys(args: argparse.Namespace) -> TrustedKeys | None:
    """The keys that ``--keys`` names. Raises UsageError if it names no file that holds some."""
    if args.keys is None:
        return None
    from reglens.auth.keys import load_keys

    try:
        return load_keys(args.keys)
    except UsageError as error:
        raise UsageError(f"--keys: {error.message}", error.hint) from None


def flags(args: argparse.Namespace) -> tuple[str, ...]:
    """The common options of this run as they are written again on a command line whose names are full, so without
    ``--short-names``; none of them is a secret."""
    switches = ("anonymous", "plain_http", "insecure", "no_mirrors", "no_cache")
    found = [f"--{name.replace('_', '-')}" for name in switches if getattr(args, name)]
    for name in ("pull_secret", "ca_file", "client_cert", "client_key", "registries_conf", "unix_socket"):
        if getattr(args, name):
            found += [f"--{name.replace('_', '-')}", getattr(args, name)]
    for host in args.trust_realm:
        found += ["--trust-realm", host]
    if args.timeout != 30.0:
        found += ["--timeout", f"{args.timeout:g}"]
    return tuple(found)


def _readable(option: str, name: str | None) -> Path | None:
    if name is None:
        return None
    path = path_of(option, name)
    try:
        with path.open("rb") as file:
            file.read(1)
    except (OSError, ValueError) as error:
        raise UsageError(f"{option}: {name} cannot be read: {reason(error)}") from None
    return path


def _home() -> Path:
    """The person's home folder; one that is not there where nobody has one, as a user without a name in a container."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/nonexistent")  # Debian policy, section 9.2.3


def path_of(option: str, name: str) -> Path:
    """The path that is typed. Raises UsageError for one in the home of somebody whom nobody knows."""
    try:
        return Path(name).expanduser()
    except RuntimeError as error:
        raise UsageError(f"{option}: {name} cannot be found: {reason(error).rstrip('.')}") from None


def reason(error: Exception) -> str:
    """Why the system refused, in its words, without the path that it repeats."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _credentials(args: argparse.Namespace) -> Credentials:
    if args.anonymous:
        for option in ("username", "password_stdin", "pull_secret"):
            if getattr(args, option):
                raise UsageError(f"--anonymous excludes --{option.replace('_', '-')}")
        return Anonymous()
    if bool(args.username) != args.password_stdin:
        given, missing = ("--username", "--password-stdin") if args.username else ("--password-stdin", "--username")
        raise UsageError(f"{given} needs {missing}")
    from reglens.auth.sources import default_credentials

    return default_credentials(
        username=args.username,
        password=_password() if args.password_stdin else None,
        pull_secret=_readable("--pull-secret", args.pull_secret),
        environ=os.environ,
        home=_home(),
    )


def _password() -> Secret:
    """The first line of stdin, as docker login's --password-stdin takes it: without its line end."""
    data = read_stdin("the password", MAX_PASSWORD)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise UsageError("the password on stdin is not UTF-8") from None
    password = text.splitlines()[0] if text else ""
    if not password:
        raise UsageError("--password-stdin: stdin holds no password")
    return Secret(password)


def spelt_out(text: str, reached: Connection, output: Output, has: Has | None = None) -> str:
    """`text` with a short name spelt out as ``registries.conf`` has it, where that was asked for, which is said; else
    as it is. Of several registries the first that `has` it is taken; without `has` nobody is asked.

    Raises UsageError where the file does not let several be tried. Not for use on an event loop: see `settled`.
    """
    spelt = meant(text, reached)
    if len(spelt.names) > 1 and has is not None:
        return run(settled(text, reached, output, has))
    _say(spelt.decisions, output)
    return spelt.names[0]


async def settled(
    text: str,
    reached: Connection,
    output: Output,
    has: Has,
    session_of: Callable[[str], Session] | None = None,
) -> str:
    """The same on an event loop. `session_of` gives sessions that somebody else closes; without it, each is a new one.

    Where none has it, the first is given: what it says to the real question is told at length.
    """
    spelt = meant(text, reached)
    if len(spelt.names) == 1:
        _say(spelt.decisions, output)
        return spelt.names[0]
    told = []
    for name in spelt.names:
        session: Session | None = None
        try:
            reference = read_reference(name)
            session = session_of(reference.registry) if session_of else reached.session(reference.registry)
            await has(session, reference)
        except ReglensError as error:
            told.append(f"{name}: {error.message}")
        else:
            _say((*spelt.decisions, Decision(f"{name} answers", "; ".join(told) or "it is the first")), output)
            return name
        finally:
            if session is not None and session_of is None:
                await session.aclose()
    _say((*spelt.decisions, Decision("none of them has it", "; ".join(told), problem=True)), output)
    return spelt.names[0]


Has = Callable[["Session", Reference], Coroutine[Any, Any, object]]
"""Asks a session for what a command wants. Raises ReglensError if it is not there."""


async def has_manifest(session: Session, reference: Reference) -> object:
    """Whether there is a manifest of that name."""
    return await session.resolve(reference)


async def has_tags(session: Session, reference: Reference) -> object:
    """Whether there is a repository of that name."""
    async with aclosing(session.tags(reference.repository, limit=1)) as pages:
        return [page async for page in pages]


def meant(text: str, reached: Connection) -> Meant:
    """What `text` may stand for, the first of it first; itself where it is spelt out or nobody asked for short names.
    Raises UsageError where ``registries.conf`` does not let several be tried."""
    machine = reached.options.machine
    if machine is None or not machine.short_names:
        return Meant((text,))
    with suppress(ReferenceInvalid):  # which is told by whoever reads it
        if Place.parse(text).reference is not None:
            return machine.meant(text)
    return Meant((text,))


def _say(decisions: Iterable[Decision], output: Output) -> None:
    if not output.as_json:
        for decision in decisions:
            output.note(f"reglens: {clean(str(decision))}")


def read_reference(text: str) -> Reference:
    """The repository, tag or digest that `text` names.

    Raises UsageError for a registry's host alone, which docker would take for an image of Docker Hub's that nobody has.
    """
    place = Place.parse(text)
    if place.reference is None:
        raise UsageError(f"{text!r} is a registry, not a repository", f"Write {place.registry}/… with one.")
    return place.reference


def read_stdin(what: str, limit: int) -> bytes:
    """All of stdin, at most `limit` octets. Raises UsageError if it cannot be read or holds more."""
    if sys.stdin is None:
        raise UsageError(f"stdin is closed; {what} was expected there")
    try:
        data = sys.stdin.buffer.read(limit + 1)
    except OSError as error:
        raise UsageError(f"stdin cannot be read: {reason(error)}") from None
    if len(data) > limit:
        raise UsageError(f"stdin holds more than {limit >> 20} MiB; that is too much for {what}")
    return data


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """Run `work` on an event loop of its own. An interrupt cancels it, then raises KeyboardInterrupt."""
    import asyncio

    return asyncio.run(work)


def settle() -> None:
    """Collect garbage from here on, without what was imported so far. The entry point switched collecting off."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


@contextmanager
def telling_scheme(args: argparse.Namespace, output: Output, *sessions: Session) -> Iterator[None]:
    """Asking: what was learnt of the registries' schemes meanwhile is said before what came of it."""
    try:
        yield
    finally:
        for session in sessions:
            say_scheme(session, args, output)


def say_scheme(session: Session, args: argparse.Namespace, output: Output) -> None:
    """Say that a loopback registry was reached over plain http, where nobody asked for that."""
    if session.base_url.startswith("http://") and not args.plain_http and not output.as_json:
        output.note(f"reglens: {session.registry} does not speak https; on loopback plain http will do")
