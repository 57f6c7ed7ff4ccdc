"""Where the panes lie, as numbers: for the picture that stands on the screen before the panes do."""

from __future__ import annotations

NARROW, WIDE = 100, 120
"""Columns below which one pane is seen at a time, and from which three stand side by side."""
SEARCH_SHARE, TAGS_SHARE, LEFT_SHARE = 29, 25, 40
"""Widths in percent: of search and tags side by side, and of both stacked."""
AUTH_SHARE, AUTH_LEAST, AUTH_SHORT = 30, 9, 6
"""The authentication pane's height: percent, the least rows of it, and its rows where one pane is seen at a time."""


def outline(width: int, height: int) -> list[str]:
    """The frames of the empty panes as lines of text."""
    below = AUTH_SHORT if width < NARROW else max(AUTH_LEAST, height * AUTH_SHARE // 100)
    above = max(2, height - below)
    if width < NARROW:
        top = _box("Search", width, above)
    elif width < WIDE:
        left = width * LEFT_SHARE // 100
        half = above // 2
        column = _box("Search", left, half) + _box("Tags", left, above - half)
        top = _beside(column, _box("Manifest", width - left, above))
    else:
        search, tags = width * SEARCH_SHARE // 100, width * TAGS_SHARE // 100
        right = _box("Manifest", width - search - tags, above)
        top = _beside(_box("Search", search, above), _box("Tags", tags, above), right)
    return top + _box("Authentication", width, max(2, height - above))


def _box(title: str, width: int, height: int) -> list[str]:
    head = f"╭─ {title} ".ljust(width - 1, "─")[: width - 1] + "╮"
    return [head, *["│" + " " * (width - 2) + "│"] * (height - 2), "╰" + "─" * (width - 2) + "╯"]


def _beside(*columns: list[str]) -> list[str]:
    return ["".join(parts) for parts in zip(*columns, strict=True)]
