"""The requests that curl, wget and HTTPie make of their arguments (curl(1), wget(1), httpie.io/docs/cli)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote_plus

from reglens.diagnosis.paste.drafts import Draft, Gap
from reglens.diagnosis.paste.source import Passage, join, placed


@dataclass(slots=True)
class Argument:
    """One argument as the program got it, with the parts that only the shell knew."""

    value: Passage
    gaps: list[Gap] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.value.text

    def after(self, position: int) -> Argument:
        """The argument from `position` on."""
        moved = [Gap(g.start - position, g.end - position, g.name, g.capture) for g in self.gaps if g.start >= position]
        return Argument(self.value.cut(position), moved)


_CURL_VALUES = frozenset("AbcCdDeEFHKmoPQrtTuUwxXyYz")
_CURL_LONG = {
    "request": "X",
    "header": "H",
    "user": "u",
    "data": "d",
    "data-raw": "d",
    "data-binary": "d",
    "data-ascii": "d",
    "json": "json",
    "data-urlencode": "urlencode",
    "url-query": "query",
    "form": "F",
    "output": "o",
    "url": "url",
    "user-agent": "A",
    "cookie": "b",
    "referer": "e",
    "upload-file": "T",
    "oauth2-bearer": "bearer",
    "dump-header": "D",
    "write-out": "w",
    "proxy": "x",
}
_CURL_LONG_VALUES = frozenset(
    "cacert capath cert cert-type key key-type pass ciphers tls-max connect-timeout max-time retry retry-delay "
    "retry-max-time resolve connect-to cookie-jar proxy-user proxy-header max-redirs interface dns-servers range "
    "limit-rate config stderr trace trace-ascii noproxy preproxy socks5 socks5-hostname socks4 unix-socket "
    "proxy-cacert pinnedpubkey form-string aws-sigv4 doh-url keepalive-time local-port max-filesize netrc-file "
    "output-dir speed-limit speed-time proto proto-default proto-redir variable happy-eyeballs-timeout-ms".split()
)
_CURL_FLAGS = {"get": "G", "head": "I", "remote-name": "O", "location": "L", "verbose": "v", "include": "i"}


class Curl:
    """curl's arguments, read one by one."""

    def __init__(self) -> None:
        self.urls: list[Argument] = []
        self.headers: list[tuple[Passage, Argument]] = []
        self.user: Argument | None = None
        self.bearer: Argument | None = None
        self.data: list[Argument] = []
        self.encoded: list[Argument] = []
        self.queries: list[Argument] = []
        self.method: Argument | None = None
        self.flags: set[str] = set()

    def read(self, arguments: list[Argument]) -> Curl:
        waiting = ""
        for position, argument in enumerate(arguments):
            text = argument.text
            if waiting:
                self.option(waiting, argument)
                waiting = ""
            elif text == "--":
                self.urls.extend(arguments[position + 1 :])
                break
            elif text.startswith("--"):
                waiting = self.long(argument)
            elif text.startswith("-") and len(text) > 1:
                waiting = self.short(argument)
            elif text:
                self.urls.append(argument)
        return self

    def long(self, argument: Argument) -> str:
        name, equals, _ = argument.text[2:].partition("=")
        option = _CURL_LONG.get(name, "")
        if equals:
            self.option(option or "?", argument.after(len(name) + 3))
            return ""
        if option:
            return option
        if name in _CURL_LONG_VALUES:
            return "?"
        self.flags.add(_CURL_FLAGS.get(name, name))
        return ""

    def short(self, argument: Argument) -> str:
        text = argument.text
        for index in range(1, len(text)):
            letter = text[index]
            if letter in _CURL_VALUES:
                if index + 1 < len(text):
                    self.option(letter, argument.after(index + 1))
                    return ""
                return letter
            self.flags.add(letter)
        return ""

    def option(self, option: str, argument: Argument) -> None:
        if option == "X":
            self.method = argument
        elif option == "H":
            self.header(argument)
        elif option == "u":
            self.user = argument
        elif option == "bearer":
            self.bearer = argument
        elif option in ("d", "json"):
            self.data.append(argument)
        elif option == "urlencode":
            self.encoded.append(argument)
        elif option == "query":
            self.queries.append(argument)
        elif option == "url":
            self.urls.append(argument)
        elif option in ("F", "T", "o", "w"):
            self.flags.add(option)
        elif option == "D" and argument.text in ("-", "/dev/stdout"):
            self.flags.add("i")

    def header(self, argument: Argument) -> None:
        name, colon, value = argument.text.partition(":")
        if not colon or not value.strip():
            return
        start = len(name) + 1 + len(value) - len(value.lstrip(" "))
        self.headers.append((argument.value.cut(0, len(name)), argument.after(start)))

    def drafts(self) -> list[Draft]:
        """A draft for each URL."""
        method = "GET"
        if self.method:
            method = self.method.text
        elif "I" in self.flags:
            method = "HEAD"
        elif "T" in self.flags:
            method = "PUT"
        elif (self.data or self.encoded or "F" in self.flags) and "G" not in self.flags:
            method = "POST"
        pairs = self.fields()
        done = []
        for url in [u for u in self.urls[:50] if u.text.strip()]:
            draft = Draft(method=method, shown=not self.flags & {"o", "O"})
            draft.url = with_scheme(url.value, "http")
            draft.gaps["url"] = url.gaps
            if "G" in self.flags or self.queries:
                draft.url = _with_query(draft.url, pairs if "G" in self.flags else [], self.queries)
            if "G" not in self.flags:
                draft.form = pairs
            fill(draft, self.headers, self.user, self.bearer)
            done.append(draft)
        return done

    def fields(self) -> list[tuple[str, str]]:
        pairs: list[tuple[str, str]] = []
        for argument in self.data:
            text = argument.text
            if not text.startswith(("{", "[", "@")):
                pairs += parse_qsl(text, keep_blank_values=True)
        for argument in self.encoded:
            name, _, value = argument.text.partition("=")
            pairs.append((name, value))
        return pairs[:200]


def with_scheme(url: Passage, scheme: str) -> Passage:
    """`url` with the scheme that a client adds where there is none; its fragment, which is never sent, cut off."""
    text = url.text
    fragment = text.find("#")
    if fragment > 0:
        url = url.cut(0, fragment)
    if "://" in text[:12]:
        return url
    return join([placed(f"{scheme}://", url.span(0, 1)), url])


def _with_query(url: Passage, pairs: list[tuple[str, str]], queries: list[Argument]) -> Passage:
    parts = [f"{quote_plus(name)}={quote_plus(value, safe=':/,*')}" for name, value in pairs]
    parts += [q.text for q in queries]
    if not parts:
        return url
    separator = "&" if "?" in url.text else "?"
    end = url.span()[1]
    return join([url, placed(separator + "&".join(parts), (end - 1, end))])


def fill(
    draft: Draft, headers: list[tuple[Passage, Argument]], user: Argument | None, bearer: Argument | None = None
) -> None:
    """Puts headers and credentials into a draft. An Authorization header of one's own wins over ``-u`` in curl."""
    for name, value in headers:
        draft.request_headers.append((name, value.value))
        draft.gaps.setdefault(name.text.lower(), value.gaps)
    if bearer:
        name = Passage("Authorization", ((0, bearer.value.offset(0)),))
        scheme = Passage("Bearer ", ((0, bearer.value.offset(0)),))
        draft.request_headers.append((name, join([scheme, bearer.value])))
        moved = [Gap(g.start + 7, g.end + 7, g.name, g.capture) for g in bearer.gaps]
        draft.gaps.setdefault("authorization", moved)
    if user:
        draft.credentials = user.value
        draft.gaps["credentials"] = user.gaps
    elif draft.url and "@" in draft.url.text:
        start = draft.url.text.find("://") + 3
        end = draft.url.text.find("@", start)
        slash = draft.url.text.find("/", start)
        if end > start and (slash < 0 or end < slash):
            draft.credentials = draft.url.cut(start, end)


def wget(arguments: list[Argument]) -> list[Draft]:
    """The requests of a wget command."""
    urls: list[Argument] = []
    headers: list[tuple[Passage, Argument]] = []
    user: Argument | None = None
    password: Argument | None = None
    method = "GET"
    form: list[tuple[str, str]] = []
    waiting = ""
    for argument in arguments:
        text = argument.text
        name, equals, _ = text.partition("=")
        value = argument.after(len(name) + 1) if equals else argument
        if waiting:
            name, value, equals, waiting = waiting, argument, "=", ""
        elif text.startswith("--") and not equals:
            waiting = text if text in _WGET_VALUES else ""
            method = "HEAD" if text == "--spider" else method
            continue
        elif text.startswith("-") and not text.startswith("--"):
            waiting = text if text[-1] in "OoUPtTeaAiQ" and len(text) <= 4 else ""
            continue
        if not name.startswith("-"):
            urls.append(argument)
        elif name == "--header":
            key, colon, rest = value.text.partition(":")
            if colon:
                start = len(key) + 1 + len(rest) - len(rest.lstrip())
                headers.append((value.value.cut(0, len(key)), value.after(start)))
        elif name in ("--user", "--http-user"):
            user = value
        elif name in ("--password", "--http-password"):
            password = value
        elif name == "--method":
            method = value.text
        elif name in ("--post-data", "--body-data"):
            method = "POST" if method == "GET" else method
            form = parse_qsl(value.text, keep_blank_values=True)[:200]
    both = _both(user, password)
    done = []
    for url in [u for u in urls[:50] if u.text.strip()]:
        draft = Draft(method=method, url=with_scheme(url.value, "http"), form=form)
        draft.gaps["url"] = url.gaps
        fill(draft, headers, both)
        done.append(draft)
    return done


_WGET_VALUES = frozenset(
    "--header --user --password --http-user --http-password --method --post-data --body-data --output-document "
    "--user-agent --tries --timeout --ca-certificate --certificate --private-key".split()
)


def _both(user: Argument | None, password: Argument | None) -> Argument | None:
    if user is None:
        return None
    if password is None:
        return user
    joined = join([user.value, password.value], ":")
    moved = [Gap(g.start + len(user.text) + 1, g.end + len(user.text) + 1, g.name, g.capture) for g in password.gaps]
    return Argument(joined, user.gaps + moved)


_HTTPIE_VALUES = frozenset(
    "-a --auth -A --auth-type -p --print -o --output --session --timeout --verify --cert --cert-key --proxy -s --style "
    "--pretty --max-redirects --ssl".split()
)


def httpie(arguments: list[Argument], scheme: str) -> list[Draft]:
    """The request of an HTTPie command: ``http [METHOD] URL [Name:value] [name==value] [name=value]``."""
    plain: list[Argument] = []
    user: Argument | None = None
    bearer: Argument | None = None
    kind = "basic"
    waiting = ""
    as_form = False
    for argument in arguments:
        text = argument.text
        if waiting:
            if waiting in ("-a", "--auth"):
                user = argument
            elif waiting in ("-A", "--auth-type"):
                kind = text
            waiting = ""
        elif text in _HTTPIE_VALUES:
            waiting = text
        elif text.startswith(("--auth=", "-a=")):
            user = argument.after(text.index("=") + 1)
        elif text.startswith("-"):
            as_form = as_form or text in ("-f", "--form")
        else:
            plain.append(argument)
    if kind == "bearer":
        user, bearer = None, user
    method = ""
    if plain and plain[0].text.isupper() and plain[0].text.isalpha():
        method = plain.pop(0).text
    if not plain or not plain[0].text.strip():
        return []
    url = plain.pop(0)
    headers: list[tuple[Passage, Argument]] = []
    form: list[tuple[str, str]] = []
    queries: list[Argument] = []
    for item in plain[:200]:
        text = item.text
        at = min((i for i in (text.find(c) for c in ":=") if i > 0), default=-1)
        if at < 0:
            continue
        if text[at : at + 2] == "==":
            written = f"{text[:at]}={quote_plus(text[at + 2 :], safe=':/,*')}"
            queries.append(Argument(placed(written, item.value.span())))
        elif text[at] == ":" and text[at : at + 2] != ":=":
            start = at + 1 + len(text[at + 1 :]) - len(text[at + 1 :].lstrip())
            headers.append((item.value.cut(0, at), item.after(start)))
        else:
            form.append((text[:at], text[at + 1 :]))
    address = url.value
    if address.text.startswith(":"):
        address = join([Passage("localhost", ((0, address.offset(0)),)), address])
    draft = Draft(method=method or ("POST" if form else "GET"), url=with_scheme(address, scheme))
    draft.url = _with_query(with_scheme(address, scheme), [], queries)
    draft.form = form if as_form else []
    draft.gaps["url"] = url.gaps
    fill(draft, headers, user, bearer)
    return [draft]


def requests_of(program: str, arguments: list[Argument]) -> tuple[list[Draft], set[str]]:
    """The requests that a command makes, and curl's flags (``v``, ``i``, ``I``, ``L``, ``o``, …)."""
    if program == "curl":
        curl = Curl().read(arguments)
        return curl.drafts(), curl.flags
    makers: dict[str, Callable[[list[Argument]], list[Draft]]] = {
        "wget": wget,
        "http": lambda given: httpie(given, "http"),
        "https": lambda given: httpie(given, "https"),
        "xh": lambda given: httpie(given, "http"),
        "xhs": lambda given: httpie(given, "https"),
    }
    maker = makers.get(program)
    return (maker(arguments) if maker else []), set()
