"""What does dYdX's indexer say, and what does it leave open?

Reading order: `fills` (one row), `shapes` (which rows a file holds), `markets` (scales), `pairing`
(which two rows are one match, and for how much money), `books`, `checks`, `importing`, `rendering`.
Files, JSON and the report are those of the Hyperliquid importer.
"""
