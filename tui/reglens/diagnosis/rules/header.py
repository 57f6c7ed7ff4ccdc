"""What was sent as ``Authorization``: its scheme, and whether what stands behind it is a registry token at all."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from reglens.auth.token import Token, TokenKind
from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix, Proof, Severity
from reglens.diagnosis.products import HARBOR
from reglens.diagnosis.rules.build import graded, likely, proven
from reglens.diagnosis.scene import Scene, is_mask, unseen
from reglens.trace.curl import quoted
from reglens.trace.exchange import Authorization, Exchange

_NULLS = frozenset({"null", "undefined", "none", "nil", "false", "nan", "[object object]", "(null)"})
_VARIABLE = re.compile(r"\$(?:\w+|\{[^}]*\}|\()|\{\{.*\}\}|%\w+%|<[\w -]+>")
_QUOTES = "\"'`<>“”‘’«»"
_SIGNATURE_OCTETS = {"ES256": 64, "ES384": 96, "ES512": 132, "EdDSA": 64, "HS256": 32, "HS384": 48, "HS512": 64}
_OTHER_KINDS = (
    (re.compile(r"gh[pousr]_\w+|github_pat_\w+"), "a GitHub personal access token", "ghcr"),
    (re.compile(r"gl(?:pat|dt|cbt|ptt|rt)-[\w.-]+"), "a GitLab access token", "gitlab"),
    (re.compile(r"dckr_[a-z]+_[\w-]+"), "a Docker Hub access token", "hub"),
    (re.compile(r"AKCp[\w]+|cmVmdGtuO[\w=]+"), "an Artifactory API key or reference token", "artifactory"),
    (re.compile(r"sha256~[\w-]+"), "an OpenShift OAuth token", "openshift"),
    (re.compile(r"ya29\.[\w.-]+"), "a Google OAuth access token", "gar"),
    (re.compile(r"AKIA[A-Z0-9]{12,}|ASIA[A-Z0-9]{12,}"), "an AWS access key", "ecr"),
    (re.compile(r"NpmToken\.[\w-]+|DockerToken\.[\w-]+"), "a Nexus user token", "nexus"),
)
"""Secrets that announce their kind by a prefix, as their makers document it, and the product they belong to."""
_FOREIGN_CLAIMS = frozenset(
    "email username user_id session_id session_token scp roles groups preferred_username upn oid tid kubernetes.io "
    "grant_type permissions azp realm_access typ user".split()
)


def scheme(scene: Scene) -> Iterator[Finding]:
    """The scheme that was sent against those that the challenge offers (RFC 9110, section 11.6)."""
    judged, sent = scene.judged, scene.authorization
    if judged is None or sent is None or scene.refusal is None or judged.status not in (401, 403, 400, None):
        return
    if unseen(sent) and not sent.scheme:
        return
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
    judged, sent = scene.judged, scene.authorization
    if judged is None or sent is None or sent.scheme.lower() != "bearer" or scene.refusal is None:
        return
    if (judged.status or 401) not in (400, 401, 403):
        return
    raw = sent.secret.reveal()
    if (raw and is_mask(raw)) or unseen(sent):
        return
    told = _damage(raw) or _form(scene, sent.token)
    if told is None:
        return
    severity, title, why = told
    yield graded(
        severity,
        "token-malformed",
        title,
        why,
        [
            scene.proof(judged, "authorization", "Authorization", _described(sent, raw)),
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
    if _VARIABLE.match(raw.strip()) and raw.strip().startswith("$"):
        yield likely(
            "shell-quoting",
            "The variable was not expanded",
            "Within single quotes the shell leaves a $ alone, so the name of the variable was sent, not its value.",
            [scene.proof(judged, "authorization", "Authorization", _described(sent, raw))],
            Fix("Use double quotes around a header with a variable in it.", (fixes.resource_command(scene),)),
        )


def _described(sent: Authorization, raw: str) -> str:
    """The header as a proof: a short or evidently harmless value as it is, anything else as its fingerprint."""
    harmless = not raw or raw.strip().lower() in _NULLS or raw.strip().startswith("$")
    return f"{sent.scheme} {raw or '(nothing)'}" if harmless else str(sent)


_Told = tuple[Severity, str, str]


def _damage(raw: str) -> _Told | None:
    """What is wrong with the text as such, whatever token it holds."""
    text = raw.strip()
    bare = text.strip(_QUOTES)
    if not text:
        return (
            Severity.ERROR,
            "The token is empty",
            "The header says Bearer and nothing follows: the variable or file "
            "that should hold the token is empty, or the command that fetched it failed.",
        )
    if text.lower() in _NULLS:
        return (
            Severity.ERROR,
            f"The token is the word {text}",
            f"{text!r} is what jq, a script or a language prints for "
            "a field that is not there: the token server's answer had no such field, usually because it was an "
            "error.",
        )
    if text[0] in "{[" or '"token"' in text or '"access_token"' in text:
        return (
            Severity.ERROR,
            "The whole answer was sent as the token",
            "The token server's JSON stands where only the value of its field token belongs.",
        )
    if re.match(r"bearer\b", text, re.IGNORECASE):
        return (
            Severity.ERROR,
            "The word Bearer stands there twice",
            "The variable already holds 'Bearer …' and the "
            "header writes it once more, so the token begins with the word Bearer.",
        )
    if _VARIABLE.match(text):
        return (
            Severity.ERROR,
            "A placeholder was sent instead of the token",
            f"{text[:40]!r} is the name of a variable or a placeholder: it was never replaced by the token.",
        )
    if bare != text:
        return (
            Severity.ERROR,
            "Quotes stand around the token",
            "Quotes or angle brackets were sent as part of the token. "
            "jq prints them unless it is called with -r; in the documentation they only mark a place.",
        )
    if raw != raw.lstrip(" \t"):
        return (
            Severity.ERROR,
            "More than one blank stands before the token",
            "Between Bearer and the token there must be "
            "exactly one blank. docker-registry 2.8 then sees no token at all, others a malformed one.",
        )
    if "\r" in raw or re.search(r"%0[aAdD]", raw):
        return (
            Severity.ERROR,
            "A line end is part of the token",
            "The token ends with a carriage return or line feed, which came along from a file or a command's output.",
        )
    if re.search(r"\s", text):
        return (
            Severity.ERROR,
            "The token has a blank or line break in it",
            "A token is one word. This one was wrapped or pasted together.",
        )
    return None


def _form(scene: Scene, token: Token | None) -> _Told | None:
    """What is wrong with the token's form, read as a JWT (RFC 7519) as distribution reads it."""
    if token is None:
        return None
    granted = any(e.token is not None and e.token.raw == token.raw for e in scene.token_requests)
    text = token.raw.reveal().strip()
    if token.kind is TokenKind.JWE:
        return (
            Severity.ERROR,
            "The token is encrypted",
            "It has five parts: a JWE. A registry reads only signed tokens (JWS), which have three.",
        )
    if token.kind is TokenKind.OPAQUE:
        if (
            granted
            or other_kind(text)[1] == scene.product.key
            or scene.error not in ("invalid_token", "")
            or _shortened(text)
        ):
            return None
        if scene.error == "" and scene.product.opaque_tokens:
            return None
        if _basic(text):
            return (
                Severity.ERROR,
                "A Basic credential stands where a token belongs",
                "What follows Bearer decodes to user:password. Bearer takes the token that the realm answers for them.",
            )
        return (
            Severity.ERROR if scene.error == "invalid_token" else Severity.WARNING,
            "What was sent is not a token",
            "This registry's tokens are JWTs: three parts joined by dots, the first beginning with ey. "
            f"{len(text)} "
            "characters without that form were sent.",
        )
    if token.partial and not _shortened(text):
        return (
            Severity.ERROR,
            "The token is cut short",
            "The claims in it break off: a part of the token was lost when it was copied.",
        )
    if text.count(".") == 1:
        return (
            Severity.ERROR,
            "The token has no signature part",
            "A JWT has three parts joined by dots; this one has two, so its end was lost.",
        )
    wrong = [p for p in token.problems if p.startswith("claim ")]
    if wrong:
        return (
            Severity.ERROR,
            "A claim has the wrong JSON type",
            f"The registry cannot decode the token: {'; '.join(wrong)} "
            "(distribution wants exp, nbf and iat as whole numbers, iss and sub as text, access as a list of "
            "objects). distribution 3 then sends no error= at all, 2.8 says invalid_token.",
        )
    return _signature_form(scene, token, text)


def _signature_form(scene: Scene, token: Token, text: str) -> _Told | None:
    signature = text.rpartition(".")[2]
    if "…" in text or "..." in text or token.partial:
        return None
    expected = _SIGNATURE_OCTETS.get(token.algorithm or "")
    octets = _octets(signature)
    if token.algorithm in (None, "none"):
        return None
    if not signature:
        return (
            Severity.ERROR,
            "The token has no signature",
            "After the second dot nothing follows: the token's end was lost, or it was never signed.",
        )
    if octets is None:
        return (
            Severity.ERROR,
            "The token's last part is damaged",
            "The signature is not base64url: characters were added, lost or replaced at the end of the token.",
        )
    if expected is not None and octets != expected:
        less = octets < expected
        return (
            Severity.ERROR,
            "The token is cut short" if less else "Something is appended to the token",
            f"An {token.algorithm} signature has {expected} octets; this one has {octets}. "
            + ("The end of the token was lost when it was copied." if less else ""),
        )
    if token.algorithm in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512") and octets not in (128, 256, 384, 512):
        return (
            Severity.ERROR,
            "The token is cut short",
            f"An RSA signature has 256, 384 or 512 octets; this one has "
            f"{octets}. The end of the token was lost when it was copied.",
        )
    if "=" in text and scene.error == "invalid_token":
        return (
            Severity.WARNING,
            "The token has base64 padding",
            "There is a '=' in it. JWS allows none (RFC 7515, section "
            "2); docker-registry 2.8 takes it, distribution 3 does not.",
        )
    return None


def _octets(signature: str) -> int | None:
    bare = signature.rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", bare) or len(bare) % 4 == 1:
        return None
    return len(bare) * 6 // 8


def _shortened(text: str) -> bool:
    """Whether the writer of a paste left a part out, which says nothing about what was sent."""
    return "…" in text or "..." in text or "***" in text or "xxxx" in text.lower() or is_mask(text)


def _basic(text: str) -> bool:
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return False
    return ":" in decoded and decoded.isprintable()


def other_kind(text: str) -> tuple[str, str]:
    """What kind of other secret this is, in words, and of which product, if its prefix tells; else ``("", "")``."""
    return next(((words, key) for pattern, words, key in _OTHER_KINDS if pattern.fullmatch(text.strip())), ("", ""))


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
        yield proven(
            "token-wrong-kind",
            "A registry token is good for the registry's API alone",
            "The token was made by the registry's token server for /v2/. "
            f"{judged.path.split('/')[1] and '/' + judged.path.split('/')[1]}/ is the "
            "product's own web API, which wants its own login, mostly user name and password (Basic).",
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


def _claims_proof(scene: Scene, token: Token) -> list[Proof]:
    return [scene.token_proof("iss", token.issuer)] if token.issuer else []


RULES = (scheme, malformed, kind)
