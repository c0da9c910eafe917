"""How do the files of Hyperliquid become facts?

Reading order: `rows` (what a row can be), `strict_json`, `reading` (files to raw rows), `fields`,
`venue_facts` (dated knowledge), `fill_rows`, `other_rows`, `shapes` (raw rows to rows), `scales`,
`ledger_updates`, `pairing`, `chaining`, `memory`, `accounts`, `books` and `match_books` (rows to
facts), `labels`, `report`, `rendering`, `importing`.
"""
