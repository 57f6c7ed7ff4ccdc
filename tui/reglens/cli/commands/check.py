"""``reglens check REFERENCE``: the way to a reference, walked live and diagnosed."""

from __future__ import annotations

import argparse
from typing import Any

from rich.table import Table

from reglens.check.model import Step, StepName, StepVerdict, Walk
from reglens.check.walk import walk
from reglens.cli.connect import connection, has_manifest, read_reference, settle, spelt_out, trusted_keys
from reglens.cli.connect import run as run_async
from reglens.cli.diagnosis_view import draw_diagnosis, exit_code
from reglens.cli.layout import BAD, FAINT, GOOD, STRONG, UNSURE, Page, styled
from reglens.cli.output import Output
from reglens.diagnosis.evidence import Trial
from reglens.diagnosis.output import to_json
from reglens.text import human_milliseconds

_MARKS = {
    StepVerdict.OK: ("✓", GOOD),
    StepVerdict.FAILED: ("✗", BAD),
    StepVerdict.NOTED: ("!", UNSURE),
    StepVerdict.SKIPPED: ("·", FAINT),
}


_FORBIDDEN = "A file of this machine forbids it, so nobody was asked."
_SILENT = "Nothing that was met tells the cause; the log of whoever refused (registry or token server) has it."


def run(args: argparse.Namespace, output: Output) -> int:
    """Walk, showing each step as it is done; then the diagnosis."""
    keys = trusted_keys(args)
    reached = connection(args)
    reference = read_reference(spelt_out(args.reference, reached, output, has_manifest))
    show = _Progress(output)
    settle()
    walked = run_async(
        walk(
            reference,
            options=reached.options,
            credentials=reached.credentials,
            action=args.action,
            keys=keys,
            on_step=None if output.as_json else show.step,
            on_trial=None if output.as_json else show.trial,
        )
    )
    if output.as_json:
        output.document(document(walked))
    else:
        page = Page(output)
        page.gap()
        forbidden = any(s.name is StepName.WAY and s.verdict is StepVerdict.FAILED for s in walked.steps)
        draw_diagnosis(page, walked.diagnosis, silent=_FORBIDDEN if forbidden else _SILENT)
        page.done()
    failed = any(s.name is StepName.RESOURCE and s.verdict is StepVerdict.FAILED for s in walked.steps)
    return exit_code(walked.diagnosis) or int(failed)


class _Progress:
    """Steps and experiments, a line each, passed on as they come."""

    def __init__(self, output: Output) -> None:
        self.output = output

    def step(self, step: Step) -> None:
        self._line(*_MARKS[step.verdict], step.name, step.elapsed, step.detail)

    def trial(self, trial: Trial) -> None:
        mark, style = {True: ("✓", GOOD), False: ("✗", BAD), None: ("·", FAINT)}[trial.worked]
        self._line(mark, style, "experiment", None, trial.detail or trial.kind)

    def _line(self, mark: str, style: str, name: str, elapsed: float | None, detail: str) -> None:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(width=11, no_wrap=True)
        table.add_column(width=7, justify="right", no_wrap=True)
        table.add_column(overflow="fold")
        took = human_milliseconds(elapsed) if elapsed is not None else ""
        table.add_row(styled((mark, style)), styled((name, STRONG)), styled((took, FAINT)), styled(detail))
        page = Page(self.output)
        page.draw(table)
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
