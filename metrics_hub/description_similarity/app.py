"""The Space of description similarity: type a description and the paper's text, read how alike they are."""

from html import escape
from pathlib import Path

import evaluate
import gradio as gr

NAME = "description_similarity"
TITLE = "Description similarity"
DESCRIPTION = "The TEM image shows twins of a few nanometres in a copper film."
PAPER = "Bright-field TEM shows nanoscale growth twins in the sputtered copper film, 5 to 20 nm thick."

metric = evaluate.load(str(Path(__file__).with_name(f"{NAME}.py")), keep_in_memory=True)


def score(description: str, paper: str) -> str:
    """The cosine as a piece of the page, or what the metric has against the input; the first call loads the model."""
    try:
        result = metric.compute(predictions=[description], references=[paper])
    except (ImportError, ValueError) as error:
        return f'<p role="alert">{escape(str(error))}</p>'
    made, cut = result["parameters"], result["truncated"]["sts"]
    longer = [name for name, n in (("the description", cut["predictions"]), ("the paper's text", cut["references"])) if n]
    told = f"; the end of {' and of '.join(longer)} was not read" if longer else ""
    return (
        f'<p><output aria-label="score">{result[NAME]:.4f}</output> cosine of the two sentence embeddings'
        f"{', no description' if result['unanswered'] else ''}</p>"
        f"<p>{escape(made['sts_model'])}, which reads {made['sts_max_length']} word pieces of a text{told}</p>"
    )


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
        description = gr.Textbox(DESCRIPTION, label="Description", info="What the model wrote of a figure", lines=6)
        paper = gr.Textbox(PAPER, label="Paper's text", info="What the paper says of the same figure", lines=6)
    button = gr.Button("Score", variant="primary")
    page = gr.HTML("<p>The first score loads the model, which takes some seconds.</p>")
    gr.Markdown(metric.description)
    button.click(score, [description, paper], page, trigger_mode="once", api_name="score")

if __name__ == "__main__":
    demo.launch(theme=THEME, css=STYLE, run_history=False)
