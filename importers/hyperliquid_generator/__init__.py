"""How would a venue's archive look whose every truth is known?

A made-up venue in Hyperliquid's formats, with books of its own: nothing here reads the importer or
the domain, so that what the importer rebuilds can be scored against it. Reading order: `coins`,
`chance`, `books`, `people`, `story`, `trading`, `forced`, `deleveraging`, `transfers`, `rows`,
`archive`, `truth`, `generating`.
"""
