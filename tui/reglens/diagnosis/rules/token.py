"""What the token says of itself: audience, issuer, life, key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from reglens.auth.token import LEEWAY
from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix
from reglens.diagnosis.rules.build import likely, proven
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
    if scene.ok or token is None or token.claims is None or moment is None or scene.refusal is None:
        return
    end, start = token.expires, token.not_before
    fresh = Fix("Fetch a new token and repeat the request with it.", fixes.exchange_commands(scene))
    clock = scene.moment_proof
    if end is not None and moment > end + _LEEWAY:
        yield proven(
            "token-expired",
            "The token had expired",
            f"It was good until {end:%Y-%m-%d %H:%M:%S} UTC; the registry refused it "
            f"{human_duration((moment - end).total_seconds())} "
            f"later, by its own clock. Registry tokens live minutes; up to {LEEWAY} s over are forgiven.",
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
    if start is not None and moment < start - _LEEWAY:
        yield proven(
            "token-not-yet-valid",
            "The token was not valid yet",
            f"It becomes valid at {start:%Y-%m-%d %H:%M:%S} UTC, {human_duration((start - moment).total_seconds())} "
            "after the "
            f"registry refused it, by the registry's clock. Up to {LEEWAY} s are forgiven.",
            [scene.token_proof("nbf", f"{start:%Y-%m-%d %H:%M:%S} UTC"), clock],
            Fix(
                "Put the clocks of token server and registry right (ntp); a token that is not valid yet cannot be "
                "used.",
                ("timedatectl status", "chronyc tracking"),
            ),
        )


RULES = (audience, life)
