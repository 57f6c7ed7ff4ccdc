"""The ``certs.d`` directories of docker and the containers tools: a folder for each ``host[:port]``.

In it, each ``*.crt`` is an authority to trust beside the system's, and each ``*.cert`` with the ``*.key`` of its name a
client certificate (moby, registry/registry.go, ``ReadCertsDirectory``; containers/image, pkg/tlsclientconfig). Those
tools look into directories of their own each; here each that they would look into counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reglens.registry.ways.files import Unusable, listing, short
from reglens.registry.ways.model import Decision, Trust


def trust_in(directories: Sequence[Path], names: Sequence[str], home: Path) -> Trust:
    """What `directories` hold for a host under any of its `names` (Docker Hub has several)."""
    found = Trust()
    for directory in directories:
        for name in names:
            if "/" not in name and name not in ("", ".", ".."):
                found = found.beside(read_folder(directory / name, home))
    return found


def read_folder(folder: Path, home: Path) -> Trust:
    """What one host's folder holds."""
    shown = short(folder, home)
    try:
        names = listing(folder)
    except Unusable as error:
        return Trust(decisions=(Decision(str(error), shown, problem=True),))
    authorities = tuple(folder / name for name in names if name.endswith(".crt"))
    decisions = [Decision(f"certificates by {path.name} are trusted", shown) for path in authorities]
    client: tuple[Path, Path | None] | None = None
    for name in names:
        stem, dot, kind = name.rpartition(".")
        if not dot or kind not in ("cert", "key"):
            continue
        other = f"{stem}.{'key' if kind == 'cert' else 'cert'}"
        if other not in names:
            hint = "; certificates of authorities end in .crt" if kind == "cert" else ""
            decisions.append(Decision(f"{name} has no {other} beside it{hint}", shown, problem=True))
        elif kind == "cert" and client is None:
            client = folder / name, folder / other
            decisions.append(Decision(f"{name} is shown as client certificate", shown))
    return Trust(authorities, client, False, tuple(decisions))
