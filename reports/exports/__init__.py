"""How do the books leave for other programs?

Reading order: `movements` (what one event moved, the base of everything but NDJSON), `rows` with
`csv` and `parquet`, `naming` and `journal` with `hledger` and `beancount`, `ndjson`.
"""
