"""``reglens check REFERENCE``: the way to a reference, walked live and diagnosed."""

from __future__ import annotations

import argparse
from typing import Any

from reglens.check.model import Step, StepVerdict, Walk
from reglens.check.walk import walk
from reglens.cli.connect import connection, settle
from reglens.cli.connect import run as run_async
from reglens.cli.diagnosis_view import draw_diagnosis, exit_code
from reglens.cli.layout import BAD, FAINT, GOOD, STRONG, UNSURE, Page
from reglens.cli.output import Output
from reglens.diagnosis.evidence import Trial
from reglens.diagnosis.output import to_json
from reglens.oci.reference import Reference
from reglens.text import human_milliseconds

_MARKS = {
    StepVerdict.OK: ("✓", GOOD),
    StepVerdict.FAILED: ("✗", BAD),
    StepVerdict.NOTED: ("!", UNSURE),
    StepVerdict.SKIPPED: ("·", FAINT),
}
_TRIALS = {
    "anonymous": "without the credentials",
    "challenge": "with the challenge's own service and scope",
    "library": "with library/ before the name",
    "get": "with GET instead of HEAD",
    "accept": "with every media type in Accept",
    "fresh": "with a new token",
}


def run(args: argparse.Namespace, output: Output) -> int:
    """Walk, showing each step as it is done; then the diagnosis."""
    reference = Reference.parse(args.reference)
    reached = connection(args)
    show = _Progress(output)
    settle()
    walked = run_async(
        walk(
            reference,
            options=reached.options,
            credentials=reached.credentials,
            action=args.action,
            on_step=None if output.as_json else show.step,
            on_trial=None if output.as_json else show.trial,
        )
    )
    if output.as_json:
        output.document(document(walked))
    else:
        page = Page(output)
        page.gap()
        draw_diagnosis(page, walked.diagnosis)
        page.done()
    return exit_code(walked.diagnosis)


class _Progress:
    """Steps and experiments, a line each, passed on as they come."""

    def __init__(self, output: Output) -> None:
        self.output = output

    def step(self, step: Step) -> None:
        mark, style = _MARKS[step.verdict]
        took = f"{human_milliseconds(step.elapsed):>8}  " if step.elapsed is not None else " " * 10
        self._line((mark, style), (f" {step.name:12}", STRONG), (took, FAINT), step.detail)

    def trial(self, trial: Trial) -> None:
        mark, style = {True: ("✓", GOOD), False: ("✗", BAD), None: ("·", FAINT)}[trial.worked]
        came = {True: "it works", False: "refused as well", None: "not tried"}[trial.worked]
        detail = f": {trial.detail}" if trial.detail else ""
        self._line((mark, style), " tried again ", _TRIALS.get(trial.kind, trial.kind), f": {came}{detail}")

    def _line(self, *parts: str | tuple[str, str]) -> None:
        page = Page(self.output)
        page.line(*parts)
        page.done()
        self.output.flush()


def document(walked: Walk) -> dict[str, Any]:
    """The diagnosis, and how the walk went."""
    return to_json(walked.diagnosis) | {
        "action": walked.action,
        "steps": [
            {
                "step": str(step.name),
                "verdict": str(step.verdict),
                "detail": step.detail,
                "elapsed_ms": round(step.elapsed, 1) if step.elapsed is not None else None,
                "exchanges": list(step.exchanges),
            }
            for step in walked.steps
        ],
        "trials": [{"kind": trial.kind, "worked": trial.worked, "detail": trial.detail} for trial in walked.trials],
    }
