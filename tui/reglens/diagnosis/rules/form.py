"""The form of what was sent as a token: what is wrong with the text, and what is wrong with the JWT."""

from __future__ import annotations

import base64
import binascii
import re

from reglens.auth.token import Token, TokenKind
from reglens.diagnosis.finding import Severity
from reglens.diagnosis.scene import Scene, is_mask

NULLS = frozenset({"null", "undefined", "none", "nil", "false", "nan", "[object object]", "(null)"})
VARIABLE = re.compile(r"\$(?:\w+|\{[^}]*\}|\()|\{\{.*\}\}|%\w+%|<[\w -]+>")
QUOTES = "\"'`<>“”‘’«»"
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
_PLACE_AT_END = re.compile(r"\.<[^<>]{0,40}>$")
"""A placeholder where the signature of a JWT stands."""
Told = tuple[Severity, str, str]


def damage(raw: str) -> Told | None:
    """What is wrong with the text as such, whatever token it holds."""
    text = raw.strip()
    bare = text.strip(QUOTES)
    if not text:
        return (
            Severity.ERROR,
            "The token is empty",
            "The header says Bearer and nothing follows: the variable or file "
            "that should hold the token is empty, or the command that fetched it failed.",
        )
    if text.lower() in NULLS:
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
    if VARIABLE.match(text):
        return (
            Severity.ERROR,
            "A placeholder was sent instead of the token",
            f"{text[:40]!r} is the name of a variable or a placeholder: it was never replaced by the token.",
        )
    if bare != text and not _PLACE_AT_END.search(text):
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


def form(scene: Scene, token: Token | None) -> Told | None:
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
            or shortened(text)
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
    if token.partial and not shortened(text):
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
    if "=" in text and scene.error == "invalid_token" and not token.partial and not shortened(text):
        return (
            Severity.WARNING,
            "The token has base64 padding",
            "There is a '=' in it. JWS allows none (RFC 7515, section "
            "2); docker-registry 2.8 takes it, distribution 3 does not.",
        )
    return None


def ending(token: Token) -> tuple[str, str] | None:
    """What is wrong with the end of a JWT, its signature as octets: a title, and why."""
    text = token.raw.reveal().strip()
    signature = text.rpartition(".")[2]
    if token.kind is not TokenKind.JWT or token.partial or shortened(text) or text.count(".") != 2:
        return None
    if is_stand_in(signature):
        return None
    expected = _SIGNATURE_OCTETS.get(token.algorithm or "")
    octets = _octets(signature)
    if token.algorithm in (None, "none"):
        return None
    if not signature:
        return (
            "The token has no signature",
            "After the second dot nothing follows: the token's end was lost, or it was never signed.",
        )
    if octets is None:
        return (
            "The token's last part is damaged",
            "The signature is not base64url: characters were added, lost or replaced at the end of the token.",
        )
    if expected is not None and octets != expected:
        less = octets < expected
        return (
            "The token is cut short" if less else "Something is appended to the token",
            f"An {token.algorithm} signature has {expected} octets; this one has {octets}. "
            + ("The end of the token was lost when it was copied." if less else ""),
        )
    if token.algorithm in ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512") and octets not in (128, 256, 384, 512):
        return (
            "The token is cut short",
            f"An RSA signature has 256, 384 or 512 octets; this one has {octets}. "
            "The end of the token was lost when it was copied.",
        )
    return None


def _octets(signature: str) -> int | None:
    bare = signature.rstrip("=")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", bare) or len(bare) % 4 == 1:
        return None
    return len(bare) * 6 // 8


def is_stand_in(signature: str) -> bool:
    """Whether a word stands in the place of a signature, as in examples and in tokens that are shown to others: letters
    of one case, one character over and over, or base64 of printable text. Of octets that mean nothing, few are so."""
    word = re.sub(r"[-_ ]", "", signature)
    if len(word) < 3:
        return False
    if is_mask(signature) or signature.startswith("<") or len(set(word)) == 1:
        return True
    if word.isalpha() and word.isascii() and (word[1:].islower() or word.isupper()):
        return True
    try:
        decoded = base64.b64decode(signature + "=" * (-len(signature) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(decoded) > 2 and all(32 <= octet < 127 for octet in decoded)


def shortened(text: str) -> bool:
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
