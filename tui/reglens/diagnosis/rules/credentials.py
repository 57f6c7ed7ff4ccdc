"""Who is asking: credentials that are missing, broken, refused, past their life, or not the ones that were sent."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from reglens.auth.credentials import SourceVerdict
from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix, Proof
from reglens.diagnosis.products import HARBOR
from reglens.diagnosis.rules.build import likely, proven
from reglens.diagnosis.scene import Scene, is_mask, known_request, shown, unseen
from reglens.jsontext import loads
from reglens.oci.scope import covered
from reglens.trace.curl import quoted
from reglens.trace.exchange import Authorization, Exchange, Role


def basic_form(scene: Scene) -> Iterator[Finding]:
    """``Authorization: Basic`` whose value is no base64 of ``user:password`` (RFC 7617, section 2)."""
    for exchange in scene.evidence.exchanges:
        sent = exchange.authorization
        if sent is None or sent.scheme.lower() != "basic" or (exchange.status or 401) < 400:
            continue
        why = _basic_fault(sent)
        if why:
            yield proven(
                "credentials-malformed",
                "The Basic credentials are broken",
                f"Basic is the base64 of user:password. {why}",
                [scene.proof(exchange, "authorization", "Authorization", sent)],
                Fix("Encode without a line end, or let the client do it.", _encode(scene, sent)),
            )


def _encode(scene: Scene, sent: Authorization) -> tuple[str, ...]:
    user = quoted(scene.username or sent.username or "<user>")
    url = fixes.resource_url(scene) if scene.requests else fixes.base_url(scene) + "/v2/"
    return (f"curl -i -u {user} {quoted(url)}", f'printf %s {user}:"$PASSWORD" | base64 -w0')


def _basic_fault(sent: Authorization) -> str:
    raw = sent.secret.reveal()
    if is_mask(raw) or unseen(sent) or sent.source == "command line" or "…" in raw or "..." in raw:
        return ""
    return basic_fault(raw)


def basic_fault(raw: str) -> str:
    """What is wrong with the value of a Basic header or an ``auth`` entry, in one sentence; ``""`` if nothing is."""
    text = raw.strip()
    if not text:
        return "Nothing follows the word Basic."
    if ":" in text:
        return "The value is plain user:password, not encoded."
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        return "The value is not base64."
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError:
        return "" if b":" in data else "The value decodes to no text."
    user, colon, _password = decoded.partition(":")
    if not colon:
        return "It decodes to text without a colon, so where the user name ends cannot be told."
    if decoded.endswith(("\n", "\r")):
        return "It decodes to a text with a line end after the password, as echo writes it: that is another password."
    if decoded != decoded.strip() or user != user.strip():
        return "It decodes to a text with blanks or a line end around a name or password."
    if not user:
        return "It decodes to an empty user name."
    return ""


def refused(scene: Scene) -> Iterator[Finding]:
    """A refusal of what was sent as Basic: by the registry itself, or by the token server."""
    grant, refusal = scene.grant, scene.refusal
    if grant is not None and grant.status in (400, 401, 403) and _ends_with(scene, grant):
        yield from _token_server(scene, grant)
        return
    if refusal is None or refusal.status != 401 or refusal.role is Role.TOKEN:
        return
    sent = refusal.authorization
    if sent is None or sent.scheme.lower() != "basic" or _basic_fault(sent) or scene.product.bearer_only:
        return
    if not refusal.challenges or any(c.is_scheme("basic") for c in refusal.challenges):
        yield _rejected(
            scene, refusal, "The registry takes user name and password directly (Basic), and refused these."
        )


def _ends_with(scene: Scene, exchange: Exchange) -> bool:
    later = [e for e in scene.requests if e.number > exchange.number and e.status is not None]
    return not any((e.status or 0) < 400 for e in later)


def _rejected(scene: Scene, exchange: Exchange, where: str) -> Finding:
    user = scene.username
    who = f"user {user!r}" if user else "these credentials"
    sent = exchange.authorization
    return proven(
        "credentials-rejected",
        "User name or password was refused",
        f"{where} The answer to {who} was {exchange.status}. The name or the secret is wrong, has expired or was "
        "revoked; "
        f"accepted here is {scene.product.secret}. For a public image no login is needed at all.",
        [
            scene.proof(exchange, "status", "status", exchange.status),
            scene.proof(exchange, "authorization", "Authorization", sent)
            if sent is not None
            else scene.proof(exchange, "url", "URL", exchange.url),
        ],
        Fix(
            "Log in again with a valid secret; or log out, if the image is public.",
            (fixes.login_command(scene), f"docker logout {_logout_host(scene)}".strip()),
        ),
    )


def _logout_host(scene: Scene) -> str:
    return "" if scene.is_hub else scene.registry


def _token_server(scene: Scene, grant: Exchange) -> Iterator[Finding]:
    sent = grant.authorization
    with_secret = sent is not None or any(n in ("password", "refresh_token") for n, _ in grant.form)
    if sent is not None and sent.scheme.lower() == "basic" and _basic_fault(sent):
        return
    if grant.status == 400:
        return
    entries = "; ".join(shown(e.message) for e in grant.errors if e.message)
    nobody = not with_secret and (scene.anonymous or known_request(scene, grant))
    # denied to nobody in particular, in a registry's words (ghcr.io, Artifact Registry), is a login that is missing
    if grant.status == 403 and not (nobody and any(e.code for e in grant.errors)):
        yield proven(
            "permission-denied",
            "The token server refuses to give a token",
            f"It answered 403 {'to ' + repr(scene.username) if scene.username else ''}: it understood the request and "
            "will "
            "not serve this caller"
            + (f" ({entries})" if entries else "")
            + ". Either this account may not do this, or the credentials are not of the kind it takes.",
            [scene.proof(grant, "status", "status", 403), scene.proof(grant, "url", "URL", grant.url)],
            Fix(f"Log in with an account that has {_right(scene)}.", (fixes.login_command(scene),)),
        )
        if "service" in dict(grant.parameters) and scene.bearer is None and not grant.body.data:
            yield likely(
                "service-mismatch",
                "Perhaps the token server does not know this service",
                "Some token servers answer 403 with an empty body to a service that is not theirs; "
                f"{scene.requested_service!r} "
                "was requested. The registry's challenge would tell the right one.",
                [scene.proof(grant, "url", "token request, service", scene.requested_service)],
                Fix(
                    "Look at the registry's challenge and send its service, letter for letter.",
                    (f"curl -sI {fixes.base_url(scene)}/v2/ | grep -i www-authenticate",),
                ),
            )
        return
    if with_secret:
        yield _rejected(scene, grant, "The token server judges user name and password.")
    elif nobody:
        yield proven(
            "credentials-missing",
            "The token server wants a login",
            "The token was requested anonymously, and this token server gives none to anonymous callers, or none for "
            f"this repository{f' ({entries})' if entries else ''}.",
            [scene.proof(grant, "status", "status", grant.status), scene.proof(grant, "url", "URL", grant.url)],
            fixes.login(scene, "Log in, or give the token request a user name and password."),
        )
    else:
        yield likely(
            "credentials-rejected",
            "The token server refused",
            "It answered 401. The request itself is not in the evidence, so whether credentials were sent cannot be "
            "told; "
            "a curl -v of the token request would show it.",
            [scene.proof(grant, "status", "status", grant.status)],
            fixes.login(scene, "Log in again."),
        )


def _right(scene: Scene) -> str:
    writes = scene.action != "pull" or any(set(s.actions) - {"pull"} for s in scene.needed)
    return scene.product.push_right if writes else scene.product.pull_right


def ignored(scene: Scene) -> Iterator[Finding]:
    """Credentials were sent to the token server, and the token is an anonymous one (Harbor answers 200 to a wrong
    password: goharbor/harbor, server/middleware/security)."""
    grant, token = scene.grant, scene.token
    if scene.ok or grant is None or grant.status != 200 or grant.token is None or token is None or token.claims is None:
        return
    sent = grant.authorization
    if sent is None or sent.scheme.lower() != "basic" or token.raw != grant.token.raw:
        return
    if token.subject not in ("", "(anonymous)", None) or ("sub" not in token.claims and scene.product is not HARBOR):
        return
    yield proven(
        "credentials-rejected",
        "The password was not accepted, and the token is an anonymous one",
        f"The token was requested as {sent.username or 'a user'!r}, and the token names nobody (sub is empty). Some "
        "token "
        "servers, Harbor among them, answer a wrong password with 200 and an anonymous token instead of a refusal.",
        [
            scene.proof(grant, "authorization", "Authorization", sent),
            scene.token_proof("sub", token.subject or "(empty)"),
        ],
        fixes.login(scene, f"Check user name and password; accepted is {scene.product.secret}."),
    )


def scopes_listed(scene: Scene) -> Iterator[Finding]:
    """The rights of an access token, where an answer in the evidence lists them: GitHub's ``X-OAuth-Scopes``, Gitea's
    and GitLab's lists of tokens with their ``scopes``."""
    word = {"gitea": "package", "gitlab": "registry", "ghcr": "packages"}.get(scene.product.key)
    for exchange in scene.evidence.exchanges:
        held = _listed(exchange)
        if held is None or word is None:
            continue
        enough = any(word in right or right in ("all", "api", "sudo") for right in held)
        if enough:
            continue
        yield proven(
            "permission-denied",
            "The access token lacks the right for packages",
            f"The token is valid and was created with {', '.join(held) or 'no right at all'}. The registry of "
            f"{scene.product.name} wants {_right(scene)}.",
            [scene.proof(exchange, "body", "scopes", ", ".join(held) or "(none)")],
            fixes.login(
                scene,
                f"Create an access token with {scene.product.push_right} (to pull: {scene.product.pull_right}) "
                "and log in with it.",
            ),
        )


def _listed(exchange: Exchange) -> list[str] | None:
    header = exchange.response_headers.get("x-oauth-scopes")
    if header is not None:
        return [word.strip() for word in header.split(",") if word.strip()]
    if not exchange.path.rstrip("/").endswith("tokens"):
        return None
    try:
        value = loads(exchange.body.data)
    except ValueError:
        return None
    entries = value if isinstance(value, list) else [value]
    lists = [e["scopes"] for e in entries if isinstance(e, dict) and isinstance(e.get("scopes"), list)]
    return [str(right) for scopes in lists for right in scopes] if lists else None


def none_found(scene: Scene) -> Iterator[Finding]:
    """A live attempt that ended at a Basic challenge, as there were no credentials to answer it with."""
    refusal, lookup = scene.refusal, scene.evidence.lookup
    if lookup is None or lookup.credential is not None or refusal is None or refusal.status != 401:
        return
    if refusal.authorization is None and any(c.is_scheme("basic") for c in refusal.challenges):
        yield proven(
            "credentials-missing",
            "The registry wants a login",
            "The registry asks for a user name and password (Basic), and no credentials for it were found.",
            [
                scene.proof(refusal, "challenge", "Www-Authenticate", refusal.challenges[0]),
                *[Proof(s.source, str(s.verdict)) for s in lookup.consulted[:4]],
            ],
            fixes.login(scene, f"Log in; accepted is {scene.product.secret}."),
        )


def lacking(scene: Scene) -> Iterator[Finding]:
    """Everything was requested rightly and less was granted: what the caller may do is what is lacking."""
    token, grant = scene.token, scene.grant
    if scene.ok or token is None or token.claims is None:
        return
    wanted = scene.needed or scene.requested or ()
    if not wanted or covered(wanted, token.access) or (scene.refusal is None and grant is None):
        return
    if scene.requested is not None and not covered(wanted, scene.requested):
        return
    if scene.anonymous:
        catalogue = any(s.type == "registry" for s in wanted)
        if catalogue and scene.is_hub:
            return
        yield likely(
            "credentials-missing",
            "The caller is anonymous",
            "The token names nobody (anonymous), and the token server grants anonymous callers less than was "
            "requested: "
            "the repository is private, or does not exist. A login decides which.",
            [scene.token_proof("sub", token.subject or "(empty)")],
            fixes.login(scene, f"Log in with an account that has {_right(scene)}."),
        )
    elif scene.requested is not None and scene.username and (token.subject or "sub" in token.claims):
        yield likely(
            "permission-denied",
            f"{scene.username} may not do this",
            f"The right scope was requested as {scene.username!r} and the token server granted less. It knows the "
            "caller, so "
            f"what is missing is {_right(scene)}, or the repository does not exist.",
            [
                scene.token_proof("sub", token.subject or scene.username),
                scene.token_proof("access", "less than requested"),
            ],
            fixes.login(scene, f"Have this account given {_right(scene)}, or use one that has it."),
        )


def search(scene: Scene) -> Iterator[Finding]:
    """What the search for credentials found, for a live attempt that was refused."""
    lookup = scene.evidence.lookup
    if lookup is None or scene.ok or (scene.refusal is None and not scene.grant_failed):
        return
    for source in lookup.consulted:
        proof = Proof(source.source, f"{source.verdict}: {source.detail}" if source.detail else str(source.verdict))
        if source.verdict is SourceVerdict.FAILED:
            keyring = source.source.startswith("system keyring")
            helper = keyring or "helper" in source.source or "docker-credential" in source.source + source.detail
            who = "The system's keyring" if keyring else "A credential helper"
            yield (proven if lookup.credential is None else likely)(
                "credential-helper-failed" if helper else "credentials-malformed",
                f"{who} failed" if helper else "A file with credentials cannot be read",
                f"{source.source}: {source.detail}. So the credentials that it may hold were not used.",
                [proof],
                fixes.login(scene, "Mend or remove it, then log in again."),
            )
    unanswered = scene.refusal is not None and scene.refusal.failure is not None
    if lookup.credential is None and scene.anonymous is not False and not unanswered:
        others = [s for s in lookup.consulted if s.verdict is SourceVerdict.NOTHING]
        near = [s for s in others if s.key or s.username]
        if near:
            yield likely(
                "credentials-not-sent",
                "Credentials are stored under another name",
                "There are credentials in the files that were searched, but not under this registry's name: "
                + "; ".join(f"{s.source} has {s.key or s.username}" for s in near)
                + ".",
                [Proof(s.source, s.key or s.username) for s in near],
                fixes.login(scene, "Log in under the registry's own name."),
            )


def withheld(scene: Scene) -> Iterator[Finding]:
    """Credentials that this client found and kept back, as the realm is not on the registry's site or the way there is
    not safe (`reglens.auth.realm`)."""
    without = [e for e in reversed(scene.evidence.exchanges) if e.withheld is not None]
    exchange = next((e for e in without if e.role is Role.TOKEN), without[0] if without else None)
    if scene.ok or exchange is None or exchange.withheld is None:
        return
    kept = exchange.withheld
    if kept.can_be_allowed:
        fix = Fix(
            f"If {kept.host} is this registry's token server, say so: press T in the browser, or name it with "
            "--trust-realm. Who runs it will then see the password.",
            (f"reglens check --trust-realm {quoted(kept.host)} {quoted(scene.evidence.reference or kept.registry)}",),
        )
    else:
        fix = Fix("Use TLS: over plain http credentials travel on this machine only.")
    yield proven(
        "credentials-not-sent",
        "The credentials were withheld",
        f"Credentials of {kept.username or 'a token'} for {kept.registry} were found in {kept.source}, and not sent: "
        f"{kept.reason}. The token was asked for anonymously.",
        [scene.proof(exchange, "url", "withheld from", kept.origin)],
        fix,
    )


def trials(scene: Scene) -> Iterator[Finding]:
    """What the experiments after a refusal decided."""
    for trial in scene.evidence.trials:
        if trial.worked and trial.kind == "anonymous":
            yield proven(
                "credentials-rejected",
                "Without the credentials it works",
                "The same request was answered when it was made anonymously: the image is public, and the stored "
                "credentials are what the registry refuses.",
                [Proof("trial: anonymous", trial.detail or "answered")],
                Fix(
                    "Log out, or log in again with a valid secret.",
                    (f"docker logout {_logout_host(scene)}".strip(), fixes.login_command(scene)),
                ),
            )


RULES = (basic_form, trials, refused, ignored, scopes_listed, none_found, lacking, search, withheld)
