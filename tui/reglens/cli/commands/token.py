"""``reglens token REFERENCE``: a token as a client would get it, and what it says."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from reglens.cli.connect import Connection, connection, has_manifest, spelt_out, telling_scheme, trusted_keys
from reglens.cli.connect import run as run_async
from reglens.cli.output import Output
from reglens.cli.refusal import Refusal
from reglens.errors import ReglensError
from reglens.oci.reference import Place

if TYPE_CHECKING:
    from reglens.auth.challenge import Challenge
    from reglens.auth.keys import TrustedKeys
    from reglens.registry.results import TokenGrant
    from reglens.registry.session import Session


def run(args: argparse.Namespace, output: Output) -> int:
    """Get a token and print challenge, request and claims, or the token alone."""
    keys = trusted_keys(args)
    reached = connection(args)
    place = Place.parse(spelt_out(args.reference, reached, output, has_manifest))
    return run_async(_token(place, reached, keys, args, output))


async def _token(
    place: Place, reached: Connection, keys: TrustedKeys | None, args: argparse.Namespace, output: Output
) -> int:
    session = reached.session(place.registry)
    try:
        with telling_scheme(args, output, session):
            grant = await session.acquire_token(place.reference, service=args.service, scopes=args.scope)
    except ReglensError as error:
        refusal = Refusal(error, session, place.reference, keys)
        if output.as_json:
            nothing = {"challenge": None, "request": None, "token": None, "comparison": None}
            output.document({"schema": 1, **nothing, **refusal.fields()})
        else:
            refusal.tell(output)
        return 1
    finally:
        await session.aclose()
    if output.as_json:
        output.document(_document(grant, session, place, keys, reveal=args.reveal))
    elif args.reveal:
        output.data((grant.token.raw.reveal() + "\n").encode("utf-8", "surrogateescape"))
    else:
        from reglens.cli.token_view import show

        show(grant, _compare(session, place, keys), output, now=session.clock(), keys=keys)
    return 0


def _compare(session: Session, place: Place, keys: TrustedKeys | None) -> Any:
    from reglens.diagnosis.comparison import compare
    from reglens.diagnosis.evidence import from_trace

    now, lookup = session.clock(), session.lookup
    return compare(from_trace(tuple(session.trace), place.reference, now=now, lookup=lookup, keys=keys))


def _document(
    grant: TokenGrant, session: Session, place: Place, keys: TrustedKeys | None, *, reveal: bool
) -> dict[str, Any]:
    from reglens.diagnosis.output import comparison_json, exchange_json, token_json

    token = token_json(grant.token, keys)
    if reveal:
        token["raw"] = grant.token.raw.reveal()
    return {
        "schema": 1,
        "challenge": _challenge(grant.challenge),
        "request": exchange_json(grant.request, keys),
        "token": token,
        "expires": grant.expires.isoformat(),
        "comparison": comparison_json(_compare(session, place, keys)),
    }


def _challenge(challenge: Challenge) -> dict[str, Any]:
    """A challenge, with the parameters that every token challenge has also at hand."""
    from reglens.diagnosis.output import challenge_json

    told = challenge_json(challenge)
    return {name: challenge.get(name) for name in ("realm", "service", "scope", "error")} | told
