"""What lines, commands and configurations tell of the attempt: which registry, which image, to do what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from reglens.diagnosis import meanings, products
from reglens.diagnosis.evidence import Evidence, Fact
from reglens.errors import ReferenceInvalid
from reglens.oci.reference import HUB, HUB_ALIASES, Reference, normalise_registry
from reglens.oci.scope import Scope, parse_scopes

HUB_KEY = "https://index.docker.io/v1/"
"""The key under which every client keeps Docker Hub's credentials (docker/cli, cli/registry; oras-go, auth)."""
CLUSTER_TELLERS = frozenset({"kubelet", "containerd", "cri-o", "k3s", "kubernetes"})
_PLACEHOLDER = re.compile(r"[<>]|\*\*\*|\{\{|\$\{?\w|(?:^|/)[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?:/|:|$)|\.\.\.|…")
_WRITES = re.compile(r"\b(?:write|push|upload|put|create|delete)", re.IGNORECASE)
_API_URL = re.compile(r"https?://(?P<host>[\w.<>-]{1,200}(?::\d{1,5})?)/v2/(?!token|auth)")
_ECR = re.compile(r"\d{12}\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_LOGIN = re.compile(r"(?:docker|podman|nerdctl|buildah|skopeo|helm|oras|crane|regctl)$")


def placeholder(reference: str) -> bool:
    """Whether a part of a reference was put in place of a name: ``<name>``, ``MY_PROJECT``, ``$VAR``, ``***``."""
    return _PLACEHOLDER.search(reference) is not None


def references(evidence: Evidence) -> Iterator[str]:
    """The references that lines name, those that tell what was wanted first."""
    for first in (True, False):
        for report in evidence.reports:
            if report.values.get("reference") and (report.meaning == "wanted") is first:
                yield report.values["reference"]


def wanted(evidence: Evidence) -> Reference | None:
    """What was wanted: as the evidence says, else as the first line that names a readable reference says."""
    if evidence.wanted is not None:
        return evidence.wanted
    for text in references(evidence):
        try:
            return Reference.parse(text)
        except ReferenceInvalid:
            continue
    return None


def scopes(evidence: Evidence) -> tuple[Scope, ...]:
    """The scopes of token requests that lines tell of."""
    return tuple(s for r in evidence.reports for s in parse_scopes(r.values.get("scope", "")) if s.well_formed)


def action(evidence: Evidence) -> str:
    """What was to be done: ``pull``, ``push`` or ``delete``."""
    if evidence.action != "pull":
        return evidence.action
    told = {report.values.get("action") for report in evidence.reports}
    told |= {"delete" for r in evidence.reports if r.values.get("method") == "DELETE" and r.meaning == "token-scope"}
    told |= {name for scope in scopes(evidence) for name in scope.actions}
    told |= {"push" for r in evidence.reports if _WRITES.search(r.values.get("permission", "").replace("_", " "))}
    return next((name for name in ("push", "delete") if name in told), evidence.action)


def host_of_url(text: str) -> str:
    """``host[:port]`` of a URL or of a bare host; ``""`` if it is none."""
    try:
        return urlsplit(text).netloc.rpartition("@")[2] if "://" in text else text.split("/")[0]
    except ValueError:
        return ""


def registry(evidence: Evidence) -> str:
    """The registry that lines or a login command name; ``""`` if none does."""
    for report in evidence.reports:
        if report.values.get("registry"):
            return normalise_registry(host_of_url(report.values["registry"]))
    refused = refused_host(evidence)
    if refused:
        return normalise_registry(refused)
    for host in logins(evidence):
        return normalise_registry(host)
    first, slash, _ = (evidence.reference or "").partition("/")
    if slash and re.fullmatch(r"(?:[\w<>*-]+\.)+[\w<>*-]+(?::\d+)?|[\w-]+:\d+", first):
        return normalise_registry(first)
    for report in evidence.reports:
        url = report.values.get("url", "")
        if report.values.get("host") and report.values.get("part", "registry") == "registry" and "/v1/" not in url:
            return normalise_registry(report.values["host"])
    asked = host_of_url(token_url(evidence))
    if asked:
        services = {r.values.get("service", "") for r in evidence.reports}
        known = next((p for p in products.ALL if p.fixed_service and p.service in services), None)
        return HUB if known is products.HUB else asked if known or asked in services else ""
    found = _API_URL.search(evidence.pasted)
    return normalise_registry(found["host"]) if found else ""


def refused_host(evidence: Evidence) -> str:
    """The registry's host that a line names of which something is said; ``""`` if none does."""
    for report in evidence.reports:
        meaning = meanings.meaning(report.meaning)
        host, where = report.values.get("host", ""), report.values.get("part", "registry")
        if meaning is not None and meaning.codes and host and where == "registry":
            if "/v1/" not in report.values.get("url", ""):
                return host
        elif report.values.get("location"):
            return f"{report.values['location']}-docker.pkg.dev"
    return ""


def logged_in_elsewhere(evidence: Evidence, registry_name: str) -> str:
    """The host that every login in the evidence went to, if that is another than the registry; else ``""``.

    Docker Hub's credentials are looked for under ``docker.io`` and ``index.docker.io`` alone (docker/cli,
    cli/command/registry.go; google/go-containerregistry, pkg/authn/keychain.go).
    """
    hosts = [host.lower() for host in logins(evidence, implied=True)]
    regions = [r.values["region"] for r in evidence.reports if r.meaning == meanings.Meaning.LOGIN_PREPARED]
    found = _ECR.fullmatch(registry_name)
    if regions and not hosts and found is not None and found["region"] not in regions:
        return registry_name.replace(f".{found['region']}.", f".{regions[-1]}.")
    wanted_here = {"docker.io", "index.docker.io"} if registry_name in HUB_ALIASES else {registry_name}
    if not hosts or not registry_name or any(host in wanted_here for host in hosts):
        return ""
    return hosts[-1]


def token_url(evidence: Evidence) -> str:
    """The URL of a token request that a line tells of; ``""`` if none does."""
    return next(
        (r.values["url"] for r in evidence.reports if r.values.get("part") == "token" and r.values.get("url")), ""
    )


def repository(evidence: Evidence) -> str:
    """The repository that lines name, in a scope or by itself; ``""`` if none does."""
    for report in evidence.reports:
        if report.values.get("repository"):
            return report.values["repository"]
    return next((s.name for s in scopes(evidence) if s.type == "repository"), "")


def logins(evidence: Evidence, *, implied: bool = False) -> Iterator[str]:
    """The hosts of login commands; with `implied` also ``docker.io`` for a docker login that names none."""
    for command in evidence.commands:
        words = [w for w in command.argv if w not in ("registry", "auth")]
        if len(words) < 2 or words[1] != "login" or not _LOGIN.search(command.program):
            continue
        named = [host for word in _positional(words[2:]) if _HOST.fullmatch(host := host_of_url(word))]
        if named:
            yield named[0]
        elif implied and command.program.endswith(("docker", "nerdctl")) and not list(_positional(words[2:])):
            yield "docker.io"


_WITH_VALUE = frozenset({"-u", "--username", "-p", "--password", "--authfile", "--tlscacert", "--config", "--cert-dir"})
_HOST = re.compile(r"(?:[\w<>*-]+\.)+[\w<>*-]+(?::\d+)?|localhost(?::\d+)?|[\w-]+:\d+")


def _positional(words: Sequence[str]) -> Iterator[str]:
    """The words of a login command that are neither flags nor their values."""
    value = False
    for word in words:
        if not value and not word.startswith("-"):
            yield word
        value = word in _WITH_VALUE


def setting(evidence: Evidence, name: str) -> str:
    """A setting of ``auth.token`` in a registry's configuration; ``""`` if it is not in the evidence."""
    found = (f.value for f in evidence.facts if f.path[-3:] == ("auth", "token", name))
    return next((value for value in found if isinstance(value, str)), "")


def service(evidence: Evidence) -> Fact | None:
    """The service that a registry's configuration names."""
    return next((f for f in evidence.facts if f.path[-3:] == ("auth", "token", "service")), None)


_ACCOUNT = re.compile(r"docker/|containers/|skopeo/|podman/|buildah/|libpod/|cri-o/", re.IGNORECASE)
"""User agents of clients that name the account in every token request for which they have credentials (distribution,
internal/client/auth/session.go, ``fetchTokenWithBasicAuth``; containers/image, docker/docker_client.go)."""
_NAMES_ACCOUNT = frozenset({"skopeo", "podman", "buildah"})


def asked_anonymously(evidence: Evidence) -> bool:
    """Whether the last token request for a scope, of a client that would name its account, names none."""
    ours = any(command.program in _NAMES_ACCOUNT for command in evidence.commands)
    asked = [r for r in evidence.reports if r.meaning == "exchanged" and r.values.get("scope")]
    asked = [r for r in asked if _ACCOUNT.match(r.values.get("agent", "")) or (ours and not r.values.get("agent"))]
    return bool(asked) and not any(r.values.get("account") for r in asked)


def helper(evidence: Evidence, registry_name: str) -> str:
    """The credential helper that a configuration names for a registry; ``""`` if none."""
    store = ""
    for fact in evidence.facts:
        if fact.path[:1] == ("credHelpers",) and len(fact.path) > 1 and isinstance(fact.value, str):
            if normalise_registry(fact.path[1]) == registry_name:
                return fact.value
        elif fact.path == ("credsStore",) and isinstance(fact.value, str):
            store = fact.value
    return store


def stored(evidence: Evidence) -> tuple[str, ...]:
    """The keys under which a configuration has credentials, as written."""
    keys = [f.path[1] for f in evidence.facts if len(f.path) > 1 and f.path[0] in ("auths", "configs")]
    keys += [f.path[f.path.index("auths") + 1] for f in evidence.facts if "auths" in f.path[1:-1]]
    keys += [f.path[-3] for f in evidence.facts if len(f.path) > 4 and f.path[-4] == "configs" and f.path[-2] == "auth"]
    return tuple(dict.fromkeys(keys))


def key_host(key: str) -> str:
    """The host of a key under ``auths`` (docker/cli, config/credentials/file_store.go, ``ConvertToHostname``)."""
    return normalise_registry(key.partition("://")[2].split("/")[0] if "://" in key else key.split("/")[0])


def in_cluster(evidence: Evidence) -> bool:
    """Whether a kubelet or its kin speaks."""
    return any(report.teller in CLUSTER_TELLERS for report in evidence.reports)
