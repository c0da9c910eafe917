"""Which questions do people ask?

Reading order: `main`, `settings`, `errors`, `moment`, `reading`, `output`, then one file per
question.
"""
