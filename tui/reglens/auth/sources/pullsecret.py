"""Kubernetes pull secrets given as a file (kubernetes.io/docs, "Pull an Image from a Private Registry").

A secret of type ``kubernetes.io/dockerconfigjson`` holds a docker configuration in base64 under ``.dockerconfigjson``,
the older ``kubernetes.io/dockercfg`` only its ``auths`` under ``.dockercfg``. The file may be the manifest as JSON or
YAML, the configuration itself, or its base64.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from pathlib import Path

from reglens.auth.sources.configfile import Config, read_file, read_object
from reglens.errors import UsageError

_NAMES = (".dockerconfigjson", ".dockercfg")
_YAML = re.compile(
    r"^(?P<indent>[ \t]*)[\"']?(?P<name>\.dockerconfigjson|\.dockercfg)[\"']?[ \t]*:[ \t]*(?P<value>[^\n]*)$",
    re.MULTILINE,
)


def read_pull_secret(path: Path, source: str) -> Config:
    """The configuration in a pull secret. Raises UsageError if there is none: the person named this very file."""
    try:
        return Config.read(_configuration(read_file(path).strip()), source, globs=True)
    except FileNotFoundError:
        raise UsageError(f"{source}: there is no such file") from None
    except ValueError as error:
        raise UsageError(f"{source} holds no pull secret: {error}") from None


def _configuration(text: str) -> str:
    """The docker configuration, as JSON text."""
    if not text:
        raise ValueError("it is empty")
    if text.startswith("{"):
        document = read_object(text)
        for part in _secrets(document):
            for name in _NAMES:
                if isinstance(value := part.get(name), str):
                    plain = value if value.lstrip().startswith("{") else _unbase64(value)
                    return _wrapped(plain, name)
        if "auths" in document or "credHelpers" in document or "credsStore" in document:
            return text
        if "kind" in document:
            raise ValueError(f"it is a {document['kind']} without {_NAMES[0]}")
        return _wrapped(text, _NAMES[1])
    found = _YAML.search(text)
    if found:
        return _wrapped(_yaml_value(text, found), found["name"])
    return _unbase64(text)


def _secrets(document: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The places of a manifest, or of a list of them, where a configuration may be."""
    items = document.get("items")
    manifests = [document, *(i for i in items if isinstance(i, dict))] if isinstance(items, list) else [document]
    places = [place for m in manifests for place in (m.get("data"), m.get("stringData"), m)]
    return [place for place in places if isinstance(place, dict)]


def _wrapped(text: str, name: str) -> str:
    """A ``.dockercfg`` as the configuration that it would be today."""
    return text if name == _NAMES[0] else json.dumps({"auths": read_object(text)})


def _yaml_value(text: str, found: re.Match[str]) -> str:
    """A plain, quoted or block scalar of YAML, which base64 and pretty JSON fit in."""
    value = found["value"].strip()
    if value in ("", "|", ">", "|-", ">-", "|+", ">+"):
        lines = []
        for line in text[found.end() :].split("\n")[1:]:
            if line.strip() and len(line) - len(line.lstrip()) <= len(found["indent"]):
                break
            lines.append(line.strip())
        value = "\n".join(lines)
    elif value[:1] in "\"'" and value[-1:] == value[:1]:
        value = value[1:-1]
    return value if value.lstrip().startswith("{") else _unbase64(value)


def _unbase64(text: str) -> str:
    bare = re.sub(r"\s+", "", text).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise ValueError("it is neither JSON nor base64 of it") from None
