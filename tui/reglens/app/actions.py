"""What a person can do, once: key bindings, footer, help and command palette are all made from this list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Where(StrEnum):
    """Where an action is bound, which is also its heading in the help."""

    EVERYWHERE = "Everywhere"
    LIST = "In a list"
    SEARCH = "Search"
    TAGS = "Tags"
    MANIFEST = "Manifest"
    AUTHENTICATION = "Authentication"
    ASIDE = "Beside the browser"
    PASTE = "Explain a paste"
    RESULTS = "Findings"
    PAGES = "What findings mean"
    WALK = "The walk"
    LABORATORY = "The laboratory"
    EXCHANGE = "An exchange"
    DOCUMENT = "An artifact opened"
    LAYER = "A layer opened"
    FILE = "A file of a layer"
    DIFFERENCE = "Two things compared"


@dataclass(frozen=True, slots=True)
class Action:
    """One action: Textual's action name, its keys (the first is the one shown), a word for the footer, a sentence for
    help and palette. `footer` tells whether the footer shows it; `palette` whether the palette offers it."""

    name: str
    keys: tuple[str, ...]
    word: str
    help: str
    where: Where = Where.EVERYWHERE
    shown_as: str = ""
    footer: bool = False
    palette: bool = True
    priority: bool = False

    @property
    def key_text(self) -> str:
        """The keys as people write them."""
        return self.shown_as or " ".join(_NAMES.get(key, key) for key in self.keys)

    def binding(self) -> Binding:
        """As Textual wants it."""
        return Binding(
            ",".join(self.keys),
            self.name,
            self.word,
            show=self.footer,
            key_display=self.shown_as or _NAMES.get(self.keys[0], self.keys[0]),
            priority=self.priority,
            tooltip=self.help,
        )


_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "escape": "esc",
    "ctrl+p": "^p",
    "ctrl+q": "^q",
    "ctrl+c": "^c",
    "ctrl+z": "^z",
    "pageup": "pgup",
    "pagedown": "pgdn",
    "shift+tab": "⇧tab",
}

ACTIONS: tuple[Action, ...] = (
    Action(
        "search",
        ("slash",),
        "search",
        "Search repositories, or type a reference or a registry host",
        footer=True,
        priority=True,
    ),
    Action("pane(4)", ("a", "4"), "auth", "Go to the authentication pane", shown_as="a", footer=True, priority=True),
    Action(
        "trust",
        ("T",),
        "trust",
        "Say whether credentials that were withheld may go to the token server",
        footer=True,
    ),
    Action("back", ("escape",), "back", "Go back a step", footer=True, palette=False),
    Action("next_pane", ("tab",), "next pane", "Go to the next pane", footer=True, palette=False, priority=True),
    Action(
        "copy_digest", ("y",), "copy digest", "Copy the digest of what is shown, or of all that is marked", footer=True
    ),
    Action("reload", ("r",), "reload", "Ask the registry again for what the focused pane shows", footer=True),
    Action("app.quit", ("q",), "quit", "Quit at once, also while a request is under way", footer=True),
    Action("app.help", ("question_mark", "f1"), "help", "List the keys that work here", shown_as="?", footer=True),
    Action("zoom", ("z",), "zoom", "Let the focused pane fill the screen, and back", footer=True),
    Action("copy_pull", ("c",), "copy pull", "Copy the command that pulls it, or all that is marked", footer=True),
    Action("copy_menu", ("C",), "copy…", "List all that can be copied or saved of what is shown", footer=True),
    Action(
        "app.commands",
        ("dollar_sign",),
        "command",
        "Tell the commands that do the same without a screen",
        shown_as="$",
        footer=True,
    ),
    Action("app.picture", ("P",), "picture", "Save the screen as SVG; revealed secrets are masked first"),
    Action("copy_reference", ("Y",), "copy reference", "Copy the full reference, or all that is marked", footer=True),
    Action("app.toggle_theme", ("t",), "theme", "Change between the dark and the light theme", footer=True),
    Action(
        "app.paste",
        ("x",),
        "explain",
        "Explain a paste: a transcript, headers, a token, a log line, a configuration",
        footer=True,
    ),
    Action("app.walk", ("w",), "walk", "Walk the way to what is open, step by step, with experiments", footer=True),
    Action("app.laboratory", ("L",), "lab", "Try token requests, right and wrong, on what is open", footer=True),
    Action("anonymous", ("A",), "anonymous", "Ask this registry anonymously, or as yourself again"),
    Action("identities", ("u",), "identity", "Choose who you are on this registry, or log in for this run"),
    Action("mark", ("space",), "mark", "Mark the tag or platform under the cursor, to compare two or copy several"),
    Action(
        "compare", ("equals_sign",), "compare", "Compare the two that are marked, or the one with this", shown_as="="
    ),
    Action("app.pages", ("i",), "findings", "Read what each finding means: the list of all of them"),
    Action("previous_pane", ("shift+tab",), "previous pane", "Go to the previous pane", palette=False, priority=True),
    Action("pane(1)", ("1",), "search pane", "Go to the search pane", palette=False, priority=True),
    Action("pane(2)", ("2",), "tags pane", "Go to the tags pane", palette=False, priority=True),
    Action("pane(3)", ("3",), "manifest pane", "Go to the manifest pane", palette=False, priority=True),
    Action("app.command_palette", ("ctrl+p",), "palette", "Find any command by its name", palette=False, priority=True),
    Action("app.quit", ("ctrl+q",), "quit", "Quit, also while typing", palette=False, priority=True),
    Action(
        "interrupt",
        ("ctrl+c",),
        "copy or quit",
        "Copy the text selected with the mouse; quit if there is none",
        palette=False,
        priority=True,
    ),
    Action("app.suspend_process", ("ctrl+z",), "suspend", "Leave it for the shell; fg comes back", palette=False),
    Action("open", ("enter",), "open", "Open the row under the cursor", Where.LIST, footer=True, palette=False),
    Action("down", ("down", "j"), "down", "A row down", Where.LIST, palette=False),
    Action("up", ("up", "k"), "up", "A row up", Where.LIST, palette=False),
    Action("page_down", ("pagedown", "ctrl+d"), "page down", "A page down", Where.LIST, palette=False),
    Action("page_up", ("pageup", "ctrl+u"), "page up", "A page up", Where.LIST, palette=False),
    Action("first", ("home", "g"), "first", "The first row", Where.LIST, palette=False),
    Action("last", ("end", "G"), "last", "The last row", Where.LIST, shown_as="end G", palette=False),
    Action(
        "pin",
        ("p",),
        "pin",
        "Pin the repository, or unpin it: pins stand first and are kept",
        Where.SEARCH,
        footer=True,
    ),
    Action(
        "filter",
        ("f",),
        "filter",
        "Show only some tags, by terms that must all hold: words, globs 3.2*-alpine, versions >=1.2 <2 ^1.2 ~1.4 1.x, "
        "/a regular expression/, =exactly; ! before a term: not",
        Where.TAGS,
        footer=True,
        priority=True,
    ),
    Action("sort", ("s",), "sort", "Sort: the registry's order, by name, by version", Where.TAGS, footer=True),
    Action(
        "columns",
        ("d",),
        "columns",
        "Show beside the tags what costs nothing to ask, everything (where pulls are counted each row counts), or "
        "nothing: digest, age, size and platforms. = means the image under the cursor",
        Where.TAGS,
        footer=True,
    ),
    Action(
        "section(1)",
        ("right", "l", "right_square_bracket"),
        "section",
        "The next section: platforms, layers, JSON…",
        Where.MANIFEST,
        shown_as="←→",
        footer=True,
        palette=False,
    ),
    Action(
        "section(-1)",
        ("left", "h", "left_square_bracket"),
        "section before",
        "The section before",
        Where.MANIFEST,
        shown_as="← h [",
        palette=False,
    ),
    Action(
        "unfold",
        ("plus", "o"),
        "attestations",
        "Show or hide the attestations of the platform under the cursor",
        Where.MANIFEST,
        shown_as="+",
        footer=True,
        palette=False,
    ),
    Action(
        "dockerfile",
        ("d",),
        "Dockerfile",
        "Show the history as a Dockerfile, or step by step again",
        Where.MANIFEST,
        footer=True,
        palette=False,
    ),
    Action(
        "copy_dockerfile",
        ("D",),
        "copy Dockerfile",
        "Copy the history as Dockerfile text",
        Where.MANIFEST,
        footer=True,
        palette=False,
    ),
    Action(
        "cross",
        ("m",),
        "made by",
        "Go from a layer to the step that made it, or from a step to its layer",
        Where.MANIFEST,
        palette=False,
    ),
    Action(
        "section(1)",
        ("right", "l", "right_square_bracket"),
        "section",
        "The next section: exchanges, comparison, token",
        Where.AUTHENTICATION,
        shown_as="←→",
        footer=True,
        palette=False,
    ),
    Action(
        "section(-1)",
        ("left", "h", "left_square_bracket"),
        "section before",
        "The section before",
        Where.AUTHENTICATION,
        shown_as="← h [",
        palette=False,
    ),
    Action(
        "reveal",
        ("v",),
        "reveal token",
        "Show the raw token, which is a secret, or mask it again",
        Where.AUTHENTICATION,
        footer=True,
        palette=False,
    ),
    Action(
        "copy_command",
        ("c",),
        "copy command",
        "Copy the command under the cursor, or the exchange as a curl command",
        Where.AUTHENTICATION,
        footer=True,
        palette=False,
    ),
    Action(
        "back",
        ("escape",),
        "back",
        "From the field to what it led to, then back to the browser",
        Where.ASIDE,
        footer=True,
        palette=False,
    ),
    Action(
        "next_pane",
        ("tab",),
        "next part",
        "Go to the next part",
        Where.ASIDE,
        footer=True,
        palette=False,
        priority=True,
    ),
    Action(
        "previous_pane",
        ("shift+tab",),
        "previous part",
        "Go to the previous part",
        Where.ASIDE,
        palette=False,
        priority=True,
    ),
    Action("zoom", ("z",), "zoom", "Let the focused part fill the screen, and back", Where.ASIDE, palette=False),
    Action(
        "page",
        ("i",),
        "meaning",
        "Read what the finding under the cursor means",
        Where.RESULTS,
        footer=True,
        palette=False,
    ),
    Action(
        "copy_command",
        ("c",),
        "copy command",
        "Copy the command under the cursor, or the first one of its finding",
        Where.RESULTS,
        footer=True,
        palette=False,
    ),
    Action(
        "filter",
        ("slash",),
        "search",
        "Search the pages for a word",
        Where.PAGES,
        footer=True,
        palette=False,
        priority=True,
    ),
    Action(
        "example",
        ("ctrl+t",),
        "example",
        "Take the classic case as an example",
        Where.PASTE,
        footer=True,
        palette=False,
    ),
    Action(
        "open_file", ("ctrl+o",), "open file", "Read a file instead of a paste", Where.PASTE, footer=True, palette=False
    ),
    Action(
        "reveal",
        ("ctrl+r",),
        "reveal secrets",
        "Show the secrets in the paste, or mask them again",
        Where.PASTE,
        footer=True,
        palette=False,
    ),
    Action("clear", ("ctrl+l",), "clear", "Forget the paste and its secrets", Where.PASTE, footer=True, palette=False),
    Action(
        "export", ("ctrl+s",), "export", "Copy or save the diagnosis as JSON", Where.PASTE, footer=True, palette=False
    ),
    Action(
        "reload",
        ("r",),
        "again",
        "Walk the way again",
        Where.WALK,
        footer=True,
        palette=False,
    ),
    Action(
        "export",
        ("e",),
        "export",
        "Copy or save the run as HAR, its diagnosis as JSON, a request as curl",
        Where.WALK,
        footer=True,
        palette=False,
    ),
    Action(
        "send",
        ("ctrl+s",),
        "send",
        "Send the try as it stands; enter does so too",
        Where.LABORATORY,
        footer=True,
        palette=False,
    ),
    Action(
        "export",
        ("ctrl+e",),
        "export",
        "Copy or save a request as curl, the trace as HAR, the diagnosis as JSON",
        Where.LABORATORY,
        footer=True,
        palette=False,
    ),
    Action(
        "reveal",
        ("v",),
        "reveal token",
        "Show the raw token, which is a secret, or mask it again",
        Where.EXCHANGE,
        footer=True,
        palette=False,
    ),
    Action(
        "copy_curl",
        ("c",),
        "copy as curl",
        "Copy the request as a curl command",
        Where.EXCHANGE,
        footer=True,
        palette=False,
    ),
    Action(
        "raw",
        ("J",),
        "JSON",
        "Show the JSON itself, or what was made of it again",
        Where.DOCUMENT,
        footer=True,
        palette=False,
    ),
    Action(
        "copy_document",
        ("c",),
        "copy",
        "Copy the document as it is",
        Where.DOCUMENT,
        footer=True,
        palette=False,
    ),
    Action(
        "export",
        ("e",),
        "export",
        "Copy or save the exchange as curl, all of them as HAR, the diagnosis as JSON",
        Where.AUTHENTICATION,
        footer=True,
        palette=False,
    ),
    Action(
        "page",
        ("i",),
        "meaning",
        "Read what the finding under the cursor means",
        Where.AUTHENTICATION,
        footer=True,
        palette=False,
    ),
    Action(
        "unfold_all",
        ("plus", "o"),
        "all",
        "Open every directory, or close them all",
        Where.LAYER,
        shown_as="+",
        footer=True,
        palette=False,
    ),
    Action("sort", ("s",), "sort", "Sort files by name or by size", Where.LAYER, footer=True, palette=False),
    Action("copy_path", ("c",), "copy path", "Copy the path of the file", Where.LAYER, footer=True, palette=False),
    Action("copy_document", ("c",), "copy", "Copy the text of the file", Where.FILE, footer=True, palette=False),
    Action(
        "whole",
        ("plus", "o"),
        "all",
        "Show what is the same as well",
        Where.DIFFERENCE,
        "+",
        footer=True,
        palette=False,
    ),
    Action("swap", ("s",), "swap", "Compare the other way round", Where.DIFFERENCE, footer=True, palette=False),
    Action(
        "copy_command",
        ("c",),
        "copy command",
        "Copy the command that prints the same comparison",
        Where.DIFFERENCE,
        footer=True,
        palette=False,
    ),
)


def bindings(*places: Where) -> list[Binding]:
    """The bindings of those places."""
    return [action.binding() for action in ACTIONS if action.where in places]


def offered() -> Iterable[Action]:
    """What the command palette offers."""
    return (action for action in ACTIONS if action.palette)
