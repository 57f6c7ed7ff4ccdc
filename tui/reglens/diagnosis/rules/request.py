"""What the client asked for: service, scope, names, and what it sent as authorization."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reglens.diagnosis import fixes
from reglens.diagnosis.finding import Finding, Fix, Proof, Severity
from reglens.diagnosis.meanings import Meaning
from reglens.diagnosis.rules.build import graded, likely, proven, remark
from reglens.diagnosis.rules.realm import realm_fault
from reglens.diagnosis.scene import Scene, known_request, report_proof, shown
from reglens.oci.scope import Scope, covered, missing, parse_scopes
from reglens.trace.curl import quoted
from reglens.trace.exchange import Exchange, Role


def service(scene: Scene) -> Iterator[Finding]:
    """The service of the token request against the one that the registry names."""
    requested, asked = scene.requested_service, scene.asked_service
    if requested and scene.bearer is not None and scene.bearer.service is None:
        yield from _invented(scene, requested)
    if requested is None or not asked or requested == asked:
        return
    if scene.ok or scene.grant is None or _never_judged(scene.grant):
        return
    evidence = [
        scene.asked_service_proof,
        scene.proof(scene.grant, "url", "token request, service", requested or "(absent)"),
    ]
    fix = Fix(f"Ask for the service that the registry names: service={asked}.", fixes.exchange_commands(scene))
    granted = scene.token.audience if scene.token is not None and scene.token.claims is not None else None
    worked = granted is not None and asked in granted
    severity = Severity.INFO if worked else Severity.ERROR
    if requested:
        yield graded(
            severity,
            "service-mismatch",
            "The token was requested for another service",
            f"A token is made for one service. This registry is the service {asked!r}, but the token was requested for "
            f"{requested!r}. A token server signs what it is asked for, so the answer looks right and the registry "
            "refuses it.",
            evidence,
            fix,
        )
    else:
        yield graded(
            severity,
            "service-missing",
            "The token request named no service",
            f"The registry's challenge names the service {asked!r}; the token request carried no service at all, so "
            "the "
            "token server cannot know for whom the token is.",
            evidence,
            fix,
        )


def _invented(scene: Scene, requested: str) -> Iterator[Finding]:
    """The challenge names no service, and the client made one up (google/go-containerregistry, pull request 1360)."""
    judged = [r for r in scene.reports if r.meaning == Meaning.TOKEN_AUDIENCE]
    if scene.ok or not judged or scene.bearer is None:
        return
    yield proven(
        "service-mismatch",
        "The client sent a service that nobody asked for",
        f"The registry's challenge names no service, and the token was requested for {requested!r}: the client made "
        "that up, "
        "mostly from the host's name. So the token got an audience that the registry does not expect.",
        [
            scene.proof(scene.bearer_from, "challenge", "Www-Authenticate, service", None),
            scene.proof(scene.grant, "url", "token request, service", requested),
            *[report_proof(r) for r in judged[:1]],
        ],
        Fix(
            "Send no service where the challenge names none: update the client; or let the registry name its service.",
            (fixes.token_command(scene),),
        ),
    )


def told_scope(scene: Scene) -> Iterator[Finding]:
    """The scope of a token request that only a server's log tells of: a host in it, or a form that is none."""
    for report in scene.reports:
        if report.meaning != Meaning.TOKEN_REQUEST or not report.values.get("scope"):
            continue
        for wish in parse_scopes(report.values["scope"]):
            yield from _host_in_name(scene, wish, [report_proof(report)])


def _host_in_name(scene: Scene, wish: Scope, evidence: list[Proof]) -> Iterator[Finding]:
    first, slash, rest = wish.name.partition("/")
    if wish.type != "repository" or not slash or not ("." in first or ":" in first):
        return
    right = f"{wish.type}:{rest}:{','.join(wish.actions)}"
    yield proven(
        "scope-mismatch",
        "The registry's host stands in the scope",
        f"The scope asks for the repository {wish.name!r}. A repository's name on its registry is the path alone, "
        "without the "
        f"host: {rest!r}. So the token server looks for a namespace called {first!r}.",
        evidence,
        Fix(f"Request the scope {right}.", (fixes.token_command(scene).replace(str(wish), right),)),
    )


def scope(scene: Scene) -> Iterator[Finding]:
    """The scope of the token request against what is needed."""
    requested, needed = scene.requested, scene.needed
    if requested is None or scene.ok or scene.grant is None or _never_judged(scene.grant):
        return
    for wish in missing(requested, needed):
        place = scene.proof(scene.grant, "url", "token request, scope", str(wish))
        yield from _host_in_name(scene, wish, [place])
    fix = Fix("Request the scope that is needed, with the whole URL in quotes.", fixes.exchange_commands(scene))
    sent = scene.grant.asked("scope")
    ill = [s for s in requested if not s.well_formed]
    if not requested:
        if not needed:
            return
        yield proven(
            "scope-missing",
            "The token request carried no scope",
            f"What a token may do is requested as a scope. Here {_list(needed)} is needed, and the token request named "
            "none, so the token grants nothing: it only proves who you are.",
            [
                scene.proof(scene.grant, "url", "token request, scope", "(absent)"),
                *scene.needed_proof,
            ],
            fix,
        )
    elif ill:
        yield proven(
            "scope-mismatch",
            "The requested scope is not a scope",
            f"A scope has three parts, type:name:actions, such as repository:library/alpine:pull. {_list(ill)} is "
            "none, "
            "and a token server grants nothing for what it cannot read.",
            [scene.proof(scene.grant, "url", "token request, scope", " ".join(sent)), *scene.needed_proof],
            fix,
        )
    elif needed and not covered(needed, requested):
        other = {s.resource for s in needed}.isdisjoint(r.resource for r in requested)
        what = "for something else" if other else "for fewer actions than are needed"
        yield proven(
            "scope-mismatch",
            f"The scope was requested {what}",
            f"The registry needs {_list(needed)}; the token was requested with {_list(requested)}. A token server "
            "never "
            "grants more than was requested.",
            [scene.proof(scene.grant, "url", "token request, scope", " ".join(sent)), *scene.needed_proof],
            fix,
        )


def _never_judged(grant: Exchange) -> bool:
    """Whether the token request got nowhere, so that what it asked for cannot be what failed."""
    return grant.failure is not None or (grant.status or 0) >= 500 or grant.status in (404, 429)


def _list(scopes: tuple[Scope, ...] | list[Scope]) -> str:
    return " and ".join(shown(scope) for scope in scopes)


def library(scene: Scene) -> Iterator[Finding]:
    """Docker Hub's official images live under ``library/``, which only clients add (distribution/reference)."""
    name = scene.wire_repository or (scene.repository if scene.bearer is not None else "")
    if scene.ok or not scene.speaks_for_hub or not name:
        return
    if name.startswith("library/") and name.count("/") > 1:
        right = name.removeprefix("library/")
        yield proven(
            "repository-not-found",
            "library/ stands before a name that has its own namespace",
            f"Docker Hub's names have two parts. library/ goes before a name of one part only; {right!r} has its "
            "namespace "
            f"already, and there is no repository {name!r}.",
            [scene.proof(scene.judged or scene.grant, "url", "repository", name)],
            Fix(f"Name the repository {right}.", (fixes.token_command(scene).replace(name, right),)),
        )
        return
    if not re.fullmatch(r"[a-z0-9._-]+", name):
        return
    yield (proven if scene.refusal is not None else likely)(
        "library-prefix",
        "An official image's name lacks library/",
        f"docker pull writes library/ before a name of one part; the registry itself does not. On Docker Hub {name!r} "
        "is "
        f"no repository, 'library/{name}' is. The scope and the URL both need it.",
        [scene.proof(scene.judged or scene.grant, "url", "repository", name)],
        Fix(f"Name the repository library/{name}, in the scope and in the URL.", fixes.exchange_commands(scene)),
    )


def authorization_missing(scene: Scene) -> Iterator[Finding]:
    """A 401 to a request without ``Authorization``, and nothing came after it."""
    refusal = scene.refusal
    if refusal is None or refusal.status not in (401, None) or refusal.authorization is not None:
        return
    if refusal.failure is not None:
        return  # nobody answered: nobody asked for anything
    challenge = scene.challenge
    if not refusal.response_headers.lines and known_request(scene, refusal) and not scene.token_requests:
        yield proven(
            "authorization-missing",
            "The request carried no Authorization",
            "The registry answered that authentication is required, and the request carried none. Its headers, which "
            "curl -i "
            "shows, say in Www-Authenticate where a token is to be had.",
            [scene.proof(refusal, "body", "body", refusal.body.text[:200])],
            Fix("Fetch a token for what is asked, then repeat the request with it.", fixes.exchange_commands(scene))
            if refusal.path.startswith("/v2/")
            else Fix("Send a user name and password.", (f"curl -i -u '<user>' {quoted(refusal.url or '')}",)),
        )
        return
    if scene.challenged is not refusal or challenge is None:
        return
    if challenge.error in ("invalid_token", "insufficient_scope"):
        return
    after = [e for e in scene.evidence.exchanges if e.number > refusal.number and e.role is Role.TOKEN]
    if after:
        return
    if refusal.path.rstrip("/") == "/v2" and challenge.realm and not challenge.is_scheme("basic"):
        fault = realm_fault(
            challenge.realm, refusal.host or scene.registry, (refusal.url or "https:").partition(":")[0]
        )
        if fault is not None:
            return  # the base route is asked to see the challenge, and what that says is wrong
    if scene.evidence.lookup is not None:
        return  # live, every challenge is followed: what is missing then are credentials
    sure = known_request(scene, refusal)
    before = [e for e in scene.token_requests if e.number < refusal.number and e.token is not None]
    basic = challenge.is_scheme("basic")
    if basic:
        fix = Fix("Send a user name and password.", (f"curl -i -u <user> {quoted(fixes.resource_url(scene))}",))
    else:
        fix = Fix(
            "Follow the challenge: fetch a token from its realm, then repeat the request with it.",
            fixes.exchange_commands(scene),
        )
    earlier = any(e.number < refusal.number for e in scene.token_requests)
    make = proven if sure and (before or not earlier) else likely if refusal.status is not None else remark
    yield make(
        "authorization-missing",
        "The request carried no Authorization",
        (
            "A token was fetched, but the request that was refused does not carry it."
            if before
            else "The registry answered 401 and said in Www-Authenticate how to go on; the request carried no "
            "Authorization header, so this is the first half of every login, not yet a refusal. "
            + ("It wants a user name and password." if basic else "Next a token is fetched from the realm.")
        )
        + ("" if sure else " The request is not in the evidence; curl -v would show whether it carried one."),
        [
            scene.proof(refusal, "status", "status", refusal.status or "401"),
            scene.proof(refusal, "challenge", "Www-Authenticate", challenge),
        ],
        fix,
    )


RULES = (service, scope, told_scope, library, authorization_missing)
