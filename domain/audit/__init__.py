"""Does a recorded auto-deleveraging close conform to a rule, as far as the log can know?

Reading order: knowledge, closes, readings, roster, holders, line, verdict, finding, checks,
decisions, auditing.
"""
