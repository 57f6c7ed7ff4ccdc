"""``reglens check REFERENCE``: the way to a reference, walked live and diagnosed."""

from __future__ import annotations

import argparse

from reglens.cli.connect import Connection, connection, say_scheme
from reglens.cli.connect import run as run_async
from reglens.cli.diagnosis_view import show
from reglens.cli.output import Output
from reglens.cli.refusal import diagnose_session
from reglens.diagnosis.finding import Diagnosis
from reglens.errors import ReglensError
from reglens.oci.reference import Reference


def run(args: argparse.Namespace, output: Output) -> int:
    """Walk, diagnose, print."""
    reference = Reference.parse(args.reference)
    diagnosis = run_async(walk(reference, connection(args), args, output))
    return show(diagnosis, output)


async def walk(reference: Reference, reached: Connection, args: argparse.Namespace, output: Output) -> Diagnosis:
    """Go to `reference` as a client does; what that showed."""
    session = reached.session(reference.registry)
    try:
        await session.manifest(reference)
        if args.action != "pull":
            await session.acquire_token(reference, action=args.action)
    except ReglensError:
        if not len(session.trace):
            raise  # it failed before anything was sent; there is nothing to diagnose
    finally:
        await session.aclose()
        say_scheme(session, args, output)
    return diagnose_session(session, reference, action=args.action)
