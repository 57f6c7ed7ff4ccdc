"""The commands of a paste, run in the mind: where they stand, what the shell made of them, what they sent.

Nothing is executed. Variables that the paste sets are known, others stay as written; of a filter only the everyday ones
are understood (``jq``, ``echo``, ``base64``, ``tr``), as they carry tokens and credentials from command to command.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from reglens.diagnosis.evidence import ShellEffect, Span
from reglens.diagnosis.paste.drafts import TOKEN_FIELDS, Capture, Draft, Gap
from reglens.diagnosis.paste.requests import Argument, requests_of
from reglens.diagnosis.paste.shell import read_script
from reglens.diagnosis.paste.shell_words import Hole, Simple, Unclosed, Word
from reglens.diagnosis.paste.source import Line, Passage, join, placed

HTTP_CLIENTS = frozenset({"curl", "wget", "http", "https", "xh", "xhs"})
CLIENTS = frozenset(
    "docker podman nerdctl skopeo crane gcrane oras regctl buildah helm kubectl oc crictl ctr k3s microk8s buildctl "
    "kaniko executor flux cosign notation trivy syft grype dive kind minikube aws gcloud az doctl ecr-login reg img "
    "apptainer singularity docker-compose docker-credential-ecr-login ko pack jib umoci lima finch container bosh "
    "argocd werf".split()
)
MAX_LINES = 64
MAX_REGION = 200_000
"""Lines and characters over which one command may stretch."""
MAX_ATTEMPTS = 5000
"""Lines on which a command is looked for in earnest; a paste with more of them is no shell session."""
PATIENCE = 100
"""Unclosed commands that are sought over several lines; after these, each is taken for one line."""

_NAMES = "|".join(sorted((re.escape(n) for n in CLIENTS | HTTP_CLIENTS), key=len, reverse=True))
_PROGRAMS = frozenset(name.encode() for name in CLIENTS | HTTP_CLIENTS)
_WORDS = bytes(c if c < 128 and (chr(c).isalnum() or chr(c) in "_-") else 0x20 for c in range(256))
"""A table for `bytes.translate`: what no program's name is made of becomes a blank."""
_QUICK = re.compile(rf"(?<![\w./:@-])(?:/[\w/.-]{{1,60}}/)?(?:{_NAMES})(?:\.exe)?(?=[ \t])|[A-Za-z_]\w{{0,60}}=\S")
_PREFIX = re.compile(
    r"[ \t]{0,16}(?:(?:[^\s$#%>`'\"]{1,60}|\([\w.-]{1,40}\)|\[[^\]\n]{1,100}\])?[^$#%>❯➜λ✗`'\"\n]{0,60}"
    r"[$#%>❯➜λ✗»][ \t]{0,4}|\++ |(?:\*{0,3}(?:##)?\[command\]|Run |RUN |CMD |[-*] run: |run: |script: |- |\d{1,2}[.)] |"
    r"Step \d+/\d+ : RUN )"
    r"|[^\n`'\"]{0,200}[`'\"])?[ \t]{0,4}(?:(?:echo|cat|printf|Get-Content)\b[^|\n]{1,300}\|[ \t]{0,4}"
    r"|(?:for|while|if)\b[^;\n]{1,200};[ \t]{0,4}(?:do|then)[ \t]{1,4})?"
    r"(?:(?:sudo|time|then|do|exec|command|if|!)[ \t]+(?:-\w+[ \t]+){0,3}|"
    r"[A-Za-z_]\w{0,60}=[^\s\"'$`]{0,200}[ \t]+){0,4}"
)
_ASSIGNING = re.compile(
    r"[ \t]{0,16}(?:[^$#%>`'\"=\n]{0,60}[$#%>❯➜λ✗][ \t]{1,4}|[$#%>])?[ \t]{0,4}"
    r"(?:export[ \t]+|set[ \t]+|declare -x |readonly )?(?=[A-Za-z_]\w{0,60}=\S)"
)
_TRANSCRIPT = re.compile(r"[<*] |> ?[A-Z]{3,7} +[/h]|HTTP/[0-9]|\S{0,60}[$#%] (?:curl|docker|wget) |[{}] \[\d")
_SECONDARY = re.compile(r"(?:>|(?:quote|dquote|bquote|pipe|cmdsubst|cmdand)>)[ \t]?(?![A-Z]{3,7} +[/h])")
_PROSE = re.compile(
    r"[A-Za-z][a-z']+(?: [a-z']+){3,}|^(?:[a-z-]+ )?[a-z-]+: (?:Error|Fatal|error|fatal|failed|unable|cannot|could)\b"
)
_SECRET_OPTIONS = frozenset(
    "-u --user -p --password --username --docker-username --docker-password --creds --src-creds --dest-creds -a --auth "
    "--oauth2-bearer --http-user --http-password --registry-token --dest-registry-token --src-registry-token".split()
)
_WRAPPED_SECRET = re.compile(r"[ \t]*\n[ \t]*")


@dataclass(slots=True)
class Run:
    """One command as it ran. Holds secrets, as drafts do."""

    program: str
    arguments: list[Argument]
    text: Passage
    effects: list[ShellEffect] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    filter: Capture | None = None
    shown: bool = True
    background: bool = False

    @property
    def span(self) -> Span:
        return self.text.span()


Output = Argument | Capture | None
"""What a command printed, as far as it is known: its text, or what a request's answer held."""


class Shell:
    """One shell session: its variables and the commands it ran."""

    def __init__(self) -> None:
        self.variables: dict[str, Output] = {}
        self.runs: list[Run] = []
        self.patience = PATIENCE
        self.attempts = 0

    def read(self, lines: Sequence[Line], index: int) -> tuple[int, list[Run]] | None:
        """The commands that begin on line `index`, and the index behind their last line; None if none begins there."""
        start, closing = command_start(lines[index].text) if self.attempts < MAX_ATTEMPTS else (-1, "")
        if start < 0:
            return None
        self.attempts += 1
        first = lines[index].passage.cut(start)
        if closing:
            end = first.text.find(closing)
            first = first.cut(0, end) if end > 0 else first
        found = self._lex(lines, index, first)
        if found is None:
            return None
        script, passage, after = found
        if not _plausible(script, lines[index].text[:start]):
            self.patience -= after > index + 1
            return None
        before = len(self.runs)
        self._run(script, passage, shown=True)
        if closing:
            after = index
        return after, self.runs[before:]

    def _lex(self, lines: Sequence[Line], index: int, first: Passage) -> tuple[tuple[Simple, ...], Passage, int] | None:
        size = 1
        while True:
            parts, complete = _region(lines, index, first, size)
            passage = join(parts, "\n")
            try:
                script, end = read_script(passage)
            except Unclosed:
                if not complete and self.patience > 0:
                    size *= 4
                    continue
                self.patience -= 1
                script, end = read_script(first, lenient=True)
                return (script, first, index + 1) if script else None
            pending = bool(script) and script[-1].after in ("|", "&&", "||")
            if (
                (pending or passage.text.rstrip(" \t").endswith(("\\", " ^", " `")))
                and not complete
                and end >= len(passage.text)
                and self.patience > 0
            ):
                size *= 4
                continue
            taken = passage.text.count("\n", 0, end)
            return (script, passage, index + 1 + taken) if script else None

    # -- evaluation

    def _run(self, script: Sequence[Simple], passage: Passage, *, shown: bool) -> Output:
        output: Output = None
        for position, simple in enumerate(script):
            piped = position > 0 and script[position - 1].after == "|"
            output = self._simple(simple, passage, output if piped else None, shown=shown)
        return output

    def _simple(self, simple: Simple, passage: Passage, given: Output, *, shown: bool) -> Output:
        for name, word in simple.assignments:
            self.variables[name] = self._value(word)
        if not simple.words:
            return None
        run = Run("", [], passage.cut(simple.start, simple.end).strip(), list(simple.effects))
        arguments = [
            self._resolve(word, run, simple.words[n - 1] if n else None) for n, word in enumerate(simple.words)
        ]
        while arguments and arguments[0].text in (
            "sudo",
            "time",
            "then",
            "do",
            "exec",
            "command",
            "if",
            "!",
            "env",
            "{",
        ):
            arguments.pop(0)
            while arguments and arguments[0].text.startswith("-"):
                arguments.pop(0)
        if not arguments:
            return None
        program = arguments[0].text.rsplit("/", 1)[-1].rsplit("\\", 1)[-1].removesuffix(".exe")
        run.program, run.arguments = program, arguments[1:]
        if program in ("export", "set", "declare", "local", "readonly"):
            self._export(simple.words[1:])
            return None
        if program in HTTP_CLIENTS:
            return self._request(run, simple, shown=shown)
        if program in CLIENTS:
            run.shown = shown
            run.background = simple.after == "&"
            self.runs.append(run)
            return None
        return self._filter(program, arguments[1:], given)

    def _request(self, run: Run, simple: Simple, *, shown: bool) -> Output:
        run.drafts, run.flags = requests_of(run.program, run.arguments)
        run.shown = shown and not simple.output
        run.background = simple.after == "&"
        for draft in run.drafts:
            draft.command = len(self.runs)
            draft.shown = draft.shown and shown and not simple.output
        self._split_header(run)
        self.runs.append(run)
        return Capture(run.drafts[-1]) if run.drafts else None

    def _split_header(self, run: Run) -> None:
        """A header without quotes: the blank behind its name ended the argument."""
        texts = [a.text for a in run.arguments]
        for at, text in enumerate(texts[:-2]):
            if text in ("-H", "--header") and texts[at + 1].endswith(":") and not texts[at + 2].startswith("-"):
                lost = " ".join(t for t in texts[at + 2 : at + 4] if "/" not in t)
                place = run.arguments[at + 2].value.span()
                run.effects.append(ShellEffect("split", f"{texts[at + 1]} {lost}", texts[at + 1], lost, place))
                run.drafts = [d for d in run.drafts if "/" in d.address.partition("://")[2] or "." in d.address]

    def _export(self, words: Sequence[Word]) -> None:
        for word in words:
            name, equals, _ = word.text.partition("=")
            if equals:
                moved = [
                    Hole(h.start - len(name) - 1, h.end - len(name) - 1, h.name, h.script, h.quoted, h.joined)
                    for h in word.holes
                ]
                self.variables[name] = self._value(Word(word.value.cut(len(name) + 1), word.raw, tuple(moved)))

    def _value(self, word: Word) -> Output:
        """What an assignment keeps: a known text, or the output of the one command that it consists of."""
        only = word.holes[0] if len(word.holes) == 1 else None
        if only and only.script and only.start == 0 and only.end == len(word.text):
            return self._run(only.script, word.value, shown=False)
        if only and not only.script and only.start == 0 and only.end == len(word.text):
            return self.variables.get(only.name) or self._resolve(word, None, None)
        return self._resolve(word, None, None)

    def _resolve(self, word: Word, run: Run | None, before: Word | None) -> Argument:
        """The word with its holes filled where the paste tells by what."""
        if not word.holes:
            value = word.value
            if "\n" in value.text.strip() and ("ey" in value.text or value.text[:13].lower() == "authorization"):
                value = _joined(value)
            return Argument(value)
        parts: list[Passage] = []
        gaps: list[Gap] = []
        at = length = 0
        for hole in word.holes:
            parts.append(word.value.cut(at, hole.start))
            length += hole.start - at
            written = word.value.cut(hole.start, hole.end)
            known = self._run(hole.script, word.value, shown=False) if hole.script else self.variables.get(hole.name)
            if isinstance(known, Argument):
                gaps += [Gap(g.start + length, g.end + length, g.name, g.capture) for g in known.gaps]
                written = known.value
            elif run is not None and known is None and not hole.script and _accidental(hole, word, before):
                became = "(a process id)" if hole.name == "$" else ""
                rest = word.text[: hole.start] + became + word.text[hole.end :]
                run.effects.append(ShellEffect("expansion", word.raw.text, rest, written.text, written.span()))
                written = written.cut(0, 0)
            else:
                capture = known if isinstance(known, Capture) else None
                gaps.append(Gap(length, length + len(written.text), hole.name, capture))
            parts.append(written)
            length += len(written.text)
            at = hole.end
        parts.append(word.value.cut(at))
        return Argument(join(parts), gaps)

    def _filter(self, program: str, arguments: list[Argument], given: Output) -> Output:
        """The output of an everyday filter."""
        texts = [a.text for a in arguments]
        if program in ("echo", "printf"):
            return _echo(program, arguments)
        if isinstance(given, Argument):
            if program == "base64" and not {"-d", "-D", "--decode"} & set(texts) and not given.gaps:
                encoded = base64.b64encode(given.text.encode("utf-8", "replace")).decode()
                return Argument(placed(encoded, given.value.span()))
            if program == "tr" and "-d" in texts:
                return Argument(given.value.strip(), given.gaps)
            return given if program in ("cat", "tee") else None
        if isinstance(given, Capture) and given.draft:
            if program in ("jq", "yq", "gojq"):
                raw = any(
                    (t.startswith("-") and not t.startswith("--") and "r" in t) or t == "--raw-output" for t in texts
                )
                named = [m for t in texts for m in re.findall(r"\.\[?\"?([A-Za-z_]{2,40})", t)]
                member = next((m for m in named if m in TOKEN_FIELDS), named[0] if named else "")
                return Capture(given.draft, member, bool(member) and not raw)
            if program in ("cat", "tee", "less", "more"):
                return given
            member = next((m[0] for t in texts if (m := re.search(r"(?:access_)?token", t))), "")
            return Capture(given.draft, member)
        return None


def _joined(value: Passage) -> Passage:
    """A secret that the paste's line ends broke, in one piece; a line end at its very end stays: it was sent."""
    parts: list[Passage] = []
    at = 0
    body = len(value.text.rstrip())
    for found in _WRAPPED_SECRET.finditer(value.text, 0, body):
        parts.append(value.cut(at, found.start()))
        at = found.end()
    return join([*parts, value.cut(at)])


def _echo(program: str, arguments: list[Argument]) -> Argument:
    arguments = list(arguments)
    newline = program == "echo"
    while arguments and program == "echo" and re.fullmatch(r"-[neE]+", arguments[0].text):
        newline = newline and "n" not in arguments.pop(0).text
    if program == "printf" and len(arguments) > 1 and "%" in arguments[0].text:
        arguments.pop(0)
    gaps: list[Gap] = []
    length = 0
    for argument in arguments:
        gaps += [Gap(g.start + length, g.end + length, g.name, g.capture) for g in argument.gaps]
        length += len(argument.text) + 1
    joined = join([a.value for a in arguments], " ")
    return Argument(join([joined, Passage("\n", ((0, joined.span()[1]),))]) if newline else joined, gaps)


def _accidental(hole: Hole, word: Word, before: Word | None) -> bool:
    """Whether a ``$`` was more likely meant as a character than as an expansion: a word character stands before it, and
    it names no variable by the custom of capitals; or what follows it is no name at all."""
    name = hole.name
    if not name or not (name[0].isalpha() or name[0] == "_"):
        return hole.joined or name == "$"
    option = before.text if before else ""
    secret = option in _SECRET_OPTIONS or word.text.split("=", 1)[0] in _SECRET_OPTIONS
    return hole.joined and (secret or name != name.upper())


def command_start(text: str) -> tuple[int, str]:
    """Where a command begins on a line (-1: none does), and the quote that ends it if it is quoted in a sentence."""
    head = text[:600]
    if _PROGRAMS.isdisjoint(head.encode("ascii", "replace").translate(_WORDS).split()) and not _ASSIGNING.match(head):
        return -1, ""
    found = _QUICK.search(head)
    while found:
        prefix = head[: found.start()]
        if "=" in found[0] and not found[0].startswith("/"):
            assigning = _ASSIGNING.match(head)
            if assigning and assigning.end() == found.start() and _is_assignment(head[found.start() :]):
                keyword = re.search(r"(?:export|set|declare -x|readonly)[ \t]+$", prefix)
                return (keyword.start() if keyword else found.start()), ""
            found = _QUICK.search(head, found.end())
            continue
        matched = _PREFIX.fullmatch(prefix)
        if matched and not re.match(r"[<*{}] ", head):
            quote = prefix.rstrip(" ")[-1:]
            if quote in ("`", "'", '"') and prefix.strip():
                end = head.find(quote, found.end())
                # what a message advises is no command that ran; one that names an image most likely did
                return (found.start(), quote) if end > 0 and re.search(r" [^ -]\S*[/:]", head[:end]) else (-1, "")
            return found.start(), ""
        found = _QUICK.search(head, found.end())
    return -1, ""


def _is_assignment(rest: str) -> bool:
    """Whether ``NAME=…`` stands in a shell, and is no line of ``name=value`` pairs as logs have them."""
    name, _, value = rest.partition("=")
    if value.startswith(("$(", "`", '"$(', '"`')):
        return True
    plain = re.fullmatch(r"[^\s=&:]{1,300}", value.rstrip()) is not None
    return not re.search(r"""[ \t]\w{1,40}=""", value) and (name.isupper() or plain)


def _plausible(script: Sequence[Simple], prefix: str) -> bool:
    """Whether this is a command, and no sentence that begins with a program's name."""
    words = [w.text for s in script for w in s.words]
    if not words:
        return bool(script[0].assignments)
    name = words[0].rsplit("/", 1)[-1]
    if name in ("http", "https", "xh", "xhs") and not any(c in w for w in words[1:4] for c in "/:$"):
        return False
    if script[0].assignments or prefix.strip(" \t#"):
        return True
    while words and words[0] in ("sudo", "time", "env"):
        words.pop(0)
    if not words or words[0].endswith(":") or len(words) == 1:
        return False
    rest = [w for w in words[1:] if not w.startswith("-")]
    if any(w.endswith(",") and "=" not in w for w in rest):
        return False
    name = words[0].rsplit("/", 1)[-1]
    if name in HTTP_CLIENTS:
        marks = any(c in w for w in rest for c in "/.:$<") or any(w.startswith("-") for w in words[1:])
        return marks and not _PROSE.search(" ".join(words[1:8]))
    if name in ("container", "pack", "executor", "reg", "kind", "img"):
        return any(w.startswith("-") or "/" in w for w in words[1:])
    return len(rest) <= 2 or not _PROSE.search(" ".join(words[1:9]))


def _region(lines: Sequence[Line], index: int, first: Passage, size: int) -> tuple[list[Passage], bool]:
    """Up to `size` lines from `index` on that a command may stretch over, and whether there are no more."""
    parts = [first]
    length = len(first.text)
    for line in lines[index + 1 : index + size]:
        text = line.text
        if line.fence or _TRANSCRIPT.match(text) or length > MAX_REGION:
            return parts, True
        secondary = _SECONDARY.match(text)
        parts.append(line.passage.cut(secondary.end() if secondary else 0))
        length += len(text) + 1
    return parts, size >= MAX_LINES or index + size >= len(lines)
