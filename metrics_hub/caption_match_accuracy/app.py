"""The Space of caption-match accuracy: type chosen labels, keys and scales, read the accuracy."""

from html import escape
from pathlib import Path

import evaluate
import gradio as gr

NAME = "caption_match_accuracy"
TITLE = "Caption-match accuracy"
CHOSEN = "A\nB\nC\nA\n"
KEY = "A\nB\nD\nA\nC"
SCALE = "atomic\natomic\nmicro\nmeso\nmacro"
SHOWN = 20  # questions in the table

metric = evaluate.load(str(Path(__file__).with_name(f"{NAME}.py")), keep_in_memory=True)


def score(chosen: str, key: str, scale: str) -> str:
    """The accuracies as a piece of the page, or what the metric has against the input."""
    keys = [line.strip() for line in key.rstrip().split("\n")]
    answers = rows_of(chosen, len(keys))
    scales = rows_of(scale, len(keys)) if scale.strip() else None
    try:
        result = metric.compute(predictions=answers, references=keys, scales=scales)
    except ValueError as error:
        return f'<p role="alert">{escape(str(error))}</p>'
    cut = f"; the first {SHOWN} below" if len(keys) > SHOWN else ""
    rows = []
    for row, (answer, wanted) in enumerate(zip(answers[:SHOWN], keys[:SHOWN], strict=True)):
        own = metric.compute(predictions=[answer], references=[wanted])[NAME]
        rows.append((row, answer, wanted, f"{own:.0f}"))
    overall = (
        []
        if result["macro"] is None
        else [("mean over scales (macro)", f"{result['macro']:.4f}", f"{len(result['macro_scales'])} scales")]
    )
    by_scale = [(name, f"{share['accuracy']:.4f}", share["n"]) for name, share in result["by_scale"].items()]
    return (
        f'<p><output aria-label="score">{result[NAME]:.4f}</output> mean over {result["n"]} items (micro), '
        f"{result['unanswered']} unanswered, {result['not_a_label']} not a label{cut}</p>"
        + (table(["Scale", "Accuracy", "n"], overall + by_scale) if by_scale else "")
        + table(["Row", "Chosen", "Key", "Accuracy"], rows)
    )


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
        info = "A, B, C or D, one a line; empty for no answer"
        chosen = gr.Textbox(CHOSEN, label="Chosen captions", info=info, lines=5, max_lines=20)
        key = gr.Textbox(KEY, label="Key", info="The printed caption, one item a line", lines=5, max_lines=20)
        info = "atomic, micro, meso, macro, none or unknown"
        scale = gr.Textbox(SCALE, label="Scale (optional)", info=info, lines=5, max_lines=20)
    page = gr.HTML()
    gr.Markdown(metric.description)
    fields = [chosen, key, scale]
    changes = [demo.load, *(field.change for field in fields)]
    gr.on(changes, score, fields, page, trigger_mode="always_last", show_progress="hidden", api_name="score")

if __name__ == "__main__":
    demo.launch(theme=THEME, css=STYLE, run_history=False)
