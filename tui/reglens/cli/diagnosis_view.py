"""A diagnosis, a comparison and the pages about findings, for a person to read. Marks carry the meaning, colour only
repeats it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table
from rich.text import Text

from reglens.cli.layout import BAD, FAINT, GOOD, STRONG, UNSURE, Page, styled
from reglens.cli.output import Output
from reglens.diagnosis.finding import Cell, Comparison, Diagnosis, Finding, Outcome, Severity, Verdict
from reglens.text import human_milliseconds
from reglens.trace.exchange import Exchange

_OUTCOMES = {
    Outcome.OK: ("✓ it works", GOOD),
    Outcome.REFUSED: ("✗ refused", BAD),
    Outcome.FAILED: ("✗ failed", BAD),
    Outcome.UNKNOWN: ("? outcome not known", UNSURE),
}
_SEVERITIES = {Severity.ERROR: ("✗", BAD), Severity.WARNING: ("!", UNSURE), Severity.INFO: ("i", FAINT)}
_VERDICTS = {Verdict.AGREE: ("✓", GOOD), Verdict.DISAGREE: ("✗", BAD), Verdict.UNKNOWN: ("?", FAINT)}


def exit_code(diagnosis: Diagnosis) -> int:
    """1 if the registry refused or failed or there is a finding of severity error, else 0."""
    wrong = diagnosis.outcome in (Outcome.REFUSED, Outcome.FAILED)
    return 1 if wrong or any(finding.severity is Severity.ERROR for finding in diagnosis.findings) else 0


def show(diagnosis: Diagnosis, output: Output) -> int:
    """Print a diagnosis as the result of a command; the exit code that belongs to it."""
    if output.as_json:
        from reglens.diagnosis.output import to_json

        output.document(to_json(diagnosis))
    else:
        page = Page(output)
        draw_diagnosis(page, diagnosis)
        page.done()
    return exit_code(diagnosis)


_SILENT = "Nothing here tells what went wrong: add the refused request's answer with its headers (curl -v)."


def draw_diagnosis(page: Page, diagnosis: Diagnosis, *, silent: str = _SILENT) -> None:
    """Outcome, the likeliest cause at once, exchanges, comparison and findings; `silent` is what to say where something
    is wrong and no finding tells what."""
    mark, style = _OUTCOMES[diagnosis.outcome]
    about = f"  {diagnosis.reference}" if diagnosis.reference else ""
    moment = f"  at {diagnosis.moment:%Y-%m-%d %H:%M:%S} UTC" if diagnosis.moment else ""
    page.line((mark, style), about, (moment, FAINT))
    compared = any(_has_value(row.asked, row.requested, row.granted) for row in diagnosis.comparison.rows)
    if diagnosis.findings and (diagnosis.exchanges or compared):
        first = diagnosis.findings[0]
        page.line((f"{_SEVERITIES[first.severity][0]} {first.code}: ", _SEVERITIES[first.severity][1]), first.title)
    if diagnosis.exchanges:
        page.gap()
        draw_exchanges(page, diagnosis.exchanges)
    if compared:
        page.gap()
        draw_comparison(page, diagnosis.comparison)
    told: dict[str, str] = {}
    for finding in diagnosis.findings:
        page.gap()
        _draw_finding(page, finding, told)
    if not diagnosis.findings:
        page.gap()
        page.line("Nothing wrong was found." if diagnosis.outcome is Outcome.OK else silent)


def draw_exchanges(page: Page, exchanges: Sequence[Exchange]) -> None:
    """One line an exchange: number, method, address, what came of it, how long it took."""
    table = _table()
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for exchange in exchanges:
        total = exchange.timing.total
        table.add_row(
            styled((str(exchange.number), FAINT)),
            styled(exchange.method or ""),
            styled(exchange.url or str(exchange.role)),
            _result(exchange),
            styled(human_milliseconds(total) if total is not None else ""),
        )
    page.draw(table)


def _result(exchange: Exchange) -> Text:
    if exchange.failure is not None:
        return styled((f"no answer ({exchange.failure.kind})", BAD))
    if exchange.status is None:
        return styled(("?", FAINT))
    style = GOOD if exchange.status < 400 else BAD if exchange.status != 401 else UNSURE
    challenge = exchange.challenges[0].scheme if exchange.challenges else ""
    return styled((str(exchange.status), style), f" {challenge}" if challenge else "")


def draw_comparison(page: Page, comparison: Comparison) -> None:
    """The rows asked / requested / granted, each with its mark, and under a row what disagrees in it."""
    table = _table()
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    for title in ("registry asked", "client requested", "token grants"):
        table.add_column(Text(title, style=STRONG), overflow="fold")
    table.show_header = True
    for row in comparison.rows:
        mark, style = _VERDICTS[row.verdict]
        if not _has_value(row.asked, row.requested, row.granted):
            continue
        strong = style if row.verdict is Verdict.DISAGREE else ""
        cells = [styled((_words(cell), strong)) for cell in (row.asked, row.requested, row.granted)]
        table.add_row(styled((mark, style)), styled((row.name, strong)), *cells)
    page.draw(table)
    for row in comparison.disagreements:
        if row.note:
            page.line((f"{row.name}: ", BAD), row.note)


_UNPROVEN = "This is likely, not proven: "
"""How the sentence begins that tells what would prove a cause (`reglens.diagnosis.rules.mend`)."""


def _draw_finding(page: Page, finding: Finding, told: dict[str, str]) -> None:
    """One finding. `told` holds the commands, proofs and sentences printed so far, each with the code of the finding
    under which it stands: what serves several findings is spelt out under the first of them."""
    mark, style = _SEVERITIES[finding.severity]
    page.line((f"{mark} {finding.code}", style), "  ", (finding.title, STRONG))
    explanation, unproven, rest = finding.explanation.partition(_UNPROVEN)
    if unproven and unproven + rest not in told:
        told[unproven + rest] = finding.code
        explanation += unproven + rest
    if explanation.strip():
        page.paragraph(explanation.strip(), indent=2)
    proofs = {f"{proof.where}\n{proof.value}": proof for proof in finding.evidence}
    if any(key not in told for key in proofs):
        table = _table(indent=2)
        table.add_column(no_wrap=False, overflow="fold", max_width=42)
        table.add_column(overflow="fold")
        for key, proof in proofs.items():
            if key not in told:
                table.add_row(styled((proof.where, FAINT)), styled(proof.value))
        page.draw(table)
    for code in dict.fromkeys(told[key] for key in proofs if key in told):
        page.paragraph(f"Evidence: as under {code}", indent=2)
    told |= {key: finding.code for key in proofs if key not in told}
    if finding.fix.text:
        page.paragraph(f"Fix: {finding.fix.text}", indent=2)
    for code in dict.fromkeys(told[command] for command in finding.fix.commands if command in told):
        page.paragraph(f"Commands: as under {code}", indent=2)
    for command in finding.fix.commands:
        if command not in told:
            page.verbatim(command)
    told |= {command: finding.code for command in finding.fix.commands if command not in told}
    if finding.follows_from:
        page.paragraph(f"Follows from: {', '.join(finding.follows_from)}", indent=2)


def show_page(code: str, parts: Mapping[str, str], output: Output) -> None:
    """The page about one code."""
    page = Page(output)
    page.line((code, STRONG))
    for title, words in parts.items():
        page.gap()
        page.line((title.capitalize(), STRONG))
        if title == "example":
            page.verbatim(words, indent=2)
        else:
            page.paragraph(words, indent=2)
    page.done()


def _table(indent: int = 0) -> Table:
    """A table without lines, its columns two blanks apart."""
    padding = (0, 0, 0, indent) if indent else (0, 2, 0, 0)
    return Table(box=None, show_header=False, padding=padding, pad_edge=bool(indent), expand=False)


def _words(cell: Cell) -> str:
    if cell.value is None:
        return "—"
    return cell.value if isinstance(cell.value, str) else ", ".join(cell.value) or "(empty)"


def _has_value(*cells: Cell) -> bool:
    return any(cell.value is not None for cell in cells)
