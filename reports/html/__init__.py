"""One decision as one file that can be filed: no network, no script, same log, same bytes.

Reading order: `surroundings` and `redaction` (what stands beside the explanation, and for whom),
`amounts` and `scale` (numbers for eyes, exact), `blocks` (what a page is made of), the sections in
`opening`, `absorption`, `ladder`, `closing`, the charts, then `page`, `rendering`, `index`, `pdf`.
"""
