"""Fixes for who is asking: logins, files with credentials, helpers, rights."""

from __future__ import annotations

from reglens.diagnosis import fixes
from reglens.diagnosis.evidence import Report
from reglens.diagnosis.finding import Fix
from reglens.diagnosis.scene import Scene, shown
from reglens.diagnosis.told import HUB_KEY
from reglens.oci.reference import HUB_ALIASES
from reglens.trace.curl import quoted


def login(scene: Scene, report: Report) -> Fix:
    if scene.in_kubernetes and scene.product.key == "acr" and scene.registry:
        name = scene.registry.partition(".")[0]
        return Fix(
            f"The cluster asks {scene.registry} without credentials. On AKS let its identity pull (the role AcrPull); "
            "elsewhere give the pods a pull secret of their own namespace.",
            (
                f"az aks update --name <cluster> --resource-group <group> --attach-acr {name}",
                f"kubectl create secret docker-registry regcred --docker-server={scene.registry} "
                "--docker-username=<user> --docker-password=<password>",
            ),
        )
    return fixes.login(scene, f"Log in to {host_name(scene)}; accepted is {scene.product.secret}.")


def unasked(scene: Scene, report: Report) -> Fix:
    """docker asks at a terminal for what is empty (docker/cli, cli/command/registry.go); GitLab hands protected
    variables to jobs of protected branches and tags alone (docs.gitlab.com/ci/variables/, "Protect a CI/CD
    variable")."""
    command = fixes.login_command(scene)
    if "--password-stdin" not in command:
        command = f'printf %s "$PASSWORD" | {command} --password-stdin'
    return Fix(
        "The user name or the password was empty, so docker wanted to ask for it, and there is no terminal to ask at. "
        "See that the variables that hold them are set in this very job (GitLab gives protected ones to protected "
        "branches and tags alone, and pull requests of forks get no secrets), and hand the password over with "
        "--password-stdin.",
        (command,),
    )


def host_name(scene: Scene) -> str:
    """The registry as a person calls it."""
    return "Docker Hub" if scene.is_hub else scene.registry or "the registry"


def rejected(scene: Scene, report: Report) -> Fix:
    unnamed = scene.is_hub or (not scene.registry and scene.product.key == "unknown")
    out = "docker logout" if unnamed else f"docker logout {scene.registry or '<registry>'}"
    if report.values.get("part") == "upstream" or part_is_upstream(report):
        return Fix(
            "Mend the user name and password (an access token) that the cache or proxy repository keeps for "
            "its upstream."
        )
    if scene.in_kubernetes and scene.registry:
        return Fix(
            "The pod's pull secret (or the node's own identity) holds credentials that are refused. Make the secret "
            f"anew; accepted is {scene.product.secret}.",
            (
                "kubectl delete secret <secret> --namespace <namespace>",
                f"kubectl create secret docker-registry <secret> --namespace <namespace> --docker-server="
                f"{HUB_KEY if scene.is_hub else scene.registry} --docker-username=<user> "
                "--docker-password=<password>",
                fixes.login_command(scene),
            ),
        )
    if scene.product.key in ("distribution", "unknown") and "htpasswd" in scene.evidence.pasted:
        return Fix(
            "Check name and password against the registry's htpasswd file; only bcrypt entries (htpasswd -B) are read.",
            ("htpasswd -Bbn <user> <password> > htpasswd", fixes.login_command(scene)),
        )
    return Fix(
        f"Log out, then in again: accepted is {scene.product.secret}. A public image needs no login, so logging out "
        "alone "
        "cures that.",
        (out, fixes.login_command(scene)),
    )


def part_is_upstream(report: Report) -> bool:
    """Whether a line speaks of a cache's own upstream."""
    return "upstream" in report.meaning


def not_sent(scene: Scene, report: Report) -> Fix:
    file = report.values.get("file", "")
    if file:
        return Fix(
            f"Let this user read {file}, or name another file (REGISTRY_AUTH_FILE, --authfile; docker: DOCKER_CONFIG).",
            (f"ls -l {file}", fixes.login_command(scene)),
        )
    if report.values.get("secret"):
        return _secret(scene, report)
    if scene.unread_login is not None and not scene.in_kubernetes:
        return _unread(scene, *scene.unread_login)
    if report.teller == "ctr":
        return Fix(
            "ctr does not read containerd's CRI configuration. Give it the credentials, or use crictl or nerdctl.",
            (f"ctr -n k8s.io images pull --user '<user>:<password>' {report.values.get('reference') or '<image>'}",),
        )
    if scene.helper:
        return Fix(
            f"The file names credsStore {scene.helper}: the credentials are in that store, which this client cannot "
            "ask. Take "
            "the line credsStore out and log in again, so that they stand in the file.",
            (_WITHOUT, fixes.login_command(scene)),
        )
    if scene.is_hub:
        return Fix(
            "Store the credentials under Docker Hub's one key, https://index.docker.io/v1/, whatever host the image "
            "names.",
            (
                "docker login -u <user>",
                "kubectl create secret docker-registry <name> --docker-server=https://index.docker.io/v1/ "
                "--docker-username=<user> --docker-password=<token>",
            ),
        )
    host = scene.registry or "<registry>"
    if any("registries.yaml" in f.source or f.path[:1] == ("configs",) for f in scene.evidence.facts):
        return Fix(
            "Name the registry's host itself under configs in registries.yaml: a * is not applied to credentials. "
            "Then restart.",
            (f'configs:\n  "{host}":\n    auth:\n      username: <user>\n      password: <password>',),
        )
    cluster = scene.in_kubernetes
    text = (
        "In Kubernetes put them into a secret of the pod's own namespace and name it in imagePullSecrets; the node's "
        "own "
        "docker login is not read for pods."
        if cluster
        else f"Store the credentials under the name that the image uses: {host}. A login as another user (sudo, a "
        "service) "
        "is kept in that user's own file."
    )
    secret = (
        f"kubectl create secret docker-registry regcred --docker-server={host} --docker-username=<user> "
        "--docker-password=<password>",
        "spec:\n  imagePullSecrets:\n    - name: regcred",
    )
    return Fix(text, secret if cluster else (fixes.login_command(scene),))


def _secret(scene: Scene, report: Report) -> Fix:
    """The cure of a pull secret that is not there, or has nothing for this registry."""
    place, _, name = report.values["secret"].rpartition("/")
    namespace = place or "<namespace>"
    host = report.values.get("host") or scene.registry or "<registry>"
    server = HUB_KEY if host in HUB_ALIASES else host
    text = (
        f"The secret {shown(name)} has no credentials for {shown(host)}: the key must be that very host. Make it anew."
        if report.values.get("host")
        else f"The pod names the pull secret {shown(name)}, which is not in the pod's own namespace: secrets are not "
        "seen across namespaces. Create it there."
    )
    where = f"{quoted(name)} --namespace {quoted(namespace) if place else namespace}"
    return Fix(
        text,
        (
            f"kubectl get secret {where}",
            f"kubectl create secret docker-registry {where} --docker-server={server} --docker-username=<user> "
            "--docker-password=<password>",
        ),
    )


def _unread(scene: Scene, program: str, reader: str) -> Fix:
    """The cure of a login that the refused client does not read."""
    image = scene.wanted.pullable if scene.wanted is not None else f"{scene.registry or '<registry>'}/<image>"
    text = f"{reader} does not read what {program} login stores. "
    if reader == "crictl":
        return Fix(text + "Give it the credentials itself.", (f"crictl pull --creds '<user>:<password>' {image}",))
    if reader == "ctr":
        return Fix(
            text + "Give it the credentials itself.",
            (f"ctr -n k8s.io images pull --user '<user>:<password>' {image}",),
        )
    if reader == "docker-compose":
        return Fix(
            "docker-compose of the first generation reads credentials that stand in the file itself, not those in a "
            "credential store. Pull with docker, or use docker compose.",
            (f"docker pull {image}", "docker compose pull"),
        )
    login = fixes.LOGINS.get(reader, "docker login")
    return Fix(f"{text}Log in with it too.", (f"{login} {scene.registry or '<registry>'} -u <user>",))


_WITHOUT = "(cd ~/.docker && jq 'del(.credsStore, .credHelpers)' config.json > new.json && mv new.json config.json)"
"""Through jq: what sed leaves of a last entry is a comma that breaks the file."""


def helper(scene: Scene, report: Report) -> Fix:
    cure = _STORES.get(report.teller)
    if cure is not None:
        return Fix(f"{cure[0]} Or take the line credsStore out of ~/.docker/config.json and log in again.", cure[1])
    helper = report.values.get("helper", "") or _helper_name(scene)
    if helper.endswith("-credential-provider"):
        return _provider(scene, helper)
    return Fix(
        f"Install the program {helper} under exactly this name in PATH, or take the line credsStore (or credHelpers) "
        "out of "
        "~/.docker/config.json and log in again.",
        (
            f"command -v {helper}",
            f"echo {scene.registry or 'https://index.docker.io/v1/'} | {helper} get",
            _WITHOUT,
        ),
    )


def _provider(scene: Scene, name: str) -> Fix:
    """The cure of a plugin of the kubelet, which is no helper of docker's (kubernetes.io, "Configure a kubelet image
    credential provider")."""
    image = scene.wanted.name if scene.wanted is not None else f"{scene.registry or '<registry>'}/<image>"
    asked = (
        f'{{"apiVersion":"credentialprovider.kubelet.k8s.io/v1","kind":"CredentialProviderRequest","image":"{image}"}}'
    )
    return Fix(
        f"The kubelet runs {shown(name)} from the directory that --image-credential-provider-bin-dir names: it must be "
        "there, run on this node (its loader and libraries too), and reach its cloud: the metadata service, a role "
        "with the right to pull. Run it by hand on the node.",
        (f"ls -l <bin-dir>/{name}", f"echo {quoted(asked)} | <bin-dir>/{name} get-credentials"),
    )


_STORES: dict[str, tuple[str, tuple[str, ...]]] = {
    "pass": (
        "The store pass is not initialised with a key that gpg can use, for this user: make a key and initialise it.",
        (
            "gpg --full-generate-key",
            "pass init \"$(gpg --list-secret-keys --with-colons | awk -F: '/^fpr/{print $10; exit}')\"",
            _WITHOUT,
        ),
    ),
    "secretservice": (
        "The keyring needs a session with D-Bus and must be unlocked; a server without a desktop has none.",
        ("gnome-keyring-daemon --unlock", _WITHOUT),
    ),
    "osxkeychain": (
        "The keychain is locked, or may not be asked in this session (ssh, CI): unlock it.",
        ("security unlock-keychain ~/Library/Keychains/login.keychain-db", _WITHOUT),
    ),
    "wincred": (
        "Windows' credential store is not there in a session without a logon (ssh, a service, a scheduled task).",
        ("docker-credential-wincred list",),
    ),
}
"""The cure of each credential store of docker/docker-credential-helpers."""


def _helper_name(scene: Scene) -> str:
    name = scene.helper
    return f"docker-credential-{name}" if name else "docker-credential-<name>"


def denied(scene: Scene, report: Report) -> Fix:
    writes = scene.action != "pull" or report.values.get("action") in ("push", "delete")
    name = scene.repository
    right = scene.product.push_right if writes else scene.product.pull_right
    missing = report.values.get("permission", "")
    text = f"Needed is {right}" + (f", for {shown(name)}." if name else ".")
    if missing and missing not in text:
        text += f" The server names what is missing: {shown(missing)}."
    if scene.is_hub and writes and name:
        text += " On Docker Hub the namespace must be yours: your user name, or an organisation that lets you write."
    commands = (
        ("permissions:\n  contents: read\n  packages: write",)
        if scene.product.key == "ghcr" and writes
        else (fixes.login_command(scene),)
    )
    return Fix(text, commands)


def malformed_credentials(scene: Scene, report: Report) -> Fix:
    return Fix(
        "Encode user:password again, without a line end, or log in again.",
        ("printf %s '<user>:<password>' | base64 -w0", fixes.login_command(scene)),
    )
