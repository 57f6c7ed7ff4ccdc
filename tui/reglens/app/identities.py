"""What the browser does to be somebody else: another identity for the registry, one typed in, or nobody; and to let
credentials go where they were withheld from."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, cast

from reglens.app.here import Here
from reglens.app.part import BrowserPart
from reglens.oci.reference import Place

if TYPE_CHECKING:
    from textual.worker import WorkType

    from reglens.app.screens.identities import Answer
    from reglens.auth.choice import Choice
    from reglens.auth.credentials import Credential
    from reglens.auth.trust import Withheld


class Identities(BrowserPart):
    """A part of the browser, which is the only one to inherit it."""

    def go(self, place: Place, *, focus: bool = True) -> None:
        """Open a place."""
        raise NotImplementedError

    def action_anonymous(self) -> None:
        """Be nobody on this registry, or whoever one was before."""
        choice, registry = self.app.identities, self.here.registry
        if choice is None or not registry:
            return
        if choice.is_anonymous(registry):
            choice.forget(registry)
            self.app.tell(f"{registry} is asked with the credentials that are found")
        else:
            choice.choose(registry, None)
            self.app.tell(f"{registry} is asked anonymously; once more goes back")
        self._again()

    def action_identities(self) -> None:
        """Look which identities there are, helpers included, and let one be chosen."""
        choice, registry = self.app.identities, self.here.registry
        if choice is None or not registry:
            return
        repository = self.here.repository.repository if self.here.repository else ""

        async def ask() -> None:
            from reglens.app.screens.identities import Identify

            listed = await choice.all_for(registry, repository)
            screen = Identify(registry, listed, keeps=self.app.keyring is not None)
            self.app.push_screen(screen, lambda answer: self._chosen(registry, answer))

        self._run(ask, "identities")

    def _chosen(self, registry: str, answer: Answer | None) -> None:
        choice = self.app.identities
        if choice is None or answer is None:
            return
        if answer.delete and answer.credential is not None:
            self._delete(choice, registry, answer.credential)
            return
        if answer.as_found:
            choice.forget(registry)
        else:
            choice.choose(registry, answer.credential)
        if answer.keep and answer.credential is not None:
            self._keep(registry, answer.credential)
        if registry == self.here.registry:
            self._again()

    def _keep(self, registry: str, credential: Credential) -> None:
        """Have the keyring keep a login, which is used meanwhile."""
        keyring = self.app.keyring
        assert keyring is not None

        async def keep() -> None:
            problem = await keyring.keep(registry, credential)
            if problem:
                self.app.tell(f"Not kept, so this login is for this run only: {problem}", severity="error")
            else:
                self.app.tell(f"The system keyring keeps {credential.username}'s login as reglens/{registry}")

        self._run(keep, "keyring")

    def _delete(self, choice: Choice, registry: str, credential: Credential) -> None:
        """Have the keyring delete a login; who used it is somebody else from then on."""
        keyring = self.app.keyring
        assert keyring is not None

        async def delete() -> None:
            problem = await keyring.forget(registry, credential.username)
            if problem:
                self.app.tell(f"The login of {credential.username} is still kept: {problem}", severity="error")
                return
            self.app.tell(f"Deleted {credential.username}'s login for {registry} from the system keyring")
            if choice.chosen(registry) == credential:
                choice.forget(registry)
            if registry == self.here.registry:
                self._again()

        self._run(delete, "keyring")

    def _run(self, work: Callable[[], Coroutine[None, None, None]], group: str) -> None:
        """In a worker that a change of place does not call off."""
        self.app.run_worker(cast("WorkType[None]", work), group=group, exclusive=True, exit_on_error=False)

    # -- credentials that were withheld

    @property
    def withheld(self) -> Withheld | None:
        """What was last withheld for what is open and would go if the person said so; None if nothing was."""
        for exchange in reversed(self.explorer.session.trace.exchanges):
            if exchange.withheld is not None:
                return exchange.withheld if exchange.withheld.can_be_allowed else None
            if exchange.authorization is not None:
                return None
        return None

    def action_trust(self) -> None:
        """Ask whether the withheld credentials may go, once: the answer holds for the run."""
        withheld = self.withheld
        if withheld is None:
            self.app.tell("No credentials were withheld from a token server here.")
            return
        if self.app.trust.answered(withheld) is not None:
            self.app.tell(f"You said no: in this run {withheld.origin} gets no credentials for {withheld.registry}.")
            return
        from reglens.app.screens.trust import AskTrust

        self.app.push_screen(AskTrust(withheld), lambda yes: self._answered(withheld, yes))

    def _answered(self, withheld: Withheld, yes: bool | None) -> None:
        if yes is None:
            return
        self.app.trust.answer(withheld, yes)
        if not yes:
            self.app.tell(f"{withheld.origin} gets no credentials in this run.")
        elif withheld == self.withheld:
            self._again()

    def _again(self) -> None:
        """Everything that is open, asked for anew by a session that knows nothing yet."""
        place = Place(self.here.registry, self.here.reference or self.here.repository)
        self.explorer.renew()
        self.here = Here()
        self.go(place, focus=False)
