"""A token for its own sake: asked for as a client would, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reglens.auth.challenge import Challenge
from reglens.auth.flow import Resource, scope_texts, want_token
from reglens.auth.reply import Reply
from reglens.auth.tokens import TokenKey
from reglens.errors import TokenError, TokenNotUsed
from reglens.oci import media
from reglens.oci.reference import Reference
from reglens.registry.body import MANIFEST_LIMIT, PING_LIMIT
from reglens.registry.channel import Channel
from reglens.registry.content import manifest_path
from reglens.registry.products import recognise
from reglens.registry.results import TokenGrant
from reglens.registry.transport import Call
from reglens.trace.exchange import Role

ACTIONS = {"pull": ("pull",), "push": ("pull", "push"), "delete": ("delete",)}
"""The actions that a client asks for; pushing needs reading too (distribution, registry/client/auth/session.go)."""


async def acquire(
    channel: Channel,
    reference: Reference | None,
    *,
    service: str | None,
    scopes: Sequence[str] | None,
    action: str,
) -> TokenGrant:
    """See `Session.acquire_token`."""
    repository = reference.repository if reference else ""
    resource = Resource("content" if reference else "base", repository, ACTIONS.get(action, (action,)))
    reply, challenge = await _challenge(channel, reference)
    lookup = await channel.find(repository)
    credential = lookup.credential
    if credential is not None and credential.registry_token is not None:
        raise TokenError(
            f"{credential.source} holds a token for the registry itself, which is sent as it is: none is asked for.",
            "Look at that one with reglens explain, or add --anonymous.",
            exchange=reply.exchange,
        )
    if scopes is not None:
        wanted = tuple(scopes)
    elif action == "pull":
        wanted = scope_texts(challenge.scope or "") or tuple(map(str, resource.scopes()))
    else:
        wanted = tuple(map(str, resource.scopes()))
    if scopes is None and action == "delete":
        deletes = recognise(channel.registry, (challenge,)).deletes
        wanted = tuple(str(scope) for scope in resource.scopes(deletes))
    options = channel.transport.options
    base = await channel.transport.find_base_url()
    want = want_token(challenge, wanted, credential, channel.registry, base, options.trust.of(channel.registry))
    if service is not None:
        key = TokenKey(want.key.registry, want.key.realm, service, want.key.scopes, want.key.identity)
        want = replace(want, service=service, key=key)
    grant = await channel.fetch_token(want)
    return TokenGrant(challenge, grant.exchange, grant.token, grant.expires)


async def _challenge(channel: Channel, reference: Reference | None) -> tuple[Reply, Challenge]:
    """The first bearer challenge that the resource meets, else the registry's base."""
    base = await channel.transport.find_base_url()
    root = base + channel.transport.endpoint.root
    call = ping = Call(Role.PING, f"{root}/", PING_LIMIT, headers=(("Accept", "application/json"),))
    if reference is not None:
        url = f"{root}/{reference.repository}/{manifest_path(reference.target)}"
        call = Call(Role.MANIFEST, url, MANIFEST_LIMIT, "HEAD", (("Accept", media.ACCEPT),))
    reply = await channel.follow(call)
    others = list(reply.exchange.challenges)
    if call is not ping and _bearer(others) is None:
        reply = await channel.follow(ping)
        others += reply.exchange.challenges
    found = _bearer(others)
    if found is not None:
        return reply, found
    schemes = ", ".join(dict.fromkeys(c.scheme for c in others if c.scheme))
    if any(c.is_scheme("bearer") for c in others):
        message = f"{channel.registry} asks for a bearer token, but its challenge names no realm to get one from."
        hint = "The registry or a proxy before it is set up wrongly (auth.token.realm)."
    elif schemes:
        hint = "With Basic, user and password go to the registry itself and no token is involved."
        message = f"{channel.registry} asks for {schemes}, not for a bearer token."
        raise TokenNotUsed(message, hint, exchange=reply.exchange)
    elif reply.status < 400:
        message = f"{channel.registry} asks for no token: it is open to everybody here."
        raise TokenNotUsed(message, "Read it without one.", exchange=reply.exchange)
    else:
        message = f"{channel.registry} answers {reply.status} and names no token server."
        hint = "Its challenge is missing; the registry or a proxy before it is set up wrongly."
    raise TokenError(message, hint, exchange=reply.exchange)


def _bearer(challenges: Sequence[Challenge]) -> Challenge | None:
    return next((c for c in challenges if c.is_scheme("bearer") and c.realm), None)
