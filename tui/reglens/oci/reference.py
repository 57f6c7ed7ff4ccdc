"""Image references: the grammar of distribution/reference with Docker's normalisation.

::

    reference  = name [ ":" tag ] [ "@" digest ]
    name       = [ host [ ":" port ] "/" ] component *( "/" component )
    host       = domain-name / IPv4 / "[" IPv6 "]"
    component  = alphanumeric *( separator alphanumeric )      ; lower case, separator = "." "_" "__" or dashes
    tag        = ( word ) *127( word / "." / "-" )
    digest     = algorithm ":" encoded

Sources: distribution/reference, reference.go and normalize.go (``splitDockerDomain``); OCI distribution spec, "Pulling
manifests"; OCI image spec, "Digests".
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace

from reglens.errors import ReferenceInvalid
from reglens.oci.digest import GRAMMAR as DIGEST
from reglens.oci.digest import Digest

HUB = "registry-1.docker.io"
"""The host of Docker Hub's registry API, to which its other names lead."""
HUB_ALIASES = frozenset({"docker.io", "index.docker.io", HUB})
HUB_LIBRARY = "library/"
DEFAULT_TAG = "latest"
MAX_REPOSITORY = 255
MAX_TAG = 128
MAX_HOST = 253
"""Characters of a host name (RFC 1035, section 2.3.4, as written)."""

_COMPONENT = re.compile(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*")
_TAG = re.compile(r"\w[\w.-]*", re.ASCII)
_LABEL = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?")
_HEX64 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A repository on a registry, and perhaps a tag or digest in it.

    `registry` is ``host[:port]`` as connected to; `repository` the full path (``library/`` included); `typed` what the
    person wrote. `tag` and `digest` are what was given: neither means ``latest`` (see `target`).
    """

    registry: str
    repository: str
    tag: str | None = None
    digest: Digest | None = None
    typed: str = ""

    @classmethod
    def parse(cls, text: str) -> Reference:
        """The reference in `text`. Raises ReferenceInvalid, which points at the character."""
        return _Reader(text).reference()

    @property
    def target(self) -> str:
        """What a manifest request names: the digest, else the tag, else ``latest``."""
        return str(self.digest) if self.digest else self.tag or DEFAULT_TAG

    @property
    def on_hub(self) -> bool:
        """Whether it is on Docker Hub."""
        return self.registry == HUB

    @property
    def name(self) -> str:
        """Registry and repository, without tag or digest, as they are read again: a bare word is a host by its capitals
        only."""
        return f"{_as_read(self.registry)}/{self.repository}"

    @property
    def familiar(self) -> str:
        """As people and docker write it: Docker Hub's host and ``library/`` left out."""
        name = self.repository.removeprefix(HUB_LIBRARY) if self.on_hub else self.name
        if self.on_hub and _is_host(name.split("/", 1)[0]) and "/" in name:
            name = f"docker.io/{name}"
        return name + self._suffix()

    @property
    def pullable(self) -> str:
        """What ``docker pull`` takes, in full: ``docker.io/library/alpine:3.20``."""
        return f"{name_of(self.registry)}/{self.repository}{self._suffix()}"

    def _suffix(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{tag}@{self.digest}" if self.digest else tag

    def at_tag(self, tag: str) -> Reference:
        """The same repository at `tag`, which is taken as it comes (a server may list tags that break the grammar)."""
        return replace(self, tag=tag, digest=None, typed="")

    def at_digest(self, digest: Digest) -> Reference:
        """The same repository at `digest`."""
        return replace(self, tag=None, digest=digest, typed="")

    def __str__(self) -> str:
        """``registry/repository:tag`` or ``@digest``, with the default tag filled in."""
        return self.name + (self._suffix() or f":{DEFAULT_TAG}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the browser can be opened: a registry alone, or something on it."""

    registry: str
    reference: Reference | None = None

    @classmethod
    def parse(cls, text: str) -> Place:
        """`text` as a host alone (``ghcr.io``, ``localhost:5000``, ``myhost:5000/``) or as a reference.

        Raises ReferenceInvalid if it is neither.
        """
        bare = text.strip()
        host = bare.removesuffix("/")
        if "/" not in host and (bare.endswith("/") or _is_host_alone(host)):
            reader = _Reader(text)
            return cls(normalise_registry(reader.host(text.index(host), host)))
        reference = Reference.parse(text)
        return cls(reference.registry, reference)


def name_of(registry: str) -> str:
    """A registry's ``host[:port]`` as people write it before a repository: Docker Hub is ``docker.io``."""
    return "docker.io" if registry == HUB else _as_read(registry)


def _as_read(registry: str) -> str:
    return registry if _is_host(registry) else registry.upper()


def normalise_registry(host: str) -> str:
    """The host to connect to for a registry's name: Docker Hub's aliases lead to one host, names are lower case."""
    host = host.lower()
    return HUB if host in HUB_ALIASES else host


def without_login(text: str) -> str:
    """What was typed as a reference, without the ``user:password@`` that somebody wrote before its host."""
    _, at, rest = text.rpartition("@")
    return f"…@{rest}" if at and "/" in rest else text


def is_loopback(registry: str) -> bool:
    """Whether a registry's ``host[:port]`` names this machine (RFC 6761: ``localhost`` and all below it)."""
    host = split_port(registry)[0].strip("[]")
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def split_port(registry: str) -> tuple[str, int | None]:
    """Host and port of ``host[:port]``; an IPv6 address keeps its brackets."""
    host, colon, port = registry.rpartition(":")
    if colon and port.isascii() and port.isdigit() and not (host.count(":") and not host.endswith("]")):
        return host, int(port)
    return registry, None


def _is_host(component: str) -> bool:
    """Docker's rule: a first component is a host if it has a dot, a colon or upper case, or is ``localhost``."""
    return component == "localhost" or "." in component or ":" in component or component != component.lower()


def _is_host_alone(text: str) -> bool:
    name, colon, port = text.partition(":")
    if text.startswith("["):
        return "]" in text and "@" not in text
    return (name == "localhost" or "." in name) and (not colon or port.isdigit()) and "@" not in text


class _Reader:
    """Reads one reference; every failure names the position in what was typed."""

    def __init__(self, text: str) -> None:
        self.text = text

    def fail(self, message: str, position: int, hint: str = "") -> ReferenceInvalid:
        return ReferenceInvalid(message, self.text, position, hint)

    def reference(self) -> Reference:
        start = len(self.text) - len(self.text.lstrip())
        body = self.text.strip()
        if not body:
            raise self.fail(
                "the reference is empty", start, "Give a repository, such as alpine or ghcr.io/owner/image."
            )
        scheme = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*://", body)
        if scheme:
            rest = body[scheme.end() :]
            raise self.fail(
                f"a reference has no scheme; leave out {scheme[0]!r}", start, f"Write {rest or 'the name alone'}."
            )
        if _HEX64.fullmatch(body):
            raise self.fail(
                "64 hex digits alone are an image id, not a repository", start, f"Write name@sha256:{body}."
            )
        name, at, digest = body.partition("@")
        if "/" in digest:  # user:password@host/…: not quoted, as it may hold a secret
            raise ReferenceInvalid(
                "a reference holds no user name or password",
                without_login(self.text),
                start,
                "Log in, or use --username and --password-stdin.",
            )
        parsed_digest = self.digest(start + len(name) + 1, digest) if at else None
        head, slash, last = name.rpartition("/")
        bare, colon, tag = last.partition(":")
        if not slash and colon and tag.isdigit() and _is_host(bare) and not parsed_digest:
            raise self.fail(
                "a registry host alone is not a reference", start + len(name), f"Add a repository: {name}/…"
            )
        parsed_tag = self.tag(start + len(head) + len(slash) + len(bare) + 1, tag) if colon else None
        path = f"{head}{slash}{bare}"
        host, repository = "docker.io", path
        first, has_more, rest = path.partition("/")
        offset = start
        if has_more and _is_host(first):
            host, repository, offset = self.host(start, first), rest, start + len(first) + 1
        registry = normalise_registry(host)
        self.repository(offset, repository)
        if registry == HUB and "/" not in repository:
            repository = HUB_LIBRARY + repository
        if len(repository) > MAX_REPOSITORY:
            raise self.fail(
                f"a repository's name has at most {MAX_REPOSITORY} characters, this one {len(repository)}",
                offset + MAX_REPOSITORY,
            )
        return Reference(registry, repository, parsed_tag, parsed_digest, self.text)

    def host(self, start: int, text: str) -> str:
        if text.startswith("["):
            return self.ipv6(start, text)
        name, colon, port = text.partition(":")
        if len(name) > MAX_HOST:
            raise self.fail(f"a host name has at most {MAX_HOST} characters, this one {len(name)}", start + MAX_HOST)
        position = start
        for label in name.split("."):
            if not label:
                raise self.fail("a host name has no empty parts", position)
            if not _LABEL.fullmatch(label):
                at = next((i for i, c in enumerate(label) if not (c.isascii() and (c.isalnum() or c == "-"))), None)
                if at is None:
                    at = 0 if label.startswith("-") else len(label) - 1
                raise self.fail(f"{label[at]!r} cannot stand here in a host name", position + at)
            position += len(label) + 1
        if colon:
            self.port(start + len(name) + 1, port)
        return text

    def ipv6(self, start: int, text: str) -> str:
        end = text.find("]")
        if end < 0:
            raise self.fail("the bracket of the IPv6 address is not closed", start + len(text))
        try:
            ipaddress.IPv6Address(text[1:end])
        except ValueError:
            raise self.fail("between the brackets there is no IPv6 address", start + 1) from None
        if "%" in text[:end]:
            raise self.fail("a zone cannot stand in a reference", start + text.index("%"))
        if text[end + 1 :]:
            if text[end + 1] != ":":
                raise self.fail("after the IPv6 address comes a port or a slash", start + end + 1)
            self.port(start + end + 2, text[end + 2 :])
        return text

    def port(self, start: int, text: str) -> None:
        if not text:
            raise self.fail("the port is missing", start)
        for index, character in enumerate(text):
            if character not in "0123456789":
                raise self.fail(f"a port has digits only, not {character!r}", start + index)
        if len(text) > 5 or not 0 < int(text) < 65536:
            raise self.fail("a port lies between 1 and 65535", start)

    def repository(self, start: int, text: str) -> None:
        if not text:
            raise self.fail("the repository is missing", start, "Write host/repository, such as ghcr.io/owner/image.")
        position = start
        for component in text.split("/"):
            self.component(position, component)
            position += len(component) + 1

    def component(self, start: int, text: str) -> None:
        if not text:
            raise self.fail("there is nothing between the slashes", start)
        found = _COMPONENT.match(text)
        end = found.end() if found else 0
        if end == len(text):
            return
        at = next(
            (i for i, c in enumerate(text) if not (c.isascii() and (c.islower() or c.isdigit() or c in "._-"))), end
        )
        character, hint = text[at], ""
        if character.isupper():
            message, hint = f"a repository's name is lower case, {character!r} is not", f"Write {self._lowered()}."
        elif at == end and character in "._-":
            message = f"{character!r} must stand between letters or digits, singly (or as __ or dashes)"
        else:
            message = f"{character!r} cannot stand in a repository's name"
        raise self.fail(message, start + at, hint)

    def _lowered(self) -> str:
        """The whole reference with its name in lower case; tags keep theirs."""
        head, slash, last = self.text.strip().rpartition("/")
        name, colon, tag = last.partition(":")
        return f"{head}{slash}{name}".lower() + colon + tag

    def tag(self, start: int, text: str) -> str:
        if not text:
            raise self.fail("the tag is missing after the colon", start)
        found = _TAG.match(text)
        end = found.end() if found else 0
        if end < len(text):
            raise self.fail(f"{text[end]!r} cannot stand here in a tag", start + end)
        if len(text) > MAX_TAG:
            raise self.fail(f"a tag has at most {MAX_TAG} characters, this one {len(text)}", start + MAX_TAG)
        return text

    def digest(self, start: int, text: str) -> Digest:
        if not text:
            raise self.fail("the digest is missing after the @", start)
        try:
            return Digest.parse(text)
        except ValueError as error:
            found = DIGEST.match(text)
            at = found.end() if found and found.end() < len(text) else text.find(":") + 1
            raise self.fail(str(error), start + at) from None
