"""Other programs that look up digests, where they are found on the PATH."""

from __future__ import annotations

import shutil

_ONE = {
    "skopeo inspect --raw": ["skopeo", "inspect", "--raw", "--tls-verify=false", "docker://{}"],
    "crane digest": ["crane", "digest", "--insecure", "{}"],
    "regctl image digest": ["regctl", "--host", "reg={host},tls=disabled", "image", "digest", "{}"],
    "oras resolve": ["oras", "resolve", "--plain-http", "{}"],
}


def one_digest(reference: str) -> dict[str, list[str]]:
    """The command of each program that is there, by the name to print, that gets the digest of `reference`."""
    host = reference.partition("/")[0]
    return {
        name: [word.format(reference, host=host) for word in command]
        for name, command in _ONE.items()
        if shutil.which(command[0])
    }
