"""What is left when a token was refused and all that can be seen of it is right: candidates, and what decides."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from reglens.auth.token import Token, TokenKind
from reglens.diagnosis import fixes
from reglens.diagnosis.comparison import signature_state
from reglens.diagnosis.evidence import Trial
from reglens.diagnosis.finding import Finding, Fix, Proof, Severity
from reglens.diagnosis.graph import REFUSED_TOKEN
from reglens.diagnosis.products import DISTRIBUTION, HUB, UNKNOWN
from reglens.diagnosis.rules.build import likely, proven
from reglens.diagnosis.rules.signature import ACCEPTED, LOOK, refused_token
from reglens.diagnosis.scene import Scene, needed_by, shown
from reglens.oci.scope import covered
from reglens.trace.curl import quoted

LOG_LINES = (
    "token from untrusted issuer (iss), token signed by untrusted key with ID (kid), unable to verify certificate "
    "chain "
    "(x5c), unable to verify token signature"
)
_ODD_ISSUER = re.compile(r"[$%{}<>]|\s|/$|^$")


def remaining(scene: Scene, found: Mapping[str, Finding]) -> Iterator[Finding]:
    """What is left when a token was refused and everything that can be seen in it is right.

    Only the registry's log could decide; so these are candidates, with what is ruled out and what would prove them.
    """
    token = refused_token(scene)
    if scene.error in ("invalid_token", "insufficient_scope") and (scene.token is None or scene.token.claims is None):
        yield from _unseen(scene, found)
        return
    if token is not None and token.claims is not None and scene.error == "insufficient_scope":
        yield from _beyond(scene, token, found)
        return
    if token is None or token.claims is None or scene.bearer is None or token.algorithm not in ACCEPTED:
        return
    if (
        any(code in REFUSED_TOKEN and found[code].severity is Severity.ERROR for code in found)
        or "wrong-scheme" in found
    ):
        return
    v3 = _no_error_for_jwt(scene)
    if scene.error != "invalid_token" and not v3:
        return
    if scene.product.checks_audience is False:
        return
    keys = scene.evidence.keys
    state, _ = signature_state(token, keys)
    by = f"fits {keys.source}" if keys is not None else "is whole by the key the token brings"
    whole = f"the signature {by}, " if state == "valid" else ""
    ruled_out = (
        f"Ruled out by what is visible: the audience fits, {whole}the token was in its life"
        + (f" at {scene.moment:%H:%M:%S}" if scene.moment else "")
        + ", and its form is right."
    )
    if v3:
        unheard = next((t for t in scene.evidence.trials if t.kind == "garbled" and t.worked is False), None)
        if unheard is not None or state == "valid":
            yield _dropped(scene, token, unheard)
            return
        yield (proven if _is_distribution(scene) else likely)(
            "signature-untrusted",
            "The signature is wrong",
            "A well-formed token was sent and the challenge came back without error=. distribution 3 answers so when "
            "the "
            "signature does not fit the key (registry/auth/token/token.go); for any other fault of a token it says "
            f"invalid_token. {ruled_out} The same answer comes where something on the way takes the Authorization "
            "header away: reglens check tells the two apart.",
            [
                scene.token_proof("signature", f"alg {token.algorithm}, kid {token.key_id or '(none)'}"),
                scene.proof(scene.refusal, "challenge", "Www-Authenticate, error", None),
            ],
            Fix(
                "Compare the key that the token server signs with and the key that the registry knows under this kid "
                "or "
                "certificate; its log says 'error in cryptographic primitive'.",
                LOOK.commands,
            ),
        )
        return
    odd = token.issuer is None or bool(_ODD_ISSUER.search(token.issuer))
    key = token.key_id or ("the certificate in x5c" if "x5c" in (token.header or {}) else "its key")
    left = (
        f"Left are the issuer ({token.issuer!r}), which must equal the registry's auth.token.issuer, and the key "
        f"({key}), which "
        "must be in its rootcertbundle or jwks. Neither is ever told to a client. The registry's log decides: "
        f"{LOG_LINES}."
    )
    key_finding = likely(
        "signature-untrusted",
        "The registry probably does not trust the key that signed this token",
        f"The registry says invalid_token and no more. {ruled_out} {left}" + _kid_words(token),
        [
            scene.proof(scene.refusal, "challenge", "Www-Authenticate, error", scene.error),
            scene.token_proof("key", f"alg {token.algorithm}, kid {token.key_id or '(none)'}"),
        ],
        LOOK,
    )
    issuer_finding = likely(
        "issuer-mismatch",
        "The registry perhaps trusts another issuer",
        (f"The claim iss is {token.issuer!r}" + (", which looks like a slip" if odd else "") + f". {ruled_out} {left}"),
        [
            scene.token_proof("iss", token.issuer),
            scene.proof(scene.refusal, "challenge", "Www-Authenticate, error", scene.error),
        ],
        LOOK,
    )
    if keys is not None and state == "valid":
        if "issuer-mismatch" not in found:
            left = (
                f"Left is the issuer ({token.issuer!r}), which must equal the registry's auth.token.issuer, or a "
                f"registry that does not know the keys of {keys.source}. Its log decides: {LOG_LINES}."
            )
            yield replace(issuer_finding, explanation=f"The claim iss is {token.issuer!r}. {ruled_out} {left}")
    elif "issuer-mismatch" not in found and "signature-untrusted" not in found:
        yield from (issuer_finding, key_finding) if odd else (key_finding, issuer_finding)
    elif "signature-untrusted" not in found:
        yield key_finding


def _dropped(scene: Scene, token: Token, unheard: Trial | None) -> Finding:
    """What no token changes anything about does not arrive (moby, issue 22503: an nginx that takes it away).

    Nor does one whose signature fits: that is the one fault of which distribution says nothing (see `remaining`).
    """
    met = (
        "With a good token, with something that is no token and with nothing at all, the answer is the same: a "
        "challenge without error=. A registry that sees a token it does not like says so; so something before it, "
        "a proxy, an ingress or a gateway, takes the header away."
        if unheard is not None
        else "A token whose form is right and whose signature is whole was sent, and the challenge came back without "
        "error=, as if nothing had been sent. A registry that sees a token it does not like says so; so something "
        "before it, a proxy, an ingress or a gateway, takes the header away. reglens check tries it."
    )
    whole = scene.token_proof("signature", f"alg {token.algorithm}, whole")
    last = Proof("trial: garbled", unheard.detail) if unheard is not None else whole
    return (proven if unheard is not None and _is_distribution(scene) else likely)(
        "proxy-interference",
        "The Authorization header does not arrive at the registry",
        met,
        [
            scene.proof(scene.refusal, "authorization", "Authorization", scene.authorization),
            scene.proof(scene.refusal, "challenge", "Www-Authenticate, error", None),
            last,
        ],
        Fix(
            "Let the proxy pass the header on, and ask the registry past it to be sure.",
            (
                "proxy_set_header Authorization $http_authorization;  # nginx",
                f"curl -i -H 'Authorization: Bearer x' {quoted(fixes.resource_url(scene))}",
            ),
        ),
    )


def _unseen(scene: Scene, found: Mapping[str, Finding]) -> Iterator[Finding]:
    """Candidates where the registry judged a token that is not in the evidence."""
    if any(f.severity is Severity.ERROR for f in found.values()):
        return
    evidence = [scene.proof(scene.refusal, "challenge", "Www-Authenticate, error", scene.error)]
    show = "The token itself is not in the evidence; its claims would tell. Paste it, or run the command below."
    fix = Fix("Look at the claims of the token.", (f"reglens token {_place(scene)}",))
    if scene.error == "insufficient_scope":
        wanted = " and ".join(str(s) for s in scene.needed) or "what is needed"
        text = f"The token was accepted and does not grant {wanted}. {show}"
        fix = Fix(
            "Request what is needed, with a login that may have it.",
            (*fixes.exchange_commands(scene, login=True), *fix.commands),
        )
        if scene.anonymous and scene.requested and covered(scene.needed, scene.requested):
            yield likely(
                "credentials-missing",
                "The token was fetched anonymously",
                "The right scope was requested, without user name and password, and the token does not grant it. "
                f"{show}",
                evidence,
                fixes.login(scene, "Log in, or give the token request a user name and password (curl -u)."),
            )
        empty = likely("access-empty", "The token probably grants nothing here", text, evidence, fix)
        lacking = likely("access-insufficient", "The token probably lacks an action", text, evidence, fix)
        more = any(set(s.actions) - {"pull"} and s.type == "repository" for s in scene.needed)
        yield from (lacking, empty) if more else (empty, lacking)
        return
    fresh = scene.grant is not None and scene.grant.status == 200
    told = "invalid_token means: another audience, another issuer, an untrusted key, or past its life. "
    if fresh:
        told += "The token was fetched just before, so its life is hardly the reason. "
    opaque = scene.token if scene.token is not None and scene.token.kind is TokenKind.OPAQUE else None
    if opaque is not None:
        show = "The token is opaque: what is in it, only its maker can tell. The logs of the two servers decide."
        fix = LOOK
    if opaque is not None and fresh and not scene.product.opaque_tokens:
        yield likely(
            "token-wrong-kind",
            "The token server's tokens are perhaps none that the registry can read",
            "The token server gave a token that is no JWT, and the registry refused it. Registries that check tokens "
            "themselves read JWTs (distribution); the realm may be the login of something else.",
            [*evidence, scene.token_proof("token", f"opaque, {len(opaque.raw)} characters")],
            fix,
        )
    yield likely(
        "signature-untrusted", "The registry perhaps does not trust the token's key", told + show, evidence, fix
    )
    yield likely("audience-mismatch", "Or the token is for another service", told + show, evidence, fix)
    yield likely("token-expired", "Or the token is past its life", told + show, evidence, fix)


def _beyond(scene: Scene, token: Token, found: Mapping[str, Finding]) -> Iterator[Finding]:
    """``insufficient_scope`` for a token that grants all that the challenge asks for: then something else is needed."""
    judged = scene.refusal
    if judged is None or any(f.severity is Severity.ERROR for f in found.values()):
        return
    asked, own = scene.needed, needed_by(judged)
    if not asked or not covered(asked, token.access):
        return
    evidence = [*scene.needed_proof, scene.token_proof("access", [str(entry) for entry in token.access])]
    if own and not covered(own, token.access):
        needs = " and ".join(shown(scope) for scope in own)
        yield likely(
            "scope-mismatch",
            "The challenge asks for another scope than the request needs",
            f"The request needs {needs}, by its path; the challenge asks for "
            f"{' and '.join(shown(scope) for scope in asked)}, and the token grants just that. The registry, or "
            "something before it that rewrites paths, asks for one name and checks another.",
            [*evidence, scene.proof(judged, "url", "URL", judged.url)],
            Fix(
                "Request both, which tells whether that is it; then set right what rewrites the path or the challenge.",
                fixes.exchange_commands(scene, more=own),
            ),
        )
        return
    yield likely(
        "access-insufficient",
        "The registry needs more than its challenge asks for",
        "The token grants all that the challenge names, and the registry says insufficient_scope all the same. It "
        "needs an action that it does not name, or a rule of its own stands behind the answer; its log tells which.",
        evidence,
        Fix("Read the registry's log at the second of the refusal.", LOOK.commands),
    )


def _place(scene: Scene) -> str:
    wanted = scene.wanted
    return (
        wanted.name if wanted is not None else f"{scene.registry or '<registry>'}/{scene.repository or '<repository>'}"
    )


def _no_error_for_jwt(scene: Scene) -> bool:
    """Whether a well-formed JWT was sent properly and the Bearer challenge came back without ``error``."""
    refusal, sent = scene.refusal, scene.authorization
    if refusal is None or refusal.status != 401 or sent is None or sent.token is None or scene.error:
        return False
    raw = sent.secret.reveal()
    return (
        sent.scheme.lower() == "bearer"
        and scene.bearer_from is refusal
        and scene.product in (DISTRIBUTION, UNKNOWN, HUB)
        and sent.token.kind is TokenKind.JWT
        and sent.token.claims is not None
        and not sent.token.partial
        and raw == raw.strip()
        and bool(scene.bearer and scene.bearer.service)
    )


def _is_distribution(scene: Scene) -> bool:
    return bool(scene.refusal and "docker-distribution-api-version" in scene.refusal.response_headers)


def _kid_words(token: Token) -> str:
    kid = token.key_id or ""
    if "x5c" in (token.header or {}) or not kid:
        return ""
    if re.fullmatch(r"(?:[A-Z2-7]{4}:){11}[A-Z2-7]{4}", kid):
        return (
            " The kid is a libtrust fingerprint: docker-registry 2.8 knows keys by it, distribution 3 does not, so a "
            "registry "
            "upgraded to 3 no longer finds the key."
        )
    return (
        " The kid is no libtrust fingerprint: docker-registry 2.8 knows keys only by that form, distribution 3 by the "
        "RFC 7638 "
        "thumbprint or the kid in its jwks file."
    )
