"""Colours: a dark and a light theme. Few colours, each with one meaning, never without a symbol or a word beside it.

``primary``: where the focus is, what can be opened. ``success``, ``warning``, ``error``: how an exchange or a finding
turned out. ``accent``: what authentication is about (tokens, scopes). Everything else is a shade of the foreground.
"""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="reglens-dark",
    dark=True,
    primary="#6cb2f7",
    secondary="#8fa3b8",
    accent="#d9a9f0",
    success="#82c991",
    warning="#e6b566",
    error="#f27d7d",
    foreground="#d5dce4",
    background="#10151b",
    surface="#141a21",
    panel="#1c242d",
    variables={
        "border": "#6cb2f7",
        "border-blurred": "#33404e",
        "muted": "#8794a3",
        "cursor": "#22384f",
        "cursor-blurred": "#1c2733",
        "input-cursor-background": "#d5dce4",
        "input-selection-background": "#6cb2f7 35%",
        "scrollbar": "#33404e",
        "scrollbar-hover": "#4a5b6d",
        "scrollbar-active": "#6cb2f7",
        "scrollbar-background": "#141a21",
        "scrollbar-background-hover": "#141a21",
        "scrollbar-background-active": "#141a21",
        "scrollbar-corner-color": "#141a21",
    },
)

LIGHT = Theme(
    name="reglens-light",
    dark=False,
    primary="#0a5fb4",
    secondary="#51606f",
    accent="#8a3fb0",
    success="#1b7a3d",
    warning="#8f5e00",
    error="#bf2330",
    foreground="#1f2a35",
    background="#f1f3f5",
    surface="#fbfcfd",
    panel="#e3e8ed",
    variables={
        "border": "#0a5fb4",
        "border-blurred": "#c3ccd5",
        "muted": "#5d6b79",
        "cursor": "#cfe3f7",
        "cursor-blurred": "#e3eaf1",
        "input-cursor-background": "#1f2a35",
        "input-selection-background": "#0a5fb4 25%",
        "scrollbar": "#c3ccd5",
        "scrollbar-hover": "#9fabb8",
        "scrollbar-active": "#0a5fb4",
        "scrollbar-background": "#fbfcfd",
        "scrollbar-background-hover": "#fbfcfd",
        "scrollbar-background-active": "#fbfcfd",
        "scrollbar-corner-color": "#fbfcfd",
    },
)

DEFAULTS = {"muted": "auto 65%", "cursor": "rgba(128,128,128,0.3)", "cursor-blurred": "rgba(128,128,128,0.15)"}
"""Values of our own variables for themes that do not know them; Textual lets no variable name another one here."""

ANSI = "ansi-dark"
"""Textual's theme of the terminal's own sixteen colours."""


def toggled(name: str) -> str:
    """The theme that the toggle leads to: light from any dark one, dark from any other."""
    return LIGHT.name if name != LIGHT.name and "light" not in name else DARK.name
