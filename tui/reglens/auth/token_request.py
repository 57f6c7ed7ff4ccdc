"""How a token is asked for, without I/O.

1. Without credentials: ``GET realm?service=…&scope=…``, one ``scope`` for each (token.md).
2. With user and password: the same with Basic, and ``account``; where the server has no GET (404, 405), ``POST`` with
   ``grant_type=password`` (oauth.md). GET comes first, as Docker Hub knows nothing else (buildkit,
   util/resolver/authorizer.go).
3. With an identity token: ``POST`` with ``grant_type=refresh_token``; a server without it (400, 401, 404, 405:
   containerd, core/remotes/docker/authorizer.go, names ACR, Artifactory, GCR) gets a GET, if there is a user name to
   send it with.
4. A redirect is followed by hand, ten at most, and each hop is judged as the realm was: credentials stay behind where
   they may not go.
5. The answer must be 200 and hold a token.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import quote, urlsplit

from reglens.auth.challenge import Challenge
from reglens.auth.credentials import Credential
from reglens.auth.realm import Realm, judge
from reglens.auth.reply import Presented, Reply, basic, redirect_target, retry_after
from reglens.auth.token_answer import read_token_answer
from reglens.auth.tokens import Grant, TokenKey
from reglens.auth.trust import Withheld, origin_of
from reglens.errors import RateLimited, ReglensError, TokenError
from reglens.secret import Secret

CLIENT_ID = "reglens"
MAX_HOPS = 10
_NO_POST = frozenset({400, 401, 404, 405})
_NO_GET = frozenset({404, 405})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
TOKEN_USER = "<token>"  # noqa: S105 - the user name under which helpers hand out identity tokens


@dataclass(frozen=True, slots=True)
class TokenWant:
    """A token that is wanted: from `url` (the realm, absolute), for what `challenge` asks, as `credential` (None:
    anonymously). `withheld` is a credential that is there and is not sent, `note` what else is worth recording."""

    key: TokenKey
    challenge: Challenge
    url: str
    service: str
    scopes: tuple[str, ...]
    base_url: str
    trusted: frozenset[str] = frozenset()
    credential: Credential | None = None
    withheld: Withheld | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class TokenCall:
    """One request to a token server. `form` is the body of a POST; `hop` is true where a redirect led here;
    `withheld` are credentials that it might have had."""

    method: str
    url: str
    form: tuple[tuple[str, str | Secret], ...] = ()
    presented: Presented | None = None
    note: str = ""
    hop: bool = False
    withheld: Withheld | None = None


def ask(want: TokenWant, clock: Callable[[], datetime]) -> Generator[TokenCall, Reply, Grant]:
    """The token that `want` describes. Raises TokenError, or RateLimited."""
    credential = want.credential
    reply: Reply | None = None
    dropped: Withheld | None = None
    for call in _ways(want):
        if reply is not None and reply.status not in (_NO_GET if call.method == "POST" else _NO_POST):
            break
        reply, dropped = yield from _follow(want, call)
    assert reply is not None, "there is always a way to ask"
    who = f"user {credential.username}" if credential and credential.username else "credentials"
    if reply.status != 200:
        raise _refusal(want, reply, who if credential and not dropped else "", dropped or want.withheld, clock())
    answer = read_token_answer(reply.body)
    if answer.token is None:
        raise _no_token(want, reply, answer.notes)
    host, now = urlsplit(want.url).netloc, clock()
    return Grant(
        want.key,
        answer.token,
        answer.expires(now),
        want.challenge,
        reply.exchange,
        now,
        f"the token server {host}, exchange {reply.exchange.number}",
        dropped or want.withheld,
    )


def _ways(want: TokenWant) -> list[TokenCall]:
    """The requests to try, in order; a later one only where an earlier one found no such method."""
    credential = want.credential
    plain = TokenCall("GET", _get_url(want, ""), note=want.note, withheld=want.withheld)
    if credential is None:
        return [plain]
    if credential.identity_token:
        ways = [_post(want, "refresh_token", ("refresh_token", credential.identity_token))]
        if credential.username and credential.username != TOKEN_USER:
            ways.append(_get_basic(want, credential.username, credential.identity_token, credential.source))
        return ways
    if credential.password is None:
        return [plain]
    secrets = (("username", credential.username), ("password", credential.password))
    return [
        _get_basic(want, credential.username, credential.password, credential.source),
        _post(want, "password", *secrets),
    ]


def _get_basic(want: TokenWant, username: str, password: Secret, source: str) -> TokenCall:
    presented = basic(username, password, source)
    return TokenCall("GET", _get_url(want, username), presented=presented, note=want.note)


def _get_url(want: TokenWant, account: str) -> str:
    pairs = [("account", account)] if account else []
    pairs += [("service", want.service)] if want.service else []
    pairs += [("scope", scope) for scope in want.scopes]
    query = "&".join(f"{name}={quote(value, safe=':/,*@')}" for name, value in pairs)
    if not query:
        return want.url
    return f"{want.url}{'&' if urlsplit(want.url).query else '?'}{query}"


def _post(want: TokenWant, grant: str, *secrets: tuple[str, str | Secret]) -> TokenCall:
    form: list[tuple[str, str | Secret]] = [("grant_type", grant), ("service", want.service), ("client_id", CLIENT_ID)]
    if want.scopes:
        form.append(("scope", " ".join(want.scopes)))
    return TokenCall("POST", want.url, (*form, *secrets), note=want.note)


def _follow(want: TokenWant, call: TokenCall) -> Generator[TokenCall, Reply, tuple[Reply, Withheld | None]]:
    """The answer at the end of the redirects, and the credentials that were left behind on the way."""
    dropped: Withheld | None = None
    carried = want.credential
    hops = 0
    while True:
        reply = yield call
        location = reply.headers.get("location", "")
        if reply.status not in _REDIRECTS or not location:
            return reply, dropped
        if (hops := hops + 1) > MAX_HOPS:
            raise TokenError(
                f"The token server redirects more than {MAX_HOPS} times.",
                "Its address, or the realm in the registry's challenge, is set up wrongly.",
                exchange=reply.exchange,
            )
        target = judge(redirect_target(call.url, location), want.base_url, want.trusted)
        if not target.allowed:
            raise TokenError(
                f"The token server's redirect is not followed: {target.reason}.",
                f"If you trust it, add --trust-realm {_host(target.url)}." if _host(target.url) else "",
                exchange=reply.exchange,
            )
        if call.method == "POST" and not (target.trusted and reply.status in (307, 308)):
            raise TokenError(
                f"The token server redirects a POST to {_host(target.url)}, where credentials may not follow.",
                f"If you trust it, add --trust-realm {_host(target.url)}.",
                exchange=reply.exchange,
            )
        note = target.reason
        if carried is not None and not target.trusted:
            dropped = withhold(carried, want.key.registry, target)
            carried = None
            note = withheld_note(target.reason, target.url)
            call = replace(call, presented=None)
        call = replace(call, url=target.url, note=note, hop=True, withheld=dropped)


def withhold(credential: Credential, registry: str, realm: Realm) -> Withheld:
    """What stays behind when `realm` may not have the credential for `registry`."""
    return Withheld(registry, origin_of(realm.url), credential.username, credential.source, realm.reason)


def withheld_note(reason: str, url: str) -> str:
    """What the record of a request says from which credentials were kept back, and how to allow them."""
    if urlsplit(url).scheme == "http":
        return f"no credentials sent: {reason}"
    return f"no credentials sent: {reason}; --trust-realm {_host(url)} allows it"


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _refusal(want: TokenWant, reply: Reply, who: str, withheld: Withheld | None, now: datetime) -> ReglensError:
    host, status, exchange = _host(want.url), reply.status, reply.exchange
    words = "; ".join(e.message or e.code for e in exchange.errors if e.message or e.code)
    said = f": {words}" if words else ""
    if status == 429:
        wait = retry_after(reply.headers, now)
        hint = f"Wait {wait:.0f} s and try again." if wait is not None else "Wait a while and try again."
        return RateLimited(
            f"The token server {host} was asked too often (429){said}", hint, exchange=exchange, retry_after=wait
        )
    if status == 400 and _plain_to_tls(want.url):
        # Nexus and Harbor behind a proxy that ends TLS (sonatype/nexus-public, issue 435; goharbor/harbor, issue 3114)
        message = f"The realm {want.url} is named with http, and its port is that of https (400){said}"
        return TokenError(
            message, "The registry's external address is set wrongly; tell its operator.", exchange=exchange
        )
    if status in (401, 403) or (status == 400 and who):
        if who:
            source = want.credential.source if want.credential else ""
            message = f"The token server {host} refuses the {who} from {source} ({status}){said}"
            hint = "Log in anew, or try --anonymous: some registries refuse stale credentials even for public images."
        else:
            message = f"The token server {host} gives nothing to the anonymous ({status}){said}"
            hint = "Log in to the registry, or give --username."
        if withheld:
            hint = f"Credentials were withheld, as {withheld.reason}. To send them, add --trust-realm {host}."
        return TokenError(message, hint, exchange=exchange)
    if status >= 500:
        hint = "Try again later; the registry itself may be well."
        return TokenError(f"The token server {host} failed ({status}){said}", hint, exchange=exchange)
    if status in (404, 405, 410):
        hint = "The realm in the registry's challenge is probably set up wrongly."
        return TokenError(f"There is no token server at {want.url} ({status}){said}", hint, exchange=exchange)
    hint = "Compare what the challenge asks for with what was requested."
    return TokenError(f"The token server {host} does not accept the request ({status}){said}", hint, exchange=exchange)


def _plain_to_tls(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.port == 443


def _no_token(want: TokenWant, reply: Reply, notes: tuple[str, ...]) -> TokenError:
    host = _host(want.url)
    if reply.exchange.media_type == "text/html" or reply.body.lstrip()[:1] == b"<":
        return TokenError(
            f"The token server {host} answered with a web page, not with a token.",
            "A proxy, login page or bot wall stands in front of it, or the realm is wrong.",
            exchange=reply.exchange,
        )
    return TokenError(
        f"The token server {host} gave no token: {'; '.join(notes)}.",
        "The realm in the registry's challenge may not be a token server.",
        exchange=reply.exchange,
    )
