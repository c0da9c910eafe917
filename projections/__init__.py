"""What do the facts add up to?

Reading order: answers, errors, schema; observing and the folds (balances, statements, marks,
liquidations, adl_rounds); read_model, which counts every event once; queries.
"""
