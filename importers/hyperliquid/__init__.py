"""How do the files of Hyperliquid become facts?

Files to rows: `source_files`, `unpacking`, `strict_json`, `reading` (lines), `rows` (what a row can
be), `fields`, `venue_facts` (dated knowledge), `fill_rows`, `plain_fills`, `pairs` (two rows of a
match), `other_rows`, `tables`, `state_rows`, `funding_rates`, `shapes` (lines to rows),
`file_rows`, `merging`, `reader_process` (the order of all).

Rows to facts: `scales`, `ledger_updates`, `pairing`, `chaining`, `memory`, `digests`, `accounts`,
`recorded_books` (of every venue), `books`, `match_books`, `ordinary_trades`, `plain_instants`,
`known_fills`, `forced_closes`, `forced_books`, `aggregates`, `liquidation_chains`,
`funding_rounds`, `snapshots`, `window`, `labels`.

What the venue states beside them: `assertions`, `liquidation_rows`, `identities`, `checks`.

What became of them: `report`, `refusing`, `rejects`, `stated`, `rendering`; all together:
`importing`.
"""
