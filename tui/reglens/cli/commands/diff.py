"""``reglens diff A B``: two manifests compared."""

from __future__ import annotations

import argparse

from reglens.cli.commands.digest import read_platform
from reglens.cli.connect import Connection, connection, has_manifest, read_reference, spelt_out, telling_scheme
from reglens.cli.connect import run as run_async
from reglens.cli.kept import hint_at_kept, say_unasked
from reglens.cli.output import Output
from reglens.cli.refusal import Refusal
from reglens.errors import ReglensError
from reglens.oci.compare import Change, Difference, LayerRow, compare, to_document
from reglens.oci.descriptor import Platform
from reglens.oci.reference import Reference
from reglens.text import clean, human_size

_MARKS = {Change.SAME: " ", Change.CHANGED: "~", Change.MOVED: ">", Change.ADDED: "+", Change.REMOVED: "-"}


def run(args: argparse.Namespace, output: Output) -> int:
    """Compare two references."""
    platform = read_platform(args.platform)
    reached = connection(args)
    before, after = (read_reference(spelt_out(t, reached, output, has_manifest)) for t in (args.before, args.after))
    return run_async(_diff(before, after, platform, reached, args, output))


async def _diff(
    before: Reference,
    after: Reference,
    platform: Platform | None,
    reached: Connection,
    args: argparse.Namespace,
    output: Output,
) -> int:
    from reglens.registry.sides import two_sides

    sessions = {registry: reached.session(registry, cached=True) for registry in (before.registry, after.registry)}
    one, other = sessions[before.registry], sessions[after.registry]
    try:
        with telling_scheme(args, output, *sessions.values()):
            sides = await two_sides((one, before), (other, after), platform)
    except ReglensError as error:
        failed = error.concerns or before
        await hint_at_kept(error, sessions[failed.registry], failed)
        refusal = Refusal(error, sessions[failed.registry], failed)
        if output.as_json:
            output.document({"schema": 1, "same": None, **refusal.fields()})
        else:
            refusal.tell(output)
        return 1
    finally:
        for session in sessions.values():
            await session.aclose()
    say_unasked(output, *sessions.values())
    difference = compare(*sides)
    if output.as_json:
        output.document({"schema": 1, **to_document(difference)})
    else:
        output.lines(report(difference))
    return 0


def report(difference: Difference) -> list[str]:
    """The difference as lines: what is the same is left out, but for layers, whose order tells something."""
    before, after = difference.before, difference.after
    lines = [f"--- {before.name} {before.manifest.digest}", f"+++ {after.name} {after.manifest.digest}"]
    if difference.same:
        return [*lines, "the same manifest"]
    if before.size is not None and after.size is not None:
        change = after.size - before.size
        lines.append(f"size: {human_size(before.size)} -> {human_size(after.size)} ({'+' if change >= 0 else ''}"
                     f"{human_size(change)})")  # fmt: skip
    for title, rows in difference.parts:
        changed = [row for row in rows if row.change is not Change.SAME]
        if not changed:
            continue
        lines += ["", f"{title}:"]
        for row in changed:
            if row.before is not None:
                lines.append(f"  - {row.name}: {_flat(row.before)}")
            if row.after is not None:
                lines.append(f"  + {row.name}: {_flat(row.after)}")
    if difference.layers:
        lines += ["", "layers:", *(_layer(row) for row in difference.layers)]
    return lines


def _flat(value: str) -> str:
    return clean(" ".join(value.split()), 1000)


def _layer(row: LayerRow) -> str:
    places = f"{row.before_place or '':>3} {row.after_place or '':>3}"
    entry = row.after or row.before
    assert entry is not None
    told = f"  {_MARKS[row.change]} {places}  {human_size(entry.size):>9}  {entry.digest.short}  {row.change.value}"
    if row.change is Change.CHANGED and row.before is not None:
        told += f" (was {row.before.digest.short}, {human_size(row.before.size)})"
    return told
