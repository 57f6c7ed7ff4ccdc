"""Keys, pastes and clicks one after the other, however fast they come.

Textual acts on a priority binding at once, while any other key travels: to the focused widget, up through its parents,
and only at the app is its binding looked up, by the focus of that moment (textual/app.py, `App.on_event` and `_on_key`;
what it leads to travels as well). Keys that come in one burst, over a slow line or typed ahead, would overtake each
other: of ``esc / name enter`` the ``/`` enters the search field, the ``esc`` then leaves it, and the name is taken for
keys. Here keys wait until the one before them has been all the way, with what it led to; save after keys that lead
nowhere else: those that move a cursor, and the letters of a text.

A mouse button goes by what is under the pointer at the moment when it is heard, so that it waits its turn too: else it
would be heard before the keys that were typed before it, and a second click before what the first one opened is there.
"""

from __future__ import annotations

from collections import deque
from functools import partial

from textual import events
from textual.app import App, ScreenStackError
from textual.errors import NoWidget
from textual.message import Message
from textual.widget import Widget

from reglens.app.actions import ACTIONS
from reglens.precedence import Precedence

TRIPS = 8
"""Times that what a key led to is waited for; each handler that posts a message takes one."""
GRACE = 2.0
"""Seconds after which a key that does not come home is forgotten; at once if the widget that it went to is gone."""
LOOK = 0.05
"""Seconds between looks after a key, while others wait for it."""
AT_ONCE = frozenset({"ctrl+q", "ctrl+c"})
"""Keys that wait for nothing, so that one can leave whatever goes on."""
MOVES = frozenset(
    key
    for action in ACTIONS
    if action.name in ("down", "up", "page_down", "page_up", "first", "last")
    for key in action.keys
)
"""Keys that move a cursor in a list. Hundreds of them may be held down and painted together."""


class Passed(Message):
    """Follows a key the way that it went, behind it in every queue; back at the app it tells that the key went by."""

    def __init__(self, number: int, trips: int) -> None:
        super().__init__()
        self.number = number
        self.trips = trips


class Turns(App[None]):
    """An app that hands out keys, pastes and clicks one at a time, once somebody says that there is somebody to take
    them."""

    def __init__(self) -> None:
        super().__init__()
        self.precedence = Precedence()
        self._keys = 0
        self._under_way = 0
        """The number of the key that is under way; 0: none is."""
        self._waiting: deque[events.Event] = deque()
        self._loose = False
        """Whether keys that were not waited for may still be under way."""
        self._carrier: Widget | None = None
        """Whom the messenger was given."""
        self._held = True

    async def on_event(self, event: events.Event) -> None:
        mine = isinstance(event, events.Key | events.Paste) or _steers(event)
        if not mine or event.is_forwarded or (isinstance(event, events.Key) and event.key in AT_ONCE):
            await self._hand_on(event)
        elif self._held:
            if isinstance(event, events.MouseEvent):
                return  # there is nothing to click on yet
            if isinstance(event, events.Key) and event.key == "q" and not self._waiting:
                await super().on_event(event)  # not yet part of what is typed: quit
            else:
                self._waiting.append(event)
        elif self._under_way:
            self._waiting.append(event)
            if len(self._waiting) == 1:
                self.set_timer(LOOK, partial(self._look_after, self._under_way, GRACE))
        else:
            await self._take(event)

    def release(self) -> None:
        """From here on there is somebody to take keys. What was typed before was kept, and comes now."""
        self._held = False
        self._next()

    async def _take(self, event: events.Event) -> None:
        plain = self._leads_nowhere(event)
        self._keys += 1
        self._under_way = number = self._keys
        if self._loose and not plain:  # first the letters before it, with what they led to
            self._loose = False
            self._waiting.appendleft(event)
            self._follow(number, TRIPS)
            return
        self._loose = plain
        try:
            await self._hand_on(event)
        finally:
            if plain:
                self._next()
            else:
                self._follow(number, TRIPS, event)

    async def _hand_on(self, event: events.Event) -> None:
        """Let Textual have an event, save the mouse over a widget that is painted still and in the tree no more: there
        it falls over a parent that is None (textual/screen.py, `Screen._forward_event`)."""
        if isinstance(event, events.MouseEvent) and not event.is_forwarded:
            under = self._target(event)
            if under is not None and not under.is_attached:
                return
        await super().on_event(event)

    def _leads_nowhere(self, event: events.Event) -> bool:
        """Whether a key can change neither the focus nor what the next key means; so is what the mouse does before the
        button is let go, which makes it a click, and the wheel."""
        if isinstance(event, events.MouseEvent):
            return not isinstance(event, events.MouseUp)
        if not isinstance(event, events.Key):
            return False
        target = self._target()
        if target is not None and target.check_consume_key("x", "x"):  # a text; its other keys come after the letters
            return target.check_consume_key(event.key, event.character)
        return event.key in MOVES

    def _follow(self, number: int, trips: int, event: events.Event | None = None) -> None:
        self._carrier = target = self._target(event)
        if target is None or not target.post_message(Passed(number, trips)):
            self._next()

    def _target(self, event: events.Event | None = None) -> Widget | None:
        """Who gets the keys now, or what is under the pointer."""
        try:
            if isinstance(event, events.MouseEvent):
                return self.get_widget_at(int(event.screen_x), int(event.screen_y))[0]
            return self.focused or self.screen
        except (ScreenStackError, NoWidget):
            return None

    def on_passed(self, message: Passed) -> None:
        """A key went by; so did what it led to, unless something of it still waits in a queue."""
        if message.number != self._under_way:
            return
        target = self._target()
        busy = target is not None and any(node.message_queue_size for node in target.ancestors_with_self)
        if busy and message.trips:
            self._follow(message.number, message.trips - 1)
        else:
            self._next()

    def _look_after(self, number: int, left: float) -> None:
        """See to it that a key does not hold up the others for ever; `left` is for how many seconds it still may."""
        gone = self._carrier is None or not self._carrier.is_attached
        if number == self._under_way and (gone or left <= 0):
            self._next()
        if number != self._under_way:
            number, left = self._under_way, GRACE
        if self._waiting:
            self.set_timer(LOOK, partial(self._look_after, number, left - LOOK))

    def _next(self) -> None:
        if self._waiting:
            self.call_later(self._take, self._waiting.popleft())
        else:
            self._under_way = 0


def _steers(event: events.Event) -> bool:
    """Whether it is the mouse, and more than a move of it."""
    if isinstance(event, events.MouseMove):
        return bool(event.button)
    return isinstance(event, events.MouseEvent) and not isinstance(event, events.Click)
