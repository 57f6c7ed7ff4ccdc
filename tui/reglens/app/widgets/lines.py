"""The lines: on top where we are and as whom, at the bottom which keys work. And the picture before the panes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.keys import key_to_character
from textual.strip import Strip
from textual.widget import Widget

from reglens.text import clean, human_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reglens.app.ports import Rate


def connecting(registry: str) -> str:
    """What is said while a registry has not answered yet."""
    return f"Connecting to {clean(registry, 300)}…"


class OneLine(Widget):
    """A line of pieces; a piece may be clicked. Pieces are (text, ink, action); ink is a component class's end."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"line--name", "line--muted", "line--key", "line--good", "line--warn"}
    DEFAULT_CSS = """
    OneLine {
        height: 1; width: 1fr; background: $background; color: $foreground;
        & > .line--name { color: $primary; text-style: bold; }
        & > .line--muted { color: $muted; }
        & > .line--key { color: $primary; }
        & > .line--good { color: $success; }
        & > .line--warn { color: $warning; }
    }
    """

    def pieces(self, width: int) -> tuple[list[Piece], list[Piece]]:
        """What stands left and right in a line of `width` cells."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        left, right = self.pieces(width)
        base = self.rich_style
        end = Strip([self._segment(piece, base) for piece in right])
        start = Strip([self._segment(piece, base) for piece in left])
        room = max(0, width - end.cell_length)
        if start.cell_length > room:
            start = Strip([*start.crop(0, max(0, room - 1)), Segment("…", base)])
        return Strip.join([start.adjust_cell_length(room, base), end]).adjust_cell_length(width, base)

    def _segment(self, piece: Piece, base: Style) -> Segment:
        style = base
        if piece.ink:
            ink = self.get_component_rich_style(f"line--{piece.ink}")
            style += Style(color=ink.color, bold=ink.bold)
        if piece.action:
            style += Style.from_meta({"piece": piece.action})
        return Segment(piece.text, style)

    async def on_click(self, event: events.Click) -> None:
        action = event.style.meta.get("piece")
        if isinstance(action, str):
            event.stop()
            await self.screen.run_action(action)


@dataclass(frozen=True, slots=True)
class Piece:
    """Part of a line."""

    text: str
    ink: str = ""
    action: str = ""


class TopLine(OneLine):
    """Name, path, identity and what the rate limit leaves."""

    DEFAULT_CSS = """
    TopLine { dock: top; background: $panel; }
    """

    def __init__(self) -> None:
        super().__init__()
        self.crumbs: Sequence[str] = ()
        self.identity = ""
        self.rate: Rate | None = None

    def show(self, crumbs: Sequence[str], identity: str, rate: Rate | None) -> None:
        """Where we are (registry, repository, tag or digest, platform), as whom, and the rate limit."""
        if (crumbs, identity, rate) != (self.crumbs, self.identity, self.rate):
            self.crumbs, self.identity, self.rate = crumbs, identity, rate
            self.refresh()

    def pieces(self, width: int) -> tuple[list[Piece], list[Piece]]:
        hints = [
            Piece("  "),
            Piece("?", "key", "app.help"),
            Piece(" help  ", "muted", "app.help"),
            Piece("^p", "key", "app.command_palette"),
            Piece(" palette ", "muted", "app.command_palette"),
        ]
        status: list[Piece] = []
        if self.identity:
            status += [Piece("   "), Piece(clean(self.identity, 40), "muted")]
        if self.rate and self.rate.remaining is not None:
            status += [Piece(" · ", "muted"), self._rate(width)]
        status.append(Piece(" "))
        path = [clean(crumb, 300) for crumb in self.crumbs]
        names = " reglens  "
        used = len(names) + sum(map(len, path)) + 3 * max(0, len(path) - 1) + sum(len(p.text) for p in status)
        right = status + hints if used + sum(len(p.text) for p in hints) <= width else status
        least = sum(map(len, path[-1:])) + (len("… / ") if len(path) > 1 else 0)
        if sum(len(p.text) for p in right) + len(names) + least > width:
            right = [Piece(" ")]
        room = width - len(names) - sum(len(p.text) for p in right)
        return [Piece(" "), Piece("reglens", "name"), Piece("  "), *self._path(path, room)], right

    def _rate(self, width: int) -> Piece:
        assert self.rate is not None
        assert self.rate.remaining is not None
        left, limit = self.rate.remaining, self.rate.limit
        ink = "warn" if limit and left * 10 < limit else "muted"
        warned = "! " if ink == "warn" else ""
        if limit is None:
            return Piece(f"{warned}{human_count(left)} pulls left", ink)
        if width < 100:
            return Piece(f"{warned}{left}/{limit} pulls", ink)
        return Piece(f"{warned}{human_count(left)} of {human_count(limit)} pulls left", ink)

    def _path(self, path: list[str], room: int) -> list[Piece]:
        """The parts, the last one plain and the ones before it muted; the first give way when there is no room."""
        start = 0
        while (
            start < len(path) - 1 and sum(map(len, path[start:])) + 3 * (len(path) - start - (not start)) + start > room
        ):
            start += 1
        pieces = [Piece("… / ", "muted")] if start else []
        for level in range(start, len(path)):
            last = level == len(path) - 1
            pieces.append(Piece(path[level], "" if last else "muted", f"crumb({level})"))
            if not last:
                pieces.append(Piece(" / ", "muted"))
        return pieces


class KeyLine(OneLine):
    """The keys that work where the focus is; of a screen that says what is `worth_telling`, without the rest."""

    DEFAULT_CSS = """
    KeyLine { dock: bottom; background: $panel; }
    """

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def pieces(self, width: int) -> tuple[list[Piece], list[Piece]]:
        pieces = [Piece(" ")]
        help_at_the_end = [Piece("?", "key", "app.help"), Piece(" help ", "muted", "app.help")]
        used = 1 + sum(len(piece.text) for piece in help_at_the_end)
        seen: set[str] = set()
        focused = self.screen.focused
        worth: Callable[[str], bool] = getattr(self.screen, "worth_telling", lambda _action: True)
        typing = focused is not None and focused.check_consume_key("slash", "/")
        led = next((node for node in focused.ancestors if hasattr(node, "action_lead")), None) if focused else None
        if typing and led is not None:
            pieces += [
                Piece("enter", "key"),
                Piece(" open  ", "muted"),
                Piece("↑↓", "key"),
                Piece(" choose  ", "muted"),
            ]
            for key, word in getattr(led, "hints", ()):
                pieces += [Piece(key, "key"), Piece(f" {word}  " if word else "  ", "muted")]
            used = sum(len(piece.text) for piece in pieces)
        for active in self.screen.active_bindings.values():
            binding = active.binding
            if not binding.show or binding.action in seen or not active.enabled or binding.action == "app.help":
                continue
            if not worth(binding.action):
                continue
            if typing and (key_to_character(binding.key) or "\t").isprintable():
                continue
            seen.add(binding.action)
            key = self.app.get_key_display(binding)
            need = len(key) + len(binding.description) + 3
            if used + need - 1 > width:  # of the blanks after the last one, one will do
                break
            used += need
            pieces += [Piece(key, "key", binding.action), Piece(f" {binding.description}  ", "muted", binding.action)]
        pieces[-1] = replace(pieces[-1], text=f"{pieces[-1].text.rstrip()} ")
        return pieces, [] if typing else help_at_the_end


class Skeleton(Widget):
    """The picture of the panes, drawn as one widget: what is on the screen before they are there. `words` stand where
    the first pane will have them."""

    DEFAULT_CSS = "Skeleton { width: 1fr; height: 1fr; background: $surface; color: $muted; }"

    def __init__(self, words: str = "") -> None:
        super().__init__()
        self._words = words

    def render_line(self, y: int) -> Strip:
        from reglens.app.shape import outline

        width, height = self.size
        line = Strip([Segment(outline(width, height)[y], self.rich_style)]).adjust_cell_length(width, self.rich_style)
        if y != 2 or y >= height - 1:
            return line
        words = Strip([Segment(self._words, self.rich_style)]).crop(0, max(0, width - 4))
        return Strip.join([line.crop(0, 2), words, line.crop(2 + words.cell_length)])
