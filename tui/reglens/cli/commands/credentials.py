"""``reglens credentials [REGISTRY]``: which credentials would be used, and from where."""

from __future__ import annotations

import argparse
from typing import Any

from reglens.auth.credentials import Consulted, Credential, SourceVerdict
from reglens.cli.connect import connection, spelt_out
from reglens.cli.connect import run as run_async
from reglens.cli.output import Output
from reglens.oci.reference import Place
from reglens.registry.ways.model import Way
from reglens.registry.ways.told import way_of
from reglens.text import clean

_MARKS = {
    SourceVerdict.USED: "✓",
    SourceVerdict.PASSED_OVER: "·",
    SourceVerdict.NOTHING: "·",
    SourceVerdict.ABSENT: "·",
    SourceVerdict.FAILED: "✗",
}


def run(args: argparse.Namespace, output: Output) -> int:
    """Look the credentials up as a session would, and print the outcome with every secret masked.

    The exit code is 1 if nothing is used because a source could not be read.
    """
    reached = connection(args)
    text = spelt_out(args.registry.strip(), reached, output) if "/" in args.registry else args.registry.strip()
    place = Place.parse(f"{text}/" if ":" in text and "/" not in text else text)
    repository = place.reference.repository if place.reference else ""
    lookup = run_async(reached.credentials.find(place.registry, repository))
    way = way_of(place.registry, repository, reached.options)
    failed = any(seen.verdict is SourceVerdict.FAILED for seen in lookup.consulted)
    code = 1 if failed and lookup.credential is None else 0
    if output.as_json:
        output.document(
            {
                "schema": 1,
                "registry": place.registry,
                "repository": repository or None,
                "used": credential_json(lookup.credential) if lookup.credential else None,
                "consulted": [_seen_json(seen) for seen in lookup.consulted],
                "way": _way_json(way),
            }
        )
        return code
    where = f"{place.registry}/{repository}" if repository else place.registry
    output.line(f"{where}: {describe(lookup.credential) if lookup.credential else 'anonymous'}")
    for seen in lookup.consulted:
        about = ", ".join(filter(None, (f"key {seen.key}" if seen.key else "", seen.detail)))
        who = f" as {seen.username}" if seen.username else ""
        output.line(f"  {_MARKS[seen.verdict]} {seen.verdict:11}  {seen.source}{who}" + (f": {about}" if about else ""))
    if way.decisions:
        output.line("The way there:")
    for decision in way.decisions:
        output.line(f"  {'✗' if decision.problem else '→'} {clean(str(decision))}")
    return code


def _way_json(way: Way) -> dict[str, Any]:
    """Who is asked, in order, and what decided it. Mirrors get only credentials that are stored for them."""
    return {
        "blocked": way.blocked or None,
        "endpoints": [
            {"registry": e.registry, "repository": e.repository or None, "mirror": e.mirror, "insecure": e.insecure}
            for e in way.endpoints
        ],
        "decisions": [{"what": d.what, "source": d.source, "problem": d.problem} for d in way.decisions],
    }


def describe(credential: Credential) -> str:
    """A credential in words, its secret as fingerprint."""
    if credential.registry_token is not None:
        what = f"a registry token ({credential.registry_token})"
    elif credential.identity_token is not None:
        what = f"an identity token ({credential.identity_token})"
    else:
        what = f"user {clean(credential.username)}, password {credential.password}"
    return f"{what} from {clean(credential.source)}"


def credential_json(credential: Credential) -> dict[str, Any]:
    """A credential with its secret as fingerprint."""
    kinds = {
        "password": credential.password,
        "identity token": credential.identity_token,
        "registry token": credential.registry_token,
    }
    kind, secret = next(((k, s) for k, s in kinds.items() if s is not None), ("none", None))
    return {
        "source": credential.source,
        "username": credential.username or None,
        "kind": kind,
        "secret": str(secret) if secret is not None else None,
    }


def _seen_json(seen: Consulted) -> dict[str, Any]:
    return {
        "source": seen.source,
        "verdict": str(seen.verdict),
        "detail": seen.detail or None,
        "key": seen.key or None,
        "username": seen.username or None,
    }
