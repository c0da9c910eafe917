"""How is a module imported in a changed form? A pytest plugin; ZEROSUM_MUTANT is MODULE=FILE."""

import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from typing import Any

_NAME, _, _FILE = os.environ["ZEROSUM_MUTANT"].partition("=")


class _Finder:
    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        if name != _NAME:
            return None
        return importlib.util.spec_from_loader(name, SourceFileLoader(name, _FILE))


sys.meta_path.insert(0, _Finder())
