"""Configurations in a paste as `Fact`s: what a file says, where its client or server would look for it.

`Fact.source` is the kind of file, `Fact.path` the way to the setting in the file's own words, so rules match tails of
paths. What is normalised:

==========================  =========================================================================================
source                      paths
==========================  =========================================================================================
``config.json``             docker's and the containers tools' credentials, also those inside a Kubernetes secret
                            (then the source is ``pull secret``): ``("auths", KEY)`` with value ``True`` for each entry,
                            ``("auths", KEY, "auth"|"password"|"identitytoken"|"registrytoken")`` as `Secret`,
                            ``("auths", KEY, "username")``; ``("credsStore",)``; ``("credHelpers", HOST)``. Findings of
                            the reading itself: ``("auths", KEY, "problem")`` why no client can use the entry,
                            ``("auths", KEY, "note")`` what is odd about it, ``("auths", KEY, "unreachable")`` why no
                            client looks under this key; ``("misspelt", NAME)`` with the name that was meant;
                            ``("damage",)`` where the JSON is broken
``config.yml``              the registry's own configuration, whether YAML or ``REGISTRY_…`` variables:
                            ``("auth", "token", "realm"|"service"|"issuer"|"rootcertbundle"|"autoredirect"|"jwks")``,
                            ``("auth", "htpasswd", …)``, ``("http", …)``, ``("proxy", "remoteurl")``, ``("storage", …)``
``registries.yaml``         k3s and rke2: ``("mirrors", HOST, "endpoint", N)``, ``("configs", HOST, "auth", …)``
``containerd``              ``config.toml`` and ``hosts.toml``
``registries.conf``         containers tools
``daemon.json``             ``("insecure-registries", N)``, ``("registry-mirrors", N)``
``kubernetes``              manifests: ``("kind",)``, ``("metadata", "name")``, ``("imagePullSecrets", N)``, …
``docker_auth``, ``harbor.yml``, ``compose``, ``workflow``  YAML of these programs (compose, CI) as written
``nginx``                   ``(DIRECTIVE,)`` and ``("proxy_set_header", NAME)``
``environment``             ``(NAME,)`` of variables that matter to registries and clients
``ecr cache``               ``("Registries", HOST, "ExpiresAt")``
==========================  =========================================================================================

``("file",)`` with the path of the file follows where the paste names it. Secrets are `Secret` always. `read` is linear
in the text and never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reglens import mask
from reglens.diagnosis.evidence import Fact
from reglens.diagnosis.paste import configs_credentials, configs_lines
from reglens.diagnosis.paste.configs_read import Leaf, Value, json_leaves, toml_leaves, yaml_leaves
from reglens.diagnosis.paste.source import Line, Source, whole
from reglens.secret import Secret

MAX_FACTS = 1000
"""Facts of one paste."""
MAX_BLOCK_LINES = 3000
"""Lines of one JSON document."""

SECRET_KEYS = re.compile(
    r"(?:^|[_.-])(?:auth|password|passwd|pass|secret|secretkey|accesskey|token|identitytoken|"
    r"registrytoken|identity_token|"
    r"private_?key|client_secret|key_secret|dockerconfigjson|dockercfg)$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"^(?:\$\{?\{?[^}]{0,100}\}{0,2}|\*{2,}|<[^>]{0,60}>|x{3,}|)$", re.IGNORECASE)


def read(source: Source) -> tuple[Fact, ...]:
    """Every setting of `source` that matters to registries and their clients."""
    facts: list[Fact] = []
    taken: set[int] = set()
    for block in source.blocks():
        for lines, begin in _json_blocks(block):
            found = _from_json(lines, begin)
            if found:
                taken.update(line.number for line in lines)
                facts += found
                facts += _file_of(block, lines[0].number, found[0].source)
        rest = [line for line in block if line.number not in taken]
        facts += _from_toml(rest)
        facts += _from_yaml(rest)
        facts += configs_lines.nginx(rest)
        facts += configs_lines.assignments(rest)
        if len(facts) >= MAX_FACTS:
            break
    return tuple(_unique(facts)[:MAX_FACTS])


def read_text(text: str) -> tuple[Fact, ...]:
    """As `read`, of a text alone."""
    return read(Source.read(text))


def _unique(facts: Sequence[Fact]) -> list[Fact]:
    seen: set[tuple[str, tuple[str, ...], str]] = set()
    kept = []
    for fact in facts:
        key = (fact.source, fact.path, str(fact.value))
        if key not in seen:
            seen.add(key)
            kept.append(fact)
    return kept


def hidden(path: tuple[str, ...], value: Value) -> object:
    """The value, as a `Secret` where its key says that it is one."""
    if (
        isinstance(value, str)
        and path
        and SECRET_KEYS.search(path[-1])
        and path[-1] != "REGISTRY_AUTH"
        and not _NO_SECRET.match(value)
    ):
        return Secret(value)
    return mask.mask(value) if isinstance(value, str) else value


def as_facts(source: str, leaves: Sequence[Leaf]) -> Iterator[Fact]:
    """Leaves as facts of one source. All that a Kubernetes secret holds is secret."""
    secret = source == "kubernetes" and any(leaf.path[-1] == "kind" and leaf.value == "Secret" for leaf in leaves)
    for leaf in leaves:
        if secret and isinstance(leaf.value, str) and {"data", "stringData"} & set(leaf.path[:-1]):
            yield Fact(source, leaf.path, Secret(leaf.value), leaf.span)
            continue
        yield Fact(source, leaf.path, hidden(leaf.path, leaf.value), leaf.span)


# JSON ----------------------------------------------------------------------------------------------------------------
_KNOWN_JSON = re.compile(
    r"[\"'](?P<key>auths?|cred\w{0,6}[Ss]tore\w?|credHelpers?|insecure-registries|registry-mirrors|"
    r"Registries|\.?dockerconfigjson|"
    r"\.dockercfg|imagePullSecrets|HttpHeaders)[\"']\s{0,5}:"
)


def _json_blocks(block: Sequence[Line]) -> Iterator[tuple[list[Line], int]]:
    """Runs of lines that hold a JSON object which looks like a configuration, each with the column where it begins."""
    index = 0
    while index < len(block):
        begin = block[index].text.find("{")
        if begin < 0 or not _opens(block, index, begin):
            index += 1
            continue
        depth, end = 0, index
        for end in range(index, min(len(block), index + MAX_BLOCK_LINES)):
            text = block[end].text if end > index else block[end].text[begin:]
            depth += text.count("{") - text.count("}")
            if depth <= 0:
                break
            if end > index and _PROMPT.match(text):
                end -= 1
                break
        yield list(block[index : end + 1]), begin
        index = end + 1


_PROMPT = re.compile(r"\s{0,4}(?:[$#%>] \w|[\w.-]{1,40}@[\w.-]{1,60}[:~ ])")
_LOG = re.compile(r"\s{0,8}(?:time=|level=|[<>] |\* |\d{4}[-/]\d\d[-/]\d\d[T ])")


def _opens(block: Sequence[Line], index: int, begin: int) -> bool:
    """Whether the brace opens a document with a setting that we know within its first lines."""
    text = block[index].text
    if _LOG.match(text) or "${" in text[max(begin - 1, 0) : begin + 1]:
        return False
    near = "\n".join(line.text for line in block[index : index + 12])[begin : begin + 4000]
    return bool(_KNOWN_JSON.search(near))


def _from_json(lines: list[Line], begin: int) -> list[Fact]:
    passage = whole(lines)
    leaves = json_leaves(passage.cut(begin))
    top = {leaf.path[0] for leaf in leaves}
    keys = {part for leaf in leaves for part in leaf.path}
    if "kind" in top or ".dockerconfigjson" in keys or ".dockercfg" in keys:
        return [*as_facts("kubernetes", leaves), *_secrets(leaves)]
    if {"insecure-registries", "registry-mirrors"} & top:
        return list(as_facts("daemon.json", leaves))
    if "Registries" in top:
        return list(as_facts("ecr cache", leaves))
    if configs_credentials.looks_like(leaves, passage.text):
        return configs_credentials.facts("config.json", leaves, passage.cut(begin))
    return []


def _secrets(leaves: Sequence[Leaf]) -> list[Fact]:
    """The credentials inside a Kubernetes secret."""
    facts: list[Fact] = []
    for leaf in leaves:
        if leaf.path[-1] in (".dockerconfigjson", ".dockercfg") and isinstance(leaf.value, str):
            facts += configs_credentials.from_secret(leaf)
    return facts


_FILE = re.compile(
    r"(?<![\w:/])(?P<file>(?:~|\.{0,2})?/?(?:[\w.-]{1,60}/){0,8}(?:config|auth|daemon|cache|"
    r"registries|hosts|harbor|docker-compose)\.(?:json|ya?ml|toml|conf))\b"
)


def _file_of(block: Sequence[Line], number: int, source: str) -> list[Fact]:
    """The path of the file, from a line just before it: ``cat ~/.docker/config.json``, or the path alone."""
    near = [line for line in block if number - 3 <= line.number < number]
    for line in reversed(near):
        if found := _FILE.search(line.text):
            return [Fact(source, ("file",), found["file"], line.span(*found.span("file")))]
    return []


# TOML ----------------------------------------------------------------------------------------------------------------
_TOML_HEAD = re.compile(
    r"\s{0,40}\[{1,2}(?P<name>plugins\b|host\b|registries\b|registry\]|registry\.|aliases|\"?[\w.-]*cri\"?\.)"
)


def _from_toml(lines: Sequence[Line]) -> list[Fact]:
    first = next((i for i, line in enumerate(lines) if _TOML_HEAD.match(line.text)), None)
    tops = [
        line
        for line in lines
        if re.match(r"\s{0,8}(?:unqualified-search-registries|short-name-mode|server)\s{0,8}=", line.text)
    ]
    if first is None and not tops:
        return []
    begin = min(lines.index(tops[0]) if tops else len(lines), first if first is not None else len(lines))
    part = list(lines[begin:])
    end = next((i for i, line in enumerate(part) if _PROMPT.match(line.text)), len(part))
    leaves = toml_leaves(part[:end])
    words = {word for leaf in leaves for word in leaf.path}
    source = "containerd" if {"plugins", "host", "server"} & words else "registries.conf"
    return [*as_facts(source, leaves), *_file_of(lines, part[0].number, source)]


# YAML ----------------------------------------------------------------------------------------------------------------
_YAML_LINE = re.compile(
    r"[ \t]*(?:-[ \t]+)*(?:\"[^\"\n]{1,200}\"|'[^'\n]{1,200}'|[A-Za-z_.*$/][\w.*$/{}@-]{0,120})"
    r"(?::\d{1,5})?[ \t]?:(?:[ \t]|$)|[ \t]*-[ \t]+\S"
)
_NOT_YAML = re.compile(
    r"\s{0,8}(?:HTTP/|[<>*] |curl\b|\$ |# |time=|[A-Z][a-z]{2} [ \d]\d \d\d:|\d{4}[-/]\d\d|Error\b|"
    r"error\b|Get \"?http|ERRO|WARN|INFO|DEBU|FATA)"
    r"|(?:www-authenticate|content-\w{1,20}|docker-\w[\w-]{1,40}|date|server|x-[\w-]{1,40}|"
    r"strict-transport-security|connection|vary|"
    r"set-cookie|host|user-agent|accept|authorization|username|password|warning|fatal|denied|"
    r"unauthorized|unknown|caused by|"
    r"digest|status|latest|[\w.-]{1,128}: digest): ",
    re.IGNORECASE,
)
_TOKEN_LEAVES = frozenset(
    "realm service issuer rootcertbundle autoredirect autoredirectpath jwks signingalgorithms".split()
)
_YAML_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("kubernetes", re.compile(r"^(?:apiVersion|kind|imagePullSecrets|stringData|\.?dockerconfigjson|metadata)$")),
    ("registries.yaml", re.compile(r"^(?:mirrors|configs)$")),
    ("workflow", re.compile(r"^(?:uses|runs-on|jobs|permissions|before_script|stages)$")),
    ("compose", re.compile(r"^(?:services|container_name)$")),
    ("docker_auth", re.compile(r"^(?:acl|ldap_auth|google_auth|github_auth|mongo_auth)$")),
    ("harbor.yml", re.compile(r"^(?:external_url|harbor_admin_password|hostname|data_volume|externalURL|expose)$")),
    (
        "config.yml",
        re.compile(r"^(?:rootcertbundle|autoredirect|remoteurl|htpasswd|realm|issuer|storage|jwks|http|auth)$"),
    ),
)


def _from_yaml(lines: Sequence[Line]) -> list[Fact]:
    facts: list[Fact] = []
    for run in _yaml_runs(lines):
        leaves = yaml_leaves(run)
        keys = {part for leaf in leaves for part in leaf.path}
        source = next((name for name, pattern in _YAML_KINDS if any(pattern.match(key) for key in keys)), "")
        environment = [leaf for leaf in (*leaves, *_named(leaves)) if configs_lines.known_variable(leaf.path[-1])]
        facts += configs_lines.variables(environment)
        if not source:
            continue
        settings = [_normal(source, leaf) for leaf in leaves]
        facts += as_facts(source, settings)
        if source == "kubernetes":
            facts += _secrets(leaves)
        facts += _file_of(lines, run[0].number, source)
    return facts


def _named(leaves: Sequence[Leaf]) -> Iterator[Leaf]:
    """The variables of a pod: items with ``name`` and ``value``."""
    names = {leaf.path[:-1]: str(leaf.value) for leaf in leaves if leaf.path[-1] == "name"}
    for leaf in leaves:
        if leaf.path[-1] == "value" and (name := names.get(leaf.path[:-1])):
            yield Leaf((*leaf.path[:-1], name), leaf.value, leaf.span, leaf.key_span)


def _normal(source: str, leaf: Leaf) -> Leaf:
    """A fragment of a token section under its full path, and a pull secret's name without the word ``name``."""
    path = leaf.path
    if (
        source in ("config.yml", "docker_auth")
        and path[-1] in _TOKEN_LEAVES
        and (len(path) == 1 or path[-2] == "token")
    ):
        if source == "config.yml" or path[-1] != "issuer":
            path = (*path[: max(len(path) - 3, 0)], "auth", "token", path[-1])
    elif "imagePullSecrets" in path and path[-1] == "name":
        path = path[:-1]
    return leaf if path == leaf.path else Leaf(path, leaf.value, leaf.span, leaf.key_span)


def _yaml_runs(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Stretches of lines that are YAML by their look, blank lines and comments included."""
    run: list[Line] = []
    for line in lines:
        text = line.text
        plain = not text.strip() or text.lstrip().startswith("#")
        fits = plain or (bool(_YAML_LINE.match(text)) and not _NOT_YAML.match(text)) or _goes_on(run, text)
        if fits and not (run and line.number > run[-1].number + 3):
            if run or not plain:
                run.append(line)
            continue
        if run:
            yield run
        run = [line] if fits and not plain else []
    if run:
        yield run


def _goes_on(run: Sequence[Line], text: str) -> bool:
    """Whether an indented line belongs to a block scalar or a list before it."""
    return bool(run) and text[:2] in ("  ", "\t\t", "\t") and bool(re.search(r"[|>][+-]?\s*$", run[-1].text))
