"""Text with every secret in it replaced by its fingerprint: by its shape, or by the name before it."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote

from reglens.secret import Secret

_JWT = re.compile(r"\bey[A-Za-z0-9_=-]{14,}+(?:\.[A-Za-z0-9_=-]*+){0,4}+")
_AUTHORIZATION = re.compile(
    r"(?P<keep>\b(?:proxy-)?authorization[\"']?\]?\s{0,3}[:=]{1,2}>?\s{0,3}\[?(?:b?[\"'])?\s?"
    r"(?:(?:basic|bearer|token|jwt|negotiate|digest)[:=]?[ \t]+)*)(?P<secret>[^\s\"'\],}\\]{3,})",
    re.IGNORECASE,
)
_BEARER = re.compile(
    r"(?P<keep>\b(?:bearer|basic)[ \t]+)(?!realm\b|auth|token|error|map|challenge|scheme|credential|header|to\b|for\b)"
    r"(?P<secret>[A-Za-z0-9+/._~-]{16,}={0,2})",
    re.IGNORECASE,
)
_MEMBER = re.compile(
    r"(?P<keep>\\?[\"']?\b(?:[A-Za-z]{1,20}[_-])?(?:access_?token|refresh_?token|id_?token|identity_?token"
    r"|registry_?token|authorizationtoken|token|password|passwd|pwd|passphrase|secret|client_?secret|secret_?key"
    r"|secret_?access_?key|auth|private_?key|api_?key|x-registry-auth|dockerconfigjson|dockercfg)\\?[\"']\s{0,3}[:=]\s{0,3}b?\\?[\"'])"
    r"(?P<secret>[^\"'\\\s]{3,}|(?<=[\"'])[^\"'\\\n]{3,200}(?=[\"']))",
    re.IGNORECASE,
)
_YAML = re.compile(
    r"(?P<keep>(?:^|\n)(?:[\d][\w:.+-]{9,40}[ \t])?[ \t>|-]{0,40}(?:[A-Za-z]{1,20}[_-]?){0,3}"
    r"(?:password|passwd|secret|secretkey|token|auth|passphrase|\.dockerconfigjson|\.dockercfg)[ \t]?[:=][ \t]{0,3})"
    r"(?P<secret>(?!//|https?:|true\b|false\b|null\b)[^\s\"'{\[#]{3,})",
    re.IGNORECASE,
)
_OPTION = re.compile(
    r"(?P<keep>(?<![\w-])(?:-u[ \t]?|--user[ =]|--creds[ =]|--(?:src|dest)-creds[ =]|-a[ \t](?=[\w.$@-]{1,60}:))[\"']?"
    r"[^\s:\"'=/]{0,100}:)(?P<secret>[^\s\"'@]{1,}|(?<=:)[^\"'\n]{1,100}(?=[\"']))"
)
_PASSWORD = re.compile(
    r"(?P<keep>(?<![\w-])(?:--(?:docker-)?password[ =]|--oauth2-bearer[ =]|--registry-token[ =]|--identity-token[ =]"
    r"|login\b[^\n|;&]{0,120}?[ \t]-p[ \t]?)[\"']?)(?P<secret>[^\s\"'-][^\s\"']*)"
)
_PIPED = re.compile(
    r"(?P<keep>\b(?:echo|printf)[ \t]+(?:-\w+[ \t]+|['\"]?%s[^\s]{0,4}[ \t]+){0,3}['\"]?(?:[^\s:'\"|$]{1,100}:)?)"
    r"(?P<secret>(?<!sha256:)[^\s'\"|$]{1,2000})"
    r"(?=['\"]?[ \t]*\|[ \t]*(?:base64|openssl|[^|\n]{0,200}(?:--password-stdin|login)))"
)
_ASSIGNED = re.compile(
    r"(?P<keep>(?:^|[\s;])(?:export[ \t]+|set[ \t]+|\$env:)?[A-Za-z_]{0,30}"
    r"(?:TOKEN|PASSWORD|PASSWD|SECRET|_PAT|_KEY|_PASS)[ \t]?=[ \t]?[\"']?)"
    r"(?P<secret>(?!\$|`|https?:)[^\s\"'|;&$`]{3,})",
    re.IGNORECASE,
)
_USERINFO = re.compile(r"(?P<keep>://[^\s:/@\"']{0,100}:)(?P<secret>[^\s/@\"']{1,2000})(?=@)")
_COOKIE = re.compile(
    r"(?P<keep>\b(?:set-cookie|cookie|x-registry-auth|x-registry-config|private-token|job-token|x-amz-security-token|"
    r"x-jfrog-art-api|x-auth-token)[\"']?\s?[:=]\s{0,3}[\[\"']{0,2}(?:[^\s=;\"']{1,100}=)?)(?P<secret>[^\s;\"'\]]{3,})",
    re.IGNORECASE,
)
_SIGNED = re.compile(
    r"(?P<keep>[?&](?:X-Amz-(?:Signature|Credential|Security-Token)|Signature|sig|se|AWSAccessKeyId|Policy|Key-Pair-Id|"
    r"X-Goog-(?:Signature|Credential)|access_token|token|refresh_token|password|verify|hdnts|_signature|st|skoid)=)"
    r"(?P<secret>[^\s&\"'<>)]{3,})",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"(?P<keep>(?:^|[\s&\"'?])(?:password|refresh_token|access_token|client_secret|token)=)(?P<secret>[^\s&\"'$`]{3,})"
)
_KNOWN_FORMS = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}"
    r"|gl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{15,255}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{10,255}|AKIA[0-9A-Z]{16}|ya29\.[A-Za-z0-9_-]{20,2000}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,255}|hvs\.[A-Za-z0-9_-]{20,255}|npm_[A-Za-z0-9]{36}|dop_v1_[a-f0-9]{64}|AQoDYXdz[A-Za-z0-9+/=]{20,2000})"
)
LONG_RUN = 72
"""Characters from which on a run of base64 is taken for a secret, or for the rest of a torn one."""
_LONG = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_=-]{72,}(?:\.[A-Za-z0-9_=-]{8,}){0,4}")
_PRIVATE_KEY = re.compile(
    r"-----BEGIN (?P<kind>[A-Z ]{0,30}PRIVATE KEY)-----(?:(?!-----END)[\s\S]){0,20000}(?:-----END [A-Z ]{0,30}-----)?"
)
_HARMLESS = re.compile(
    r"sha256:[0-9a-f]{6,64}|<[^<>]{0,60}>|\*+|\.{2,}|…|\$\{?\w+\}?|null|true|false|none", re.IGNORECASE
)


def _hide(found: re.Match[str]) -> str:
    secret = found["secret"]
    if _HARMLESS.fullmatch(secret) or secret.startswith(("sha256:", "$(", "${")):
        return found[0]
    return found["keep"] + str(Secret(unquote(secret) if "%" in secret else secret))


def _plain(found: re.Match[str]) -> str:
    return str(Secret(found[0]))


def _long(found: re.Match[str]) -> str:
    """A long run of base64 is a secret, or the rest of one that was torn; a path or a word in dashes is not."""
    text = found[0]
    mixed = any(c.isupper() for c in text) and any(c.islower() for c in text) and any(c.isdigit() for c in text)
    return str(Secret(text)) if mixed and text.count("/") + text.count("-") < len(text) // 12 else text


_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str], tuple[str, ...]]
_RULES: tuple[_Rule, ...] = (
    (_AUTHORIZATION, _hide, ("authorization",)),
    (_JWT, _plain, ("ey",)),
    (_KNOWN_FORMS, _plain, tuple("gh gl dckr_ akia ya29. xox hvs. npm_ dop_v1_ aqodyxdz".split())),
    (_LONG, _long, ()),
    (_USERINFO, _hide, ("@",)),
    (_BEARER, _hide, ("bearer", "basic")),
    (_MEMBER, _hide, ("token", "passw", "pwd", "passphrase", "secret", "auth", "key", "docker")),
    (_YAML, _hide, ("token", "passw", "passphrase", "secret", "auth", "docker")),
    (_OPTION, _hide, ("-u", "--", "-a ")),
    (_PASSWORD, _hide, ("-p", "--")),
    (_ASSIGNED, _hide, ("token", "pass", "secret", "_pat", "_key")),
    (_PIPED, _hide, ("echo", "printf")),
    (_COOKIE, _hide, ("cookie", "x-registry-", "-token", "x-jfrog-")),
    (_SIGNED, _hide, ("?", "&")),
    (_FORM, _hide, ("token=", "password=", "secret=")),
)
"""Patterns, what they put in a secret's place, and the words (lower case) of which a line must have one to be tried."""


def mask(text: str) -> str:
    """`text` with everything that is a secret by its shape or by its name replaced by its fingerprint.

    A secret that was masked before stays as it is, so masking twice changes nothing more.
    """
    return _mask(text, None)


def mask_and_keep(text: str) -> tuple[str, dict[str, str]]:
    """`text` masked, and for each mark that stands for a secret now, what stood there."""
    known: dict[str, str] = {}
    return _mask(text, known), known


def _mask(text: str, known: dict[str, str] | None) -> str:
    if "PRIVATE KEY" in text:
        text = _PRIVATE_KEY.sub(_key if known is None else _remembering(_key, known), text)
    if "\n" not in text:
        return _line(text, known)
    done: dict[str, str] = {}  # lines repeat in logs and transcripts
    masked = []
    for line in text.splitlines(keepends=True):
        hidden = done.get(line)
        if hidden is None:
            hidden = done[line] = _line(line, known)
        masked.append(hidden)
    return "".join(masked)


def _remembering(replacement: Callable[[re.Match[str]], str], known: dict[str, str]) -> Callable[[re.Match[str]], str]:
    def hide(found: re.Match[str]) -> str:
        result = replacement(found)
        if result != found[0]:
            named = found.groupdict()
            known[result.removeprefix(named.get("keep") or "")] = named.get("secret") or found[0]
        return result

    return hide


def _key(found: re.Match[str]) -> str:
    return f"({found['kind'].lower()} {Secret(found[0])})"


def _line(line: str, known: dict[str, str] | None = None) -> str:
    if len(line) < 8:
        return line
    for _ in range(4):  # what one rule hides can uncover what another looks for
        before = line
        lowered = line.lower()
        for pattern, replacement, words in _RULES:
            for word in words:
                if word in lowered:
                    break
            else:
                if words or len(line) < LONG_RUN:
                    continue
            line = pattern.sub(replacement if known is None else _remembering(replacement, known), line)
        if line == before:
            break
    return line


_PORT = re.compile(r"[\d.:\[\]-]+(?:/(?:tcp|udp))?")
_SECRET_NEXT = frozenset(
    "-u --user --creds --src-creds --dest-creds -a --auth -p --password --docker-password --oauth2-bearer "
    "--http-password --registry-token --src-registry-token --dest-registry-token --proxy-user -U --pass".split()
)


def mask_arguments(argv: list[str]) -> list[str]:
    """A command's arguments, masked: those whose option alone tells that they are secrets, too."""
    done: list[str] = []
    before = ""
    for argument in argv:
        port = before == "-p" and "login" not in argv and _PORT.fullmatch(argument) is not None
        if before in _SECRET_NEXT and not argument.startswith("-") and not port:
            user, colon, secret = argument.partition(":")
            keep, hidden = (user + colon, secret) if colon else ("", argument)
            if before in ("-u", "--user", "-a", "--auth") and not colon:
                keep, hidden = argument, ""
            harmless = not hidden or _HARMLESS.fullmatch(hidden) or hidden.startswith("$")
            done.append(argument if harmless else f"{keep}{Secret(hidden)}")
        else:
            done.append(mask(argument))
        before = argument
    return done
