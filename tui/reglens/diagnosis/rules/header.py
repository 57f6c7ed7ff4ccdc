"""What was sent as ``Authorization``: its scheme, and whether what stands behind it is a registry token at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from reglens.auth.token import Token
from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix, Proof, Severity
from reglens.diagnosis.graph import REFUSED_ACCESS, REFUSED_TOKEN
from reglens.diagnosis.products import HARBOR
from reglens.diagnosis.rules.build import graded, likely, proven
from reglens.diagnosis.rules.form import NULLS, VARIABLE, damage, ending, form, other_kind
from reglens.diagnosis.rules.signature import LOOK
from reglens.diagnosis.scene import Scene, is_mask, unseen
from reglens.trace.curl import quoted
from reglens.trace.exchange import Authorization, Exchange

_FOREIGN_CLAIMS = frozenset(
    "email username user_id session_id session_token scp roles groups preferred_username upn oid tid kubernetes.io "
    "grant_type permissions azp realm_access typ user".split()
)


def scheme(scene: Scene) -> Iterator[Finding]:
    """The scheme that was sent against those that the challenge offers (RFC 9110, section 11.6)."""
    judged, sent = scene.judged, scene.authorization
    if judged is None or sent is None or scene.refusal is None or judged.status not in (401, 403, 400, None):
        return
    if unseen(sent) and not sent.scheme and "exchange" not in sent.source:
        return  # the scheme may be in the variable, too; a field of a token answer holds none
    name = sent.scheme.lower()
    offered = [challenge.scheme.lower() for challenge in judged.challenges]
    evidence = [
        scene.proof(judged, "authorization", "Authorization", sent),
        scene.proof(judged, "challenge", "Www-Authenticate", judged.challenges[0] if judged.challenges else None),
    ]
    if name not in ("bearer", "basic", "negotiate", "digest", "ntlm"):
        wants = judged.challenges[0].scheme if judged.challenges else "Bearer"
        if name == "jwt" and not offered:
            return
        yield proven(
            "wrong-scheme",
            "The Authorization header names no scheme that the registry knows",
            f"An Authorization header is a scheme, one blank, and the secret: 'Authorization: {wants} …'. This one "
            "begins "
            f"with {sent.scheme or 'the secret itself'!r}, so the registry sees no token at all and answers as if none "
            "had been sent.",
            evidence,
            Fix(f"Write the header as Authorization: {wants} and then the secret.", (fixes.resource_command(scene),)),
        )
        return
    if not offered and name == "basic" and scene.product.bearer_only and judged.path.startswith("/v2"):
        offered = ["bearer"]
    if not offered or name in offered or _flipped(scene, judged, name):
        return
    if name == "basic":
        yield proven(
            "wrong-scheme",
            "A user name and password were sent where a token is wanted",
            "The registry asks for Bearer, that is, a token from its realm. User name and password go to the realm, "
            "not to "
            "the registry; what the realm answers goes to the registry.",
            evidence,
            Fix(
                "Give the user name and password to the realm, and the token it answers to the registry.",
                fixes.exchange_commands(scene, login=True),
            ),
        )
    elif name == "bearer":
        user = scene.username or "<user>"
        yield proven(
            "wrong-scheme",
            "A token was sent where a user name and password are wanted",
            "The registry asks for Basic here, that is, a user name and password with every request; it takes no "
            "bearer "
            "token in this place.",
            evidence,
            Fix(
                "Send a user name and password (Basic).",
                (f"curl -i -u {quoted(user)} {quoted(fixes.resource_url(scene))}",),
            ),
        )


def _flipped(scene: Scene, judged: Exchange, name: str) -> bool:
    """Harbor answers any refused request that carried ``Authorization`` with a Basic challenge (goharbor/harbor,
    server/middleware/v2auth/auth.go), so there the scheme says nothing; only its catalogue really wants Basic."""
    earlier = any(c.is_scheme(name) for e in scene.requests if e is not judged for c in e.challenges)
    if judged.path.rstrip("/").endswith("/_catalog"):
        return False
    realm = judged.challenges[0].realm if judged.challenges else None
    return earlier or scene.product is HARBOR or realm == "harbor"


def malformed(scene: Scene) -> Iterator[Finding]:
    """What stands behind ``Bearer``, when it is no token."""
    refused = _refused_bearer(scene)
    if refused is None:
        return
    judged, sent = refused
    raw = sent.secret.reveal()
    told = damage(raw) or form(scene, sent.token)
    if told is None:
        return
    yield _malformed(scene, judged, sent, *told)
    if VARIABLE.match(raw.strip()) and raw.strip().startswith("$"):
        yield likely(
            "shell-quoting",
            "The variable was not expanded",
            "Within single quotes the shell leaves a $ alone, so the name of the variable was sent, not its value.",
            [scene.proof(judged, "authorization", "Authorization", _described(sent, raw))],
            Fix("Use double quotes around a header with a variable in it.", (fixes.resource_command(scene),)),
        )


def broken_off(scene: Scene, found: Mapping[str, Finding]) -> Iterator[Finding]:
    """A token whose end is no signature of its algorithm.

    Its end was lost where it was copied, unless that end is the token server's own. Where something else in the token
    explains the refusal, the end explains nothing: who shows a token to others often puts something in the place of
    its signature.
    """
    refused = _refused_bearer(scene)
    if refused is None or "token-malformed" in found or refused[1].token is None:
        return
    judged, sent = refused
    token = refused[1].token
    told = ending(token)
    if told is None:
        return
    title, why = told
    others = (REFUSED_TOKEN | REFUSED_ACCESS) - {"signature-untrusted"}
    explained = any(found[code].severity is Severity.ERROR for code in others & found.keys())
    if any(e.token is not None and e.token.raw == token.raw for e in scene.token_requests):
        if scene.error == "invalid_token" and not explained:
            yield likely(
                "signature-untrusted",
                f"The signature is none that {token.algorithm} makes",
                f"{why.partition(' The end of')[0]} The token server gave it like this, so nothing was lost on the "
                "way.",
                [scene.token_proof("signature", f"alg {token.algorithm}, kid {token.key_id or '(none)'}")],
                LOOK,
            )
        return
    if explained:
        why += " Or something was put in the place of the signature before it was shown here."
    yield _malformed(scene, judged, sent, Severity.WARNING if explained else Severity.ERROR, title, why)


def _refused_bearer(scene: Scene) -> tuple[Exchange, Authorization] | None:
    """The refused request and what it carried behind ``Bearer``, if that can be seen."""
    judged, sent = scene.judged, scene.authorization
    if judged is None or sent is None or sent.scheme.lower() != "bearer" or scene.refusal is None:
        return None
    if (judged.status or 401) not in (400, 401, 403):
        return None
    raw = sent.secret.reveal()
    if unseen(sent) and not raw.lower().startswith("bearer "):
        return None
    return None if raw and is_mask(raw) else (judged, sent)


def _malformed(
    scene: Scene, judged: Exchange, sent: Authorization, severity: Severity, title: str, why: str
) -> Finding:
    return graded(
        severity,
        "token-malformed",
        title,
        why,
        [
            scene.proof(judged, "authorization", "Authorization", _described(sent, sent.secret.reveal())),
            scene.proof(judged, "status", "status", judged.status or "401"),
        ],
        Fix(
            "Take the field token (or access_token) out of the token server's answer, bare, and look at it before you "
            "use "
            "it: it is one line, three parts joined by dots, and begins with ey.",
            (
                *fixes.exchange_commands(scene)[:1],
                'echo "${TOKEN:?empty}" | cut -c1-20',
                *fixes.exchange_commands(scene)[1:],
            ),
        ),
    )


_AROUND = {
    "the whole answer": (
        "The whole answer was sent as the token",
        "The token server's whole JSON answer was kept and sent; only the value of its field token belongs behind "
        "Bearer.",
    ),
    "in quotes": (
        "The token was sent with its quotes",
        "Without -r jq prints a text with double quotes around it, and they were sent as a part of the token.",
    ),
    "another field": (
        "A field was picked that a token answer does not have",
        "Token servers answer with token, access_token or both. For another field jq prints the word null, and "
        "programs send None, undefined or nothing.",
    ),
}
"""What a command left around or in place of the token that it picked out of an answer."""


def picked(scene: Scene) -> Iterator[Finding]:
    """A token that a command took wrongly out of the answer, where the answer itself is not in the evidence."""
    judged, sent = scene.judged, scene.authorization
    if judged is None or sent is None or sent.scheme.lower() != "bearer" or scene.refusal is not judged:
        return
    told = next((words for mark, words in _AROUND.items() if sent.source.endswith(mark)), None)
    if told is None or judged.status not in (400, 401, 403) or scene.error == "insufficient_scope":
        return
    yield proven(
        "token-malformed",
        told[0],
        told[1],
        [
            scene.proof(judged, "authorization", "Authorization", f"Bearer, from {sent.source}"),
            scene.proof(judged, "status", "status", judged.status),
        ],
        Fix("Take the value of the field token out of the answer, bare (jq -r).", fixes.exchange_commands(scene)),
    )


def _described(sent: Authorization, raw: str) -> str:
    """The header as a proof: a short or evidently harmless value as it is, anything else as its fingerprint."""
    harmless = not raw or raw.strip().lower() in NULLS or raw.strip().startswith("$")
    return f"{sent.scheme} {raw or '(nothing)'}" if harmless else str(sent)


def kind(scene: Scene) -> Iterator[Finding]:
    """A valid secret of another kind where a registry token belongs."""
    judged, sent = scene.judged, scene.authorization
    if judged is None or scene.refusal is None or judged.status not in (400, 401, 403, 404, None):
        return
    if sent is None or sent.scheme.lower() != "bearer":
        return
    if (
        not judged.path.startswith(("/v2", "/v1"))
        and scene.requests
        and scene.grant is not None
        and "exchange" in sent.source
    ):
        first = judged.path.strip("/").partition("/")[0]
        where = f"/{first}/ is the product's own web API, which" if first else "This address is none of its API, and"
        yield proven(
            "token-wrong-kind",
            "A registry token is good for the registry's API alone",
            f"The token was made by the registry's token server for /v2/. {where} wants its own login, mostly user "
            "name and password (Basic).",
            [
                scene.proof(judged, "url", "URL", judged.url),
                scene.proof(judged, "authorization", "Authorization", sent),
            ],
            Fix(
                "Send the web API what it wants: user name and password.",
                (f"curl -i -u {quoted(scene.username or '<user>')} {quoted(judged.url or '')}",),
            ),
        )
        return
    raw = sent.secret.reveal().strip()
    named, product = other_kind(raw)
    named = named or _web_login(scene, sent)
    proof = scene.proof(judged, "authorization", "Authorization", sent)
    fix = Fix(
        "Give this secret to the realm as the password, and the token that it answers to the registry.",
        fixes.exchange_commands(scene, login=True),
    )
    if named:
        known = scene.product.key in (product, "unknown") or scene.error != "invalid_token"
        yield (proven if known else likely)(
            "token-wrong-kind",
            "Another secret stands where a registry token belongs",
            f"What follows Bearer is {named}. A registry takes only tokens of its own token server; such a secret is "
            "the "
            "password with which one is fetched there.",
            [proof],
            fix,
        )
        return
    token = sent.token
    if token is None or token.claims is None or "access" in token.claims or scene.error == "insufficient_scope":
        return
    foreign = sorted(set(token.claims) & _FOREIGN_CLAIMS)
    if foreign:
        yield likely(
            "token-wrong-kind",
            "The token is a web or cloud login's, not a registry token",
            f"Its claims ({', '.join(foreign)}) are those of a login session, an identity or a refresh token; a "
            "registry "
            "token has the claim access, and names the registry's service as aud.",
            [proof, *_claims_proof(scene, token)],
            fix,
        )


def _web_login(scene: Scene, sent: Authorization) -> str:
    """What Docker Hub's web API gave for a login (docs.docker.com, "Docker Hub API", Authentication): no registry's."""
    given = _GIVER.search(sent.source)
    origin = next((e for e in scene.evidence.exchanges if given and e.number == int(given[1])), None)
    if origin is None or origin.host != "hub.docker.com" or not origin.path.rstrip("/").endswith(_WEB_LOGINS):
        return ""
    return "the web session's token of Docker Hub's own API"


_GIVER = re.compile(r"exchange (\d{1,6})")
_WEB_LOGINS = ("/users/login", "/users/2fa-login", "/auth/token")


def _claims_proof(scene: Scene, token: Token) -> list[Proof]:
    return [scene.token_proof("iss", token.issuer)] if token.issuer else []


RULES = (scheme, malformed, picked, kind)
