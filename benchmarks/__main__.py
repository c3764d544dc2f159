"""Prints every figure, or those that are named: `python -m benchmarks [triage] [webhook] [planning] [outbox]`."""

import sys

from benchmarks import outbox, planning, triage, webhook

FIGURES = {"triage": triage.main, "webhook": webhook.main, "planning": planning.main, "outbox": outbox.main}

for name in sys.argv[1:] or FIGURES:
    if name not in FIGURES:
        sys.exit(f"no figure {name}: choose from {', '.join(FIGURES)}")
    print(f"== {name}", flush=True)
    FIGURES[name]()
