"""One entry of a credentials file's ``auths``, read into a credential.

Sources: docker/cli, cli/config/types/authconfig.go and configfile/file.go (``decodeAuth``); containers/image,
pkg/docker/config/config.go (``decodeDockerAuth``, which strips NULs); go-containerregistry, pkg/authn/authn.go (base64
without padding).
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from reglens.auth.credentials import Credential
from reglens.secret import Secret

TOKEN_USER = "<token>"  # noqa: S105 - the user name that marks an identity token (docker/cli, credentials/native_store.go)
_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry holds: a credential, or why there is none. `note` is something odd that was put up with; `empty`
    tells a marker (``{}``), which docker leaves where a helper keeps the secret, from damage."""

    credential: Credential | None = None
    problem: str = ""
    note: str = ""
    empty: bool = False


def read_entry(value: object, source: str) -> Entry:
    """The credential in an entry. `source` is what it will name as its origin."""
    if not isinstance(value, dict):
        return Entry(problem="the entry is no object")
    for name in ("auth", "username", "password", "identitytoken", "registrytoken"):
        if not isinstance(value.get(name) or "", str):
            return Entry(problem=f"{name} is not text")
    username, password, note = value.get("username") or "", value.get("password") or "", ""
    auth = value.get("auth") or ""
    if auth.strip():
        try:
            username, password, note = decode_auth(auth)
        except ValueError as error:
            return Entry(problem=str(error))
    token, registry_token = value.get("identitytoken") or "", value.get("registrytoken") or ""
    if registry_token:
        return Entry(Credential(source, username, registry_token=Secret(registry_token)), note=note)
    if token:
        name = "" if username == TOKEN_USER else username
        return Entry(Credential(source, name, identity_token=Secret(token)), note=note)
    if not username and not password:
        return Entry(empty=True)
    return from_pair(username, password, source, note)


def from_pair(username: str, password: str, source: str, note: str = "") -> Entry:
    """The credential that a user name and a secret make."""
    if not username:
        return Entry(problem="the user name is empty")
    if not password:
        return Entry(problem=f"there is no password for the user {username}")
    if username == TOKEN_USER:
        return Entry(Credential(source, identity_token=Secret(password)), note=note)
    return Entry(Credential(source, username, password=Secret(password)), note=note)


def decode_auth(text: str) -> tuple[str, str, str]:
    """User name, password and what was put up with, of an ``auth``: base64 of ``user:password``.

    Raises ValueError, with a sentence for people and without secrets, if it is none.
    """
    notes = []
    bare = re.sub(r"\s+", "", text)
    if bare != text:
        notes.append("there are blanks or line ends inside the base64")
    if re.search("[-_]", bare) and not re.search("[+/]", bare):
        bare = bare.replace("-", "+").replace("_", "/")
        notes.append("it is in the URL-safe alphabet, which docker does not read")
    if not _BASE64.fullmatch(bare):
        hint = "; it looks like user:password that was never encoded" if ":" in bare else ""
        raise ValueError(f"auth is not base64{hint}")
    bare = bare.rstrip("=")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        raise ValueError("auth is not base64: it is cut short") from None
    try:
        decoded = data.decode()
    except UnicodeDecodeError:
        raise ValueError("auth does not decode to text") from None
    username, colon, password = decoded.partition(":")
    if not colon:
        raise ValueError("auth decodes to a text without a colon between user and password")
    if not username:
        raise ValueError("auth decodes to an empty user name")
    password = password.strip("\0")
    if password != (trimmed := password.rstrip("\r\n")):
        password = trimmed
        notes.append("a line end after the password is left out; docker and the kubelet would send it")
    return username, password, "; ".join(notes)
