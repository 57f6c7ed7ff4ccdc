"""``reglens manifest REFERENCE``: the manifest's own bytes."""

from __future__ import annotations

import argparse

from reglens.cli.commands.digest import manifest_of, read_platform
from reglens.cli.connect import Connection, connection, has_manifest, read_reference, spelt_out, telling_scheme
from reglens.cli.connect import run as run_async
from reglens.cli.kept import hint_at_kept, say_unasked
from reglens.cli.output import Output
from reglens.cli.refusal import Refusal
from reglens.errors import ReglensError
from reglens.oci.descriptor import Platform
from reglens.oci.reference import Reference


def run(args: argparse.Namespace, output: Output) -> int:
    """Print a manifest."""
    platform = read_platform(args.platform)
    reached = connection(args)
    reference = read_reference(spelt_out(args.reference, reached, output, has_manifest))
    return run_async(_manifest(reference, platform, reached, args, output))


async def _manifest(
    reference: Reference, platform: Platform | None, reached: Connection, args: argparse.Namespace, output: Output
) -> int:
    session = reached.session(reference.registry, cached=True)
    try:
        with telling_scheme(args, output, session):
            manifest = await manifest_of(session, reference, platform)
    except ReglensError as error:
        await hint_at_kept(error, session, reference)
        refusal = Refusal(error, session, reference)
        if output.as_json:
            nothing = {"digest": None, "media_type": None, "size": None, "manifest": None}
            output.document({"schema": 1, "reference": str(reference), **nothing, **refusal.fields()})
        else:
            refusal.tell(output)
        return 1
    finally:
        await session.aclose()
    say_unasked(output, session)
    if output.as_json:
        output.document(
            {
                "schema": 1,
                "reference": str(reference),
                "digest": str(manifest.digest),
                "media_type": manifest.media_type,
                "size": manifest.size,
                "manifest": dict(manifest.document),
                "cached": manifest.kept_since is not None,
            }
        )
    else:
        output.data(manifest.raw)
    return 0
