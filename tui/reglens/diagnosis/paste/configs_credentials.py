"""Credentials files in a paste: docker's ``config.json``, the containers tools' ``auth.json``, Kubernetes pull secrets.

Sources: docker/cli, cli/config/configfile/file.go; containers/image, pkg/docker/config/config.go; kubernetes,
pkg/credentialprovider/config.go.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import re
from collections.abc import Sequence

from reglens.auth.sources.entries import decode_auth
from reglens.auth.sources.keys import HUB_KEY, Key
from reglens.diagnosis.evidence import Fact, Span
from reglens.diagnosis.paste.configs_read import Leaf, json_leaves
from reglens.diagnosis.paste.source import Passage
from reglens.jsontext import loads
from reglens.oci.reference import HUB
from reglens.secret import Secret

SETTINGS = (
    "auths HttpHeaders credsStore credHelpers detachKeys experimental proxies plugins currentContext "
    "aliases psFormat "
    "imagesFormat stackOrchestrator cliPluginsExtraDirs features"
).split()
_MATTER = ("auths", "credsStore", "credHelpers")
_SECRETS = ("auth", "password", "identitytoken", "registrytoken")
_SHOWN = re.compile(
    r"\*{2,}|\.{2,}|…|<[^>]{0,60}>|x{3,}|\[?redacted\]?|sha256:[0-9a-f]{6,64}|\$\{?\w{1,60}\}?", re.IGNORECASE
)


def looks_like(leaves: Sequence[Leaf], text: str) -> bool:
    """Whether leaves are those of a credentials file, perhaps with its one important name misspelt."""
    top = {leaf.path[0] for leaf in leaves}
    if top & set(_MATTER) or re.search(r"[\"']auths[\"']\s{0,5}:", text):
        return True
    return any(_meant(name) for name in top) or any(len(leaf.path) == 2 and leaf.path[1] == "auth" for leaf in leaves)


def facts(source: str, leaves: Sequence[Leaf], passage: Passage) -> list[Fact]:
    """The facts of one credentials file."""
    found = [_damage(source, passage)]
    found += [_misspelt(source, leaf, {other.path[0] for other in leaves}) for leaf in leaves]
    legacy = not any(leaf.path[0] in _MATTER for leaf in leaves)
    entries: dict[str, Span] = _entries(passage) if not legacy else {}
    for leaf in leaves:
        path = ("auths", *leaf.path) if legacy and len(leaf.path) == 2 else leaf.path
        if path[0] == "auths" and len(path) == 3:
            entries.setdefault(path[1], leaf.span)
            found += _entry(source, path, leaf)
        elif path[0] in _MATTER:
            found.append(Fact(source, path, leaf.value, leaf.span))
    for key, span in entries.items():
        found.append(Fact(source, ("auths", key), True, span))
        if reason := _unreachable(key):
            found.append(Fact(source, ("auths", key, "unreachable"), reason, span))
    return [fact for fact in found if fact is not None]


_KEY = re.compile(r"\"(?P<key>[^\"\n]{1,300})\"\s{0,20}:\s{0,20}\{")


def _entries(passage: Passage) -> dict[str, Span]:
    """The keys inside ``auths``, those of empty entries too, which have no leaves."""
    begin = re.search(r"\"auths\"\s{0,20}:\s{0,20}\{", passage.text)
    found: dict[str, Span] = {}
    if not begin:
        return found
    depth, start = 1, begin.end()
    for part in re.finditer(r"\"(?:[^\"\\\n]|\\.){0,65536}\"|[{}]", passage.text[start:]):
        if part[0] == "{":
            depth += 1
        elif part[0] == "}":
            depth -= 1
            if depth == 0:
                break
        elif depth == 1 and (key := _KEY.match(passage.text, start + part.start())):
            found[key["key"]] = passage.span(key.start("key"), key.end("key"))
    return found


def _entry(source: str, path: tuple[str, ...], leaf: Leaf) -> list[Fact]:
    value = leaf.value
    if path[2] not in _SECRETS or not isinstance(value, str):
        return [Fact(source, path, value, leaf.span)]
    found = [Fact(source, path, Secret(value), leaf.span)]
    if path[2] != "auth":
        return found
    if not value.strip():
        return [*found, Fact(source, (*path[:2], "problem"), "auth is empty", leaf.span)]
    if _is_masked(value.strip()):
        return found  # masked by whoever pasted it: nothing can be said
    try:
        username, _, note = decode_auth(value)
    except ValueError as error:
        return [*found, Fact(source, (*path[:2], "problem"), str(error), leaf.span)]
    found.append(Fact(source, (*path[:2], "username"), username, leaf.span))
    if note:
        found.append(Fact(source, (*path[:2], "note"), note, leaf.span))
    return found


def _is_masked(text: str) -> bool:
    """Whether whoever pasted it put something else in the secret's place."""
    if len(text) > 2 and len(set(text.rstrip("="))) == 1:
        return True  # one letter over and over
    return bool(_SHOWN.fullmatch(text) or (_SHOWN.search(text) and not re.fullmatch(r"[A-Za-z0-9+/=_-]+", text)))


def _unreachable(key: str) -> str:
    """Why clients do not look under a key, or ``""``."""
    meant = Key.read(key.strip())
    if key != key.strip():
        return "blanks stand around the key"
    if meant.host == HUB and key != HUB_KEY:
        if key.rstrip("/") == "docker.io":
            return ""  # the containers tools and nerdctl look here
        return f"docker, kaniko and the kubelet look Docker Hub up under {HUB_KEY}"
    return ""


def _meant(name: str) -> str:
    """The setting that a misspelt one was meant to be, or ``""``."""
    if name in SETTINGS:
        return ""
    lowered = {setting.lower(): setting for setting in _MATTER}
    close = difflib.get_close_matches(name.lower()[:40], lowered, 1, cutoff=0.8)
    return lowered[close[0]] if close else ""


def _misspelt(source: str, leaf: Leaf, top: set[str]) -> Fact | None:
    name = leaf.path[0]
    meant = _meant(name)
    if not meant or meant in top:
        return None
    return Fact(source, ("misspelt", name), meant, leaf.key_span if len(leaf.path) == 1 else leaf.span)


def _damage(source: str, passage: Passage) -> Fact | None:
    """Where a document that is pasted whole breaks the JSON grammar. A fragment that just ends is not damage."""
    text = passage.text.strip().removesuffix("%").rstrip()  # zsh marks so that an output had no line end
    if text.count("{") != text.count("}") or "..." in text or "…" in text:
        return None
    try:
        loads(text)
    except ValueError as error:
        position = min(getattr(error, "pos", 0), max(len(passage.text) - 1, 0))
        return Fact(source, ("damage",), str(error)[:200], passage.span(position, position + 1))
    return None


def from_secret(leaf: Leaf) -> list[Fact]:
    """The credentials in the ``.dockerconfigjson`` or ``.dockercfg`` of a Kubernetes secret (base64, or plain under
    ``stringData``)."""
    text = str(leaf.value).strip()
    path = (*leaf.path[-2:], "problem")
    if not text.startswith("{"):
        bare = re.sub(r"\s+", "", text)
        if _is_masked(bare):
            return []
        try:
            text = base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
        except (binascii.Error, ValueError):
            return [Fact("pull secret", path, "it is not base64 of text", leaf.span)]
    inner = Passage(text, ((0, leaf.span[0]),))
    leaves = [Leaf(part.path, part.value, leaf.span, leaf.span) for part in json_leaves(inner)]
    found = [Fact(f.source, f.path, f.value, leaf.span) for f in facts("pull secret", leaves, inner)]
    return found or [Fact("pull secret", path, "it holds no credentials", leaf.span)]
