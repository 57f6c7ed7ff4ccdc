"""What a paste's writer was after: the reference, and what was to be done with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote

from reglens.diagnosis.paste.commands import Run
from reglens.errors import ReferenceInvalid
from reglens.oci.reference import Reference
from reglens.trace.exchange import Exchange, Role

PUSH, PULL, DELETE = "push", "pull", "delete"

_VALUE_OPTIONS = frozenset(
    "-u --username -p --password --platform --creds --src-creds --dest-creds --authfile --cert-dir -f --file "
    "-t --tag --name -e --env -v --volume --network --net --entrypoint -w --workdir --user -l --label -o "
    "--output --format --config --namespace -n --memory -m --cpus --restart --log-level --host -H --context "
    "--address -a --hosts-dir --build-arg --target --cache-from --cache-to --tls-verify --retry-times "
    "--override-os --override-arch --digestfile --registry --docker-server --docker-username --docker-password "
    "--docker-email --registry-config --artifact-type --annotation --network-alias --mount --link --add-host "
    "--dns --hostname -h --auth --destination -d --dockerfile --kubeconfig --image --version --repo".split()
)
_RUNS = frozenset({"run", "create"})
_DEPENDING: dict[str, frozenset[str]] = dict.fromkeys(("-v", "-e", "-h", "-l", "-w"), _RUNS) | {
    "-t": frozenset({"build", "buildx"}),
    "-d": frozenset(),
}
"""Options that take a value only behind some verbs; elsewhere they are switches."""
_TRANSPORT = re.compile(r"(?:docker|oci|docker-daemon|containers-storage|docker-archive|oci-archive|dir)://?")
_GROUPS = frozenset("image image container manifest buildx artifact tag repo blob index i".split())
_NAMED = re.compile(r"/v2/(?P<name>.+?)/(?:manifests/(?P<target>[^/]+)|tags/list|blobs/.*|referrers/.*)$")
_PLACEHOLDER = re.compile(r"[$`(){}]")

_VERBS: dict[str, tuple[str, ...]] = {
    PULL: ("pull", "run", "create", "inspect", "export", "digest", "manifest", "ls", "list-tags", "config", "fetch",
           "resolve", "discover", "copy", "cp", "image", "validate", "save", "artifact", "get", "head"),
    PUSH: ("push", "append", "mutate", "attach", "sign", "attest"),
    DELETE: ("delete", "rm-manifest"),
}  # fmt: skip
_IMAGE_CLIENTS = frozenset(
    "docker podman nerdctl skopeo crane gcrane oras regctl buildah helm crictl ctr k3s microk8s kaniko executor cosign "
    "notation trivy syft grype dive singularity apptainer finch lima container img reg umoci flux".split()
)
_ENGINES = frozenset({"docker", "podman", "nerdctl", "buildah", "finch", "lima", "container", "crictl", "singularity"})


def of_run(run: Run) -> tuple[str | None, str] | None:
    """The reference that a client's command names, as typed (None: it names none), and its action; None if the command
    is about no image."""
    words = [a.text for a in run.arguments]
    program = run.program
    if program not in _IMAGE_CLIENTS:
        image = _option(words, ("--image",))
        return (_clean(image), PULL) if image else None
    if program in ("k3s", "microk8s") and words:
        program, words = words[0].removeprefix("microk8s."), words[1:]
    if program == "ctr":
        words = [w for w in words if w not in ("images", "image", "i")]
    positional = _positional(words)
    if program in ("docker-compose",) or not positional:
        return None
    verb = positional[0]
    rest = positional[1:]
    if verb == "tag" and program in _ENGINES:
        return (_clean(rest[-1]), PUSH) if len(rest) > 1 else None
    if program in ("flux", "helm"):
        place = next((_clean(r) for r in rest if r.startswith("oci://")), None)
        if place is not None:
            return (_chart(place, rest[0]), PUSH) if program == "helm" and verb == "push" else (place, PULL)
        if program == "flux" or verb == "push":
            return None
    if verb in _GROUPS and rest and (program in _ENGINES or program in ("oras", "regctl", "ctr")):
        verb, rest = rest[0], rest[1:]
    if verb in ("login", "logout"):
        return (_clean(rest[0]) if rest else None), "login"
    if program == "skopeo":
        return _skopeo(verb, rest)
    if verb == "build" or (program == "executor" or program == "kaniko"):
        tag = _option(words, ("-t", "--tag", "--destination", "-d"))
        return (_clean(tag), PUSH) if tag and ("--push" in words or program in ("executor", "kaniko")) else None
    if verb in ("imagetools",) and len(rest) > 1:
        verb, rest = rest[0], rest[1:]
    for action in (PUSH, DELETE, PULL):
        if verb in _VERBS[action] and rest:
            if verb in ("copy", "cp"):
                return _clean(rest[0]), PULL
            if verb == "run" and program not in _ENGINES:
                return None
            inner = next((at for at, word in enumerate(rest) if at and word.startswith("docker://")), 0)
            if verb == "run" and inner:  # a client that runs in a container: skopeo copy docker://… docker://…
                return _skopeo(rest[1], rest[2:])
            if verb == "push" and len(rest) == 2 and program in ("podman", "buildah"):
                return _clean(rest[1]), action  # podman-push(1): image, destination
            named = next((r for r in rest if not _PLACEHOLDER.search(r)), None)
            return (_clean(named) if named else None), action
    return None


_CHART = re.compile(r"(?:.*/)?(?P<name>[a-z0-9][a-z0-9._-]*?)-v?\d+\.\d[\w.+-]*\.tgz")


def _chart(place: str, archive: str) -> str:
    """Where ``helm push`` puts a chart: below the place that it names, under the chart's own name (helm.sh, "Use
    OCI-based registries")."""
    found = _CHART.fullmatch(archive)
    return f"{place.rstrip('/')}/{found['name']}" if found else place


def _positional(words: Sequence[str]) -> list[str]:
    found: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            verbs = _DEPENDING.get(word)
            skip = word in _VALUE_OPTIONS if verbs is None else bool(found) and found[0] in verbs
        else:
            found.append(word)
    return found


def _option(words: Sequence[str], names: Sequence[str]) -> str | None:
    for at, word in enumerate(words):
        if word in names and at + 1 < len(words):
            return words[at + 1]
        for name in names:
            if word.startswith(f"{name}="):
                return word[len(name) + 1 :]
    return None


def _skopeo(verb: str, rest: Sequence[str]) -> tuple[str | None, str] | None:
    remote = [r for r in rest if r.startswith("docker://")]
    if not remote:
        return None
    if verb == "copy" and len(rest) > 1:
        target = rest[1].startswith("docker://")
        chosen = rest[1] if target and not rest[0].startswith("docker://") else remote[0]
        return _clean(chosen), PUSH if chosen == rest[1] else PULL
    return _clean(remote[0]), DELETE if verb == "delete" else PULL


def _clean(text: str) -> str:
    return _TRANSPORT.sub("", text, count=1)


def of_exchange(exchange: Exchange) -> tuple[str, str] | None:
    """The reference that a request's path names, and its action."""
    if exchange.role not in (Role.MANIFEST, Role.TAGS, Role.BLOB, Role.REFERRERS):
        return None
    found = _NAMED.search(unquote(exchange.path))
    if not found or _PLACEHOLDER.search(found["name"] + (found["target"] or "")):
        return None
    action = PULL
    if exchange.method in ("PUT", "POST", "PATCH"):
        action = PUSH
    elif exchange.method == "DELETE":
        action = DELETE
    target = found["target"] or ""
    separator = "@" if ":" in target else ":" if target else ""
    return f"{exchange.host}/{found['name']}{separator}{target}", action


def read(text: str | None) -> Reference | None:
    """The reference in `text`, if it is one."""
    if not text:
        return None
    try:
        return Reference.parse(text)
    except ReferenceInvalid:
        return None


def find(runs: Sequence[Run], exchanges: Sequence[Exchange], given: str | None) -> tuple[str | None, str]:
    """The reference as typed, and the action: of the last client's command, else of the last request that names one."""
    named: tuple[str | None, str] | None = None
    for run in reversed(runs):
        found = of_run(run)
        if found and found[1] != "login" and (named is None or (named[0] is None and found[0])):
            named = (found[0] or (named[0] if named else None), named[1] if named else found[1])
            if named[0]:
                break
    asked: tuple[str, str] | None = None
    for exchange in reversed(exchanges):
        found_here = of_exchange(exchange)
        if found_here and (asked is None or (exchange.refused and not asked_refused(exchanges, asked))):
            asked = found_here
            if exchange.refused:
                break
    action = named[1] if named else asked[1] if asked else PULL
    latest = next((r for r in reversed(runs) if r.drafts or of_run(r)), None)
    if asked and latest is not None and latest.drafts:
        action = asked[1]
    if given is not None:
        return given, action
    if named and named[0]:
        return named[0], action
    return (asked[0] if asked else None), action


def asked_refused(exchanges: Sequence[Exchange], asked: tuple[str, str]) -> bool:
    """Whether a request for this reference was refused."""
    return any(e.refused and of_exchange(e) == asked for e in exchanges)
