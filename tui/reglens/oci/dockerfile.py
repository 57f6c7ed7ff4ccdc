"""An image's history as the Dockerfile that it may have come from.

Builders write ``created_by`` as the instruction (BuildKit) or as the shell command that carried it out, with ``#(nop)``
before what ran nothing (moby, builder/dockerfile). What the files of COPY and ADD were called on the builder, which
base image stood before, and build arguments' defaults are not recorded: the text is for reading, not for building.
"""

from __future__ import annotations

import json
import re

from reglens.oci.config import HistoryEntry, ImageConfig

_BUILDKIT = re.compile(r"\s*# buildkit\s*$")
_SHELL = re.compile(r"^(?:RUN )?(?:\|\d+ .*?)?/bin/(?:ba)?sh -c (?P<nop>#\(nop\) *)?(?P<rest>.*)$", re.DOTALL)
_EXPOSED = re.compile(r"^EXPOSE map\[(?P<ports>.*)\]$", re.DOTALL)
_INSTRUCTION = re.compile(
    r"^(?:ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL|STOPSIGNAL|USER|VOLUME|"
    r"WORKDIR)\b"
)


def step_text(entry: HistoryEntry) -> str:
    """A history entry as the Dockerfile line it came from, as near as can be told."""
    text = _BUILDKIT.sub("", entry.created_by).replace("\t", "    ").strip()
    found = _SHELL.match(text)
    if found:
        rest = found["rest"].strip()
        return rest if found["nop"] else f"RUN {rest}"
    return text or entry.comment or "(no record of this step)"


def dockerfile(config: ImageConfig) -> str:
    """The history as Dockerfile text. What is no instruction stands as a comment; every line of a server's that might
    be taken for another instruction stays on the line of its own."""
    lines = ["# Reconstructed from the image's history: for reading, not for building.", "FROM scratch"]
    for entry in config.history:
        step = step_text(entry)
        exposed = _EXPOSED.match(step)
        if exposed:
            ports = [port.partition(":{")[0] for port in exposed["ports"].split()]
            step = f"EXPOSE {' '.join(ports)}"
        rows = [row.rstrip() for row in step.split("\n")]
        if not _INSTRUCTION.match(step):
            lines += [f"# {row}" for row in rows]
        elif len(rows) > 1:
            lines += [*(row if row.endswith("\\") else f"{row} \\" for row in rows[:-1]), rows[-1]]
        else:
            lines += rows
    if not config.history:
        for name, value in (("ENTRYPOINT", config.entrypoint), ("CMD", config.cmd)):
            if value:
                lines.append(f"{name} {json.dumps(list(value))}")
    return "\n".join(lines) + "\n"
