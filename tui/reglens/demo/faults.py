"""What is wrong with each repository ``broken/…``: one entry a fault, applied by the servers without knowing which.

A fault says how one of the servers, or what stands between, departs from a healthy one. Everything it does shows in the
protocol, as it would on a real server; nothing else tells a client what is wrong.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from reglens.demo.answers import Answer, Call, document, error, text, unauthorized

if TYPE_CHECKING:
    from reglens.demo.keys import Authority

NAMESPACE = "broken"


@dataclass(frozen=True)
class Addresses:
    """URLs without a slash at the end. `closed` is one where nobody listens; `tls` speaks https with a certificate
    that nobody trusts; `auth` is the token server, which also plays the blob store."""

    registry: str
    auth: str
    closed: str
    tls: str

    @property
    def realm(self) -> str:
        return f"{self.auth}/token"


Claims = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """One fault. `code` is the finding that names it; `shows` what one will see.

    `claims` changes a token's claims, `sign` makes the token from them; `token` answers instead of the token server;
    `token_clock` is how far its clock is ahead. `realm` is named instead of the token server's own, which then knows
    nothing of the repository: a client that has learned the healthy realm elsewhere meets the fault all the same.
    `drops` is a request header that does not reach the registry; `front` answers before the registry sees the request,
    `resource` after it has authorised it; `spoil` changes the manifest that it sends, `redirect` sends clients
    elsewhere for it. `login`: the fault meets only callers with credentials, and anonymous ones look like any who need
    a login.
    """

    code: str
    shows: str
    variant: str = ""
    login: bool = False
    claims: Callable[[Claims], None] | None = None
    sign: Callable[[Claims, Authority], str] | None = None
    token: Callable[[Call, Addresses], Answer | None] | None = None
    token_clock: timedelta = field(default=timedelta())
    realm: Callable[[Addresses], str] | None = None
    drops: str = ""
    front: Callable[[Call, Addresses], Answer | None] | None = None
    resource: Callable[[Call, Addresses], Answer | None] | None = None
    spoil: Callable[[Answer], Answer] | None = None
    redirect: Literal["", "mirror", "store"] = ""

    @property
    def repository(self) -> str:
        return f"{NAMESPACE}/{self.code}" + (f"-{self.variant}" if self.variant else "")


def fault_of(repository: str) -> Fault | None:
    """The fault of a repository, if it has one."""
    return _BY_NAME.get(repository)


def _claims(**claims: object) -> Callable[[Claims], None]:
    return lambda held: held.update(claims)


def _later(seconds: int) -> Callable[[Claims], None]:
    """The token's times, moved."""
    return lambda held: held.update({name: held[name] + seconds for name in ("iat", "nbf", "exp")})


def _access(change: Callable[[Claims], Claims]) -> Callable[[Claims], None]:
    return lambda held: held.update(access=[change(entry) for entry in held["access"]])


def _stranger(claims: Claims) -> Authority:
    """An authority that the registry has never heard of."""
    from reglens.demo.keys import Authority

    return Authority.create("another authority", datetime.fromtimestamp(claims["iat"], UTC))


def _symmetric(claims: Claims, authority: Authority) -> str:
    import jwt

    return jwt.encode(
        claims, "a secret that the two servers share with each other", algorithm="HS256", headers={"x5c": authority.x5c}
    )


def _has_login(call: Call) -> bool:
    return "authorization" in call.headers or bool(call.form.get("password") or call.form.get("refresh_token"))


def _manifests(answer: Callable[[str], Answer]) -> Callable[[Call, Addresses], Answer | None]:
    """A fault of manifests alone: `answer` for the tag or digest."""
    return lambda call, at: answer(call.path.rpartition("/")[2]) if "/manifests/" in call.path else None


def _always(answer: Answer) -> Callable[[Call, Addresses], Answer]:
    return lambda call, at: answer


_LOGIN_PAGE = text(
    "<!DOCTYPE html>\n<html><head><title>Network sign-in</title></head>\n<body><h1>Sign in to use the network</h1>\n"
    '<form method="post" action="/login"><input name="user"><input name="password" type="password"></form>\n'
    "</body></html>\n",
    content_type="text/html; charset=utf-8",
).plus({"server": "squid/6.6", "via": "1.1 gateway.corp.example (squid/6.6)", "cache-control": "no-store"})

_RATE_LIMITED = error(
    429,
    "TOOMANYREQUESTS",
    "You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit",
    headers={"retry-after": "3600", "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "0;w=21600"},
)

_UPSTREAM = error(
    500,
    "UNKNOWN",
    "unknown error",
    {
        "Op": "Get",
        "URL": "https://registry-1.docker.io/v2/",
        "Err": {"Op": "dial", "Net": "tcp", "Err": {"Err": "no such host", "Name": "registry-1.docker.io"}},
    },
)
"""How distribution's pull-through cache reports that it cannot reach its remote: Go's url.Error as the detail
(distribution, registry/proxy/proxymanifeststore.go)."""

FAULTS: tuple[Fault, ...] = (
    # The token that the token server makes.
    Fault(
        "audience-mismatch",
        "The token server signs for the audience index.docker.io, whatever was asked: 401 invalid_token.",
        claims=_claims(aud="index.docker.io"),
    ),
    Fault(
        "issuer-mismatch",
        "The token says that auth.example.com issued it, whom the registry does not trust: 401 invalid_token.",
        claims=_claims(iss="auth.example.com"),
    ),
    Fault(
        "token-expired",
        "The token server hands out a token that ended 55 minutes ago: 401 invalid_token.",
        claims=_later(-3600),
    ),
    Fault(
        "token-not-yet-valid",
        "The token begins in an hour, though the token server's clock is right: 401 invalid_token.",
        claims=_later(3600),
    ),
    Fault(
        "clock-skew",
        "The token server's clock is an hour ahead, in its tokens and in its Date: 401 invalid_token.",
        token_clock=timedelta(hours=1),
    ),
    Fault(
        "access-empty",
        "The token server answers 200 with a token that grants nothing: 401 insufficient_scope.",
        claims=_claims(access=[]),
    ),
    Fault(
        "access-insufficient",
        "The token grants metadata_read and no pull: 401 insufficient_scope.",
        claims=_access(lambda entry: {**entry, "actions": ["metadata_read"]}),
    ),
    Fault(
        "access-other-repository",
        "The token names the repository without its namespace, as behind a proxy that rewrites paths: "
        "401 insufficient_scope.",
        claims=_access(lambda entry: {**entry, "name": entry["name"].partition("/")[2]}),
    ),
    Fault(
        "signature-untrusted",
        "The token's certificate hangs on a root that the registry does not trust: 401 invalid_token.",
        sign=lambda claims, authority: _stranger(claims).sign(claims),
    ),
    Fault(
        "signature-untrusted",
        "The certificate is right, the signature another key's: 401 without any error, as if no token were sent.",
        variant="bad-signature",
        sign=lambda claims, authority: _stranger(claims).sign(claims, {"x5c": authority.x5c}),
    ),
    Fault(
        "signature-untrusted",
        "The token names a rotated key by its id and carries no certificate: 401 invalid_token.",
        variant="unknown-kid",
        sign=lambda claims, authority: authority.sign(claims, {"kid": "Z9Xr-rotated-key"}),
    ),
    Fault(
        "algorithm-unsupported",
        "The token is signed with HS256 and a shared secret, the registry holds a public key: 401 without any error.",
        sign=_symmetric,
    ),
    Fault(
        "token-malformed",
        "The token server wraps its token in quotes a second time: 401 invalid_token.",
        sign=lambda claims, authority: f'"{authority.sign(claims)}"',
    ),
    Fault(
        "token-malformed",
        "The claim access is an object where a list belongs: 401 without any error.",
        variant="claim-type",
        claims=lambda claims: claims.update(access={e["name"]: e["actions"] for e in claims["access"]}),
    ),
    Fault(
        "token-wrong-kind",
        "A personal access token stands where the token belongs: 401 invalid_token.",
        sign=lambda claims, authority: "dckr_pat_" + hashlib.sha256(claims["jti"].encode()).hexdigest()[:27],
    ),
    # What the token server says instead of a token.
    Fault(
        "token-response-invalid",
        "The token server answers with a web page.",
        token=_always(_LOGIN_PAGE),
    ),
    Fault(
        "token-response-invalid",
        "The token server's JSON holds no token.",
        variant="no-token",
        token=_always(document({"expires_in": 300, "scope": ""})),
    ),
    Fault(
        "credentials-missing",
        "The token server gives nothing to anonymous callers: log in as demo, password demo, and it works.",
        token=lambda call, at: None if _has_login(call) else unauthorized("access requires a login"),
    ),
    Fault(
        "credentials-rejected",
        "The token server refuses every user name and password: log in as demo, password demo, to see it.",
        login=True,
        token=_always(unauthorized("incorrect username or password")),
    ),
    Fault(
        "credentials-expired",
        "The token server knows the access token, and that it has expired: log in as demo, password demo, to see it.",
        login=True,
        token=_always(unauthorized("personal access token is expired")),
    ),
    # The challenge and the realm that it names.
    Fault(
        "challenge-missing",
        "The 401 comes without Www-Authenticate, whatever is sent, so that nobody learns where to get a token.",
        front=_always(error(401, "UNAUTHORIZED", "authentication required")),
    ),
    Fault(
        "realm-misconfigured",
        "The realm is an address inside the cluster, over plain http, that nobody outside can resolve.",
        realm=lambda at: "http://harbor-core.harbor.svc.cluster.local/service/token",
    ),
    Fault(
        "realm-misconfigured",
        "The realm is a path and no URL.",
        variant="relative",
        realm=lambda at: "/token",
    ),
    Fault(
        "realm-misconfigured",
        "The realm has a colon too many before its port.",
        variant="double-colon",
        realm=lambda at: "::".join(at.realm.rsplit(":", 1)),
    ),
    Fault(
        "realm-unreachable",
        "Nobody listens where the realm is.",
        realm=lambda at: f"{at.closed}/token",
    ),
    Fault(
        "registry-error",
        "The token server fails: 503.",
        variant="token-server",
        token=_always(text("upstream connect error or disconnect/reset before headers\n", 503)),
    ),
    Fault(
        "plain-http",
        "The realm says https, and its server speaks plain http.",
        realm=lambda at: at.realm.replace("http://", "https://"),
    ),
    Fault(
        "tls-untrusted",
        "The realm's certificate is signed by nobody one trusts.",
        realm=lambda at: f"{at.tls}/token",
    ),
    # The registry, and what stands before it.
    Fault(
        "permission-denied",
        "The token is good, and the registry says no: 403 DENIED.",
        resource=_always(error(403, "DENIED", "requested access to the resource is denied")),
    ),
    Fault(
        "network-denied",
        "The registry's firewall does not know this address: 403 DENIED.",
        front=_always(
            error(
                403,
                "DENIED",
                "client with IP '203.0.113.7' is not allowed access. "
                "Refer https://aka.ms/acr/firewall to grant access.",
            )
        ),
    ),
    Fault(
        "repository-not-found",
        "With a good token the registry says that there is no such repository: 404 NAME_UNKNOWN.",
        resource=lambda call, at: error(
            404,
            "NAME_UNKNOWN",
            "repository name not known to registry",
            {"name": "/".join(call.path.split("/")[2:4])},
        ),
    ),
    Fault(
        "manifest-unknown",
        "The tags are listed, and their manifests are gone: 404 MANIFEST_UNKNOWN.",
        resource=_manifests(
            lambda reference: error(404, "MANIFEST_UNKNOWN", "manifest unknown", f"unknown tag={reference}")
        ),
    ),
    Fault(
        "endpoint-unsupported",
        "The registry offers none of these endpoints: 405 UNSUPPORTED.",
        resource=_always(error(405, "UNSUPPORTED", "The operation is unsupported.")),
    ),
    Fault(
        "rate-limited",
        "The quota is used up: 429 TOOMANYREQUESTS, again in an hour.",
        resource=_always(_RATE_LIMITED),
    ),
    Fault(
        "registry-error",
        "The registry itself fails: 503 UNAVAILABLE.",
        resource=_always(error(503, "UNAVAILABLE", "service unavailable")),
    ),
    Fault(
        "upstream-failed",
        "A pull-through cache cannot reach its own upstream: 500 UNKNOWN.",
        resource=_always(_UPSTREAM),
    ),
    Fault(
        "proxy-interference",
        "A proxy answers in the registry's place with its sign-in page.",
        front=_always(_LOGIN_PAGE),
    ),
    Fault(
        "proxy-interference",
        "Something on the way takes the Authorization header away: 401 without any error, as if no token were sent.",
        variant="authorization",
        drops="authorization",
    ),
    Fault(
        "proxy-interference",
        "Something on the way changes the manifest: its bytes are not those of its digest.",
        variant="digest",
        spoil=lambda answer: replace(answer, body=answer.body.replace(b"  ", b" ")),
    ),
    Fault(
        "proxy-interference",
        "Something on the way drops the connection in the middle of the manifest.",
        variant="truncated",
        spoil=lambda answer: replace(answer, cut=len(answer.body) // 2),
    ),
    Fault(
        "redirect-authorization",
        "Manifests are redirected to another host that wants the token, which clients do not take along: 401.",
        redirect="mirror",
    ),
    Fault(
        "redirect-authorization",
        "Manifests are redirected to a store on the same host that refuses Authorization beside its signature: 400.",
        variant="refused",
        redirect="store",
    ),
)
_BY_NAME = {fault.repository: fault for fault in FAULTS}
