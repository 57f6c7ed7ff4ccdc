"""What the token says of itself: audience, issuer, life, key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from reglens.auth.token import LEEWAY, Token
from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix
from reglens.diagnosis.rules.build import likely, proven, remark
from reglens.diagnosis.scene import Scene
from reglens.text import human_duration

_LEEWAY = timedelta(seconds=LEEWAY)


def audience(scene: Scene) -> Iterator[Finding]:
    """Claim ``aud`` against the registry's service."""
    token, asked = scene.token, scene.asked_service
    if scene.ok or not asked or token is None or token.claims is None or not scene.product.checks_audience:
        return
    if token.partial and "aud" not in token.claims:
        return
    told = ", ".join(token.audience) or "nobody (there is no aud)"
    evidence = [scene.asked_service_proof, scene.token_proof("aud", token.claims.get("aud"))]
    fix = Fix(
        f"Request the token with service={asked}, exactly as the challenge spells it; if the token server then still "
        f"writes another aud, set the registry's service (auth.token.service) and the token server's to one name.",
        fixes.exchange_commands(scene),
    )
    if asked not in token.audience:
        yield proven(
            "audience-mismatch",
            "The token is for another service",
            f"This registry takes only tokens whose claim aud is {asked!r}; this one is for {told}. The audience "
            "becomes "
            "what the client sends as service when it asks for the token, so that is the usual culprit.",
            evidence,
            fix,
        )
    elif isinstance(token.claims.get("aud"), list) and scene.error == "invalid_token":
        yield likely(
            "audience-mismatch",
            "The audience is a list, which distribution 2 cannot read",
            "The claim aud holds the right service, but as a list. distribution 3 takes that; the 2.x line "
            "(docker-registry "
            "2.8) expects a text and calls the token malformed. The registry's log would say 'cannot unmarshal array "
            "into "
            "Go struct field ClaimSet.aud'.",
            evidence,
            Fix("Let the token server write aud as a plain text, or run distribution 3.", ()),
        )


def life(scene: Scene) -> Iterator[Finding]:
    """Claims ``exp`` and ``nbf`` against the moment of the refusal, with the leeway that distribution grants."""
    token, moment = scene.token, scene.moment
    if scene.ok or token is None or token.claims is None or moment is None:
        return
    if scene.refusal is None and not (scene.only_token and scene.evidence.moment is not None):
        return  # nobody said when it was used
    end, start = token.expires, token.not_before
    fresh = Fix("Fetch a new token and repeat the request with it.", fixes.exchange_commands(scene))
    clock = scene.moment_proof
    if end is not None and moment > end + _LEEWAY:
        yield proven(
            "token-expired",
            "The token had expired",
            f"It was good until {end:%Y-%m-%d %H:%M:%S} UTC; {_used(scene)} "
            f"{human_duration((moment - end).total_seconds())} "
            f"later{_by_clock(scene)}. Registry tokens live minutes; up to {LEEWAY} s over are forgiven.",
            [scene.token_proof("exp", f"{end:%Y-%m-%d %H:%M:%S} UTC"), clock],
            fresh,
        )
    elif "exp" not in token.claims and not token.partial and scene.error == "invalid_token":
        yield proven(
            "token-expired",
            "The token says nothing about its end",
            "The claim exp is missing. distribution reads that as the year 1970, so such a token has always expired.",
            [scene.token_proof("exp", None), clock],
            Fix("Let the token server set exp.", ()),
        )
    if token.in_milliseconds("nbf"):
        yield proven(
            "token-not-yet-valid",
            "The token's times are in milliseconds",
            "The claim nbf counts seconds since 1970 (RFC 7519, section 2); this one is a thousand times too large, so "
            "the token begins after tens of thousands of years.",
            [scene.token_proof("nbf", token.claims.get("nbf")), clock],
            Fix("Let the token server write exp, nbf and iat in seconds.", ()),
        )
        return
    yield from _from_the_future(scene, token, moment)
    if start is not None and moment < start - _LEEWAY:
        yield proven(
            "token-not-yet-valid",
            "The token was not valid yet",
            f"It becomes valid at {start:%Y-%m-%d %H:%M:%S} UTC, {human_duration((start - moment).total_seconds())} "
            f"after {_used(scene)}{_by_clock(scene)}. Up to {LEEWAY} s are forgiven.",
            [scene.token_proof("nbf", f"{start:%Y-%m-%d %H:%M:%S} UTC"), clock],
            Fix(
                "Put the clocks of token server and registry right (ntp); a token that is not valid yet cannot be "
                "used.",
                ("timedatectl status", "chronyc tracking"),
            ),
        )


def _used(scene: Scene) -> str:
    return "the registry refused it" if scene.refusal is not None else "it was used"


def _by_clock(scene: Scene) -> str:
    return ", by the registry's clock" if scene.refusal is not None else ""


def _from_the_future(scene: Scene, token: Token, moment: datetime) -> Iterator[Finding]:
    """A token that was issued after it was refused: two clocks disagree, whatever else is wrong."""
    issued = token.issued_at
    if scene.refusal is None or issued is None or issued <= moment + _LEEWAY:
        return
    made = scene.grant.server_time if scene.grant is not None and scene.grant.token is not None else None
    if made is not None and abs(made - moment) <= _LEEWAY:
        return  # the token server's clock is right; what it writes into its tokens is not
    ahead = human_duration((issued - moment).total_seconds())
    yield proven(
        "clock-skew",
        f"The token server's clock is {ahead} ahead of the registry's",
        f"By its claim iat the token was issued at {issued:%Y-%m-%d %H:%M:%S} UTC, {ahead} after the registry refused "
        "it by its "
        "own clock. Nothing is refused before it is made: the clocks disagree.",
        [scene.token_proof("iat", f"{issued:%Y-%m-%d %H:%M:%S} UTC"), scene.moment_proof],
        _CLOCKS,
    )


def clocks(scene: Scene) -> Iterator[Finding]:
    """The clocks of the servers against this machine's, for live exchanges."""
    apart = [
        (exchange, (exchange.server_time - exchange.local_time).total_seconds())
        for exchange in scene.evidence.exchanges
        if exchange.server_time is not None and exchange.local_time is not None
    ]
    wide = [(exchange, seconds) for exchange, seconds in apart if abs(seconds) > LEEWAY]
    if not wide:
        return
    exchange, seconds = wide[-1]
    between = [s for _, s in apart]
    servers = max(between) - min(between) > LEEWAY
    make = remark if scene.ok or scene.refusal is None else likely
    who = (
        "The servers' clocks disagree with each other"
        if servers
        else "This machine's clock disagrees with the registry's"
    )
    yield make(
        "clock-skew",
        who,
        f"The answer's Date is {human_duration(abs(seconds))} {'ahead of' if seconds > 0 else 'behind'} this "
        "machine's clock. "
        f"More than {LEEWAY} s break exp and nbf of tokens.",
        [scene.proof(exchange, "date", "Date", exchange.response_headers.get("date", ""))],
        _CLOCKS,
    )


_CLOCKS = Fix("Synchronise the clocks with ntp.", ("timedatectl set-ntp true", "chronyc tracking", "date -u"))

RULES = (audience, life, clocks)
