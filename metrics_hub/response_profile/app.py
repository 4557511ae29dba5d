"""The Space of the response profile: type answers, keys and options, read how they were answered."""

import warnings
from html import escape
from pathlib import Path

import evaluate
import gradio as gr

NAME = "response_profile"
TITLE = "Response profile"
SELECTED = "\n".join(["A, B", "A", "A, B, C", "A, B, C, D", "C, D"] * 2)  # SPM-Bench, Table 1, twice: ten questions bear a name
KEY = "\n".join(["A, B"] * 10)
OPTIONS = "\n".join(["A, B, C, D"] * 10)
SHOWN = 20  # questions in the table

metric = evaluate.load(str(Path(__file__).with_name(f"{NAME}.py")), keep_in_memory=True)


def score(selected: str, key: str, options: str) -> str:
    """The profile as a piece of the page, or what the metric has against the input."""
    keys = key.rstrip().split("\n")
    answers, offered = rows_of(selected, len(keys)), rows_of(options, len(keys))
    try:
        with warnings.catch_warnings(record=True) as notes:
            warnings.simplefilter("always", UserWarning)
            result = metric.compute(predictions=answers, references=keys, options=offered)
    except ValueError as error:
        return f'<p role="alert">{escape(str(error))}</p>'
    told = "".join(f'<p role="note">{escape(str(note.message))}</p>' for note in notes)
    drawn = result["interval"]
    within = f", {drawn['level']:.0%} interval {drawn['low']:+.4f} to {drawn['high']:+.4f}" if drawn else ""
    cut = f"; the first {SHOWN} below" if len(keys) > SHOWN else ""
    rows = zip(answers[:SHOWN], keys[:SHOWN], offered[:SHOWN], strict=True)
    return (
        f'<p><output aria-label="score">{result["personality"]}</output> personality; {result["n"]} questions, '
        f"{result['unanswered']} unanswered, {result['strangers']} with a label that is no option{cut}</p>{told}"
        f"<p>SPC - SIP-F1 = {result['spc_minus_sip_f1']:+.4f}{within}</p>"
        + table(["Strategy", "Share"], [(named(strategy), f"{share:.4f}") for strategy, share in result[NAME].items()])
        + table(["Row", "Selected", "Key", "Strategy"], [(i, row[0], row[1], own(*row)) for i, row in enumerate(rows)])
    )


def own(answer: str, wanted: str, offered: str) -> str:
    """The strategy of one question."""
    shares = metric.compute(predictions=[answer], references=[wanted], options=[offered], resamples=1)[NAME]
    return named(max(shares, key=shares.get))


def named(strategy: str) -> str:
    """A strategy as it is written in a table."""
    return strategy.replace("_", " ")


def rows_of(text: str, n: int) -> list[str]:
    """The lines of a field; empty ones past the n-th are no rows."""
    lines = [line.strip() for line in text.split("\n")]
    return lines if any(lines[n:]) else lines[:n]


def table(head: list[str], rows: list[tuple[object, ...]]) -> str:
    """Rows as an HTML table."""
    lines = ["".join(f'<th scope="col">{escape(name)}</th>' for name in head)]
    lines += ["".join(f"<td>{escape(str(cell))}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


THEME = gr.themes.Default(font=["system-ui", "sans-serif"]).set(block_info_text_color="*neutral_600")
STYLE = """
.html-container { padding: 0 !important; }
output { font-size: 2.5rem; font-weight: 600; margin-right: 0.5rem; }
.prose :is(table, tr, th, td) { border-color: var(--border-color-primary) !important; }
[role=alert] { padding: 0.75rem; border: 1px solid var(--error-border-color); }
.prose [role=alert] { color: var(--error-text-color); background: var(--error-background-fill); }
"""

with gr.Blocks(title=TITLE, analytics_enabled=False) as demo:
    gr.Markdown(f"# {TITLE}")
    with gr.Row():
        info = "One question a line; empty for no answer"
        selected = gr.Textbox(SELECTED, label="Selected options", info=info, lines=5, max_lines=20)
        key = gr.Textbox(KEY, label="Key", info="The right options, one question a line", lines=5, max_lines=20)
        options = gr.Textbox(OPTIONS, label="Options", info="All options, one question a line", lines=5, max_lines=20)
    page = gr.HTML()
    gr.Markdown(metric.description)
    fields = [selected, key, options]
    changes = [demo.load, *(field.change for field in fields)]
    gr.on(changes, score, fields, page, trigger_mode="always_last", show_progress="hidden", api_name="score")

if __name__ == "__main__":
    demo.launch(theme=THEME, css=STYLE, run_history=False)
