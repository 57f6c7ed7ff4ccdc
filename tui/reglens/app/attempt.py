"""Which exchanges belong to one attempt: the browser lists a catalogue, searches and pulls at the same time."""

from __future__ import annotations

from collections.abc import Iterable

from reglens.oci.reference import Reference
from reglens.oci.referrers import names_a_digest
from reglens.oci.scope import parse_scopes
from reglens.trace.exchange import Exchange, Role

ELSEWHERE = frozenset({Role.CATALOG, Role.SEARCH, Role.REFERRERS})


def concerning(exchanges: Iterable[Exchange], reference: Reference | None) -> tuple[Exchange, ...]:
    """Those exchanges that are about `reference`, in order: without what the catalogue, the search and the look for
    referrers asked, the tokens for the first two and their redirects. All of them if there is no reference."""
    ordered = sorted(exchanges, key=lambda exchange: exchange.number)
    if reference is None:
        return tuple(ordered)
    kept: list[Exchange] = []
    left: set[int] = set()
    for exchange in ordered:
        if _elsewhere(exchange, reference) or exchange.follows in left:
            left.add(exchange.number)
        else:
            kept.append(exchange)
    return tuple(kept)


def _elsewhere(exchange: Exchange, reference: Reference) -> bool:
    if exchange.role is Role.MANIFEST:  # what might refer to a manifest is looked for; that it is not there is no fault
        target = exchange.path.rpartition("/")[2]
        return names_a_digest(target) and target != reference.target
    if exchange.role is not Role.TOKEN:
        return exchange.role in ELSEWHERE
    return for_listing(exchange) and bool(reference.repository)


def for_listing(exchange: Exchange) -> bool:
    """Whether it asks for a token that is good for the catalogue alone."""
    scopes = [scope for text in exchange.asked("scope") for scope in parse_scopes(text)]
    return exchange.role is Role.TOKEN and bool(scopes) and all(scope.type == "registry" for scope in scopes)
