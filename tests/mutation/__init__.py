"""Does a test fail when the code is wrong? `make mutants`; results in docs/quality.md."""
