"""What can happen, what is refused, and what must always hold.

Reading order: units, rounding, canonical, merkle, events, errors, specification, position, margin,
account, book, market, venue (state and apply), commands, command_parsing, orders, liquidation, adl,
decide, invariants, snapshot. Nothing here reads a clock, a file or a database.
"""
