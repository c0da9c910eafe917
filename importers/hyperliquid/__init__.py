"""How do the files of Hyperliquid become facts?

Files to rows: `source_files`, `unpacking`, `strict_json`, `reading` (lines), `rows` (what a row can
be), `fields`, `venue_facts` (dated knowledge), `fill_rows`, `plain_fills`, `other_rows`, `tables`,
`state_rows`, `shapes` (lines to rows), `file_rows`, `merging`, `reader_process` (the order of all).

Rows to facts: `scales`, `ledger_updates`, `pairing`, `chaining`, `memory`, `digests`, `accounts`,
`books`, `match_books`, `ordinary_trades`, `forced_books`, `snapshots`, `window`, `labels`.

What became of them: `report`, `refusing`, `rendering`; all together: `importing`.
"""
