"""What in a source text could make the same input give other bytes?

Three things: floats, the outside world, and the order of a set.
"""

import ast
from collections.abc import Iterator

# fmt: off
OUTSIDE_WORLD = frozenset({
    "asyncio", "click", "datetime", "eventsourcing", "glob", "importlib", "io", "logging",
    "multiprocessing", "os", "pathlib", "random", "rich", "secrets", "select", "shutil",
    "socket", "sqlalchemy", "sqlite3", "subprocess", "tempfile", "threading", "time", "uuid",
})
# fmt: on
EXACT_MATH = frozenset({"ceil", "comb", "floor", "gcd", "isqrt", "lcm", "prod"})
ORDER_FREE = frozenset({"all", "any", "frozenset", "len", "max", "min", "set", "sorted", "sum"})
ORDER_KEEPING = frozenset({"enumerate", "filter", "iter", "list", "map", "next", "tuple", "zip"})
SET_OPERATORS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub)
SET_METHODS = frozenset({"difference", "intersection", "symmetric_difference", "union"})
EXACT = "# exact: Fraction"

Finding = tuple[int, str]


def impurities(source: str) -> list[Finding]:
    tree = ast.parse(source)
    lines = source.splitlines()
    found = [*floats(tree), *divisions(tree, lines), *outside_world(tree), *set_orders(tree)]
    return sorted(set(found))


def floats(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex()):
                yield node.lineno, f"float literal {node.value}"
            case ast.Name(id="float"):
                yield node.lineno, "the name float"
            case ast.Attribute(value=ast.Name(id="math"), attr=name) if name not in EXACT_MATH:
                yield node.lineno, f"math.{name} gives a float"
            case ast.ImportFrom(module="math"):
                for alias in node.names:
                    if alias.name not in EXACT_MATH:
                        yield node.lineno, f"math.{alias.name} gives a float"


def divisions(tree: ast.AST, lines: list[str]) -> Iterator[Finding]:
    for node in ast.walk(tree):
        match node:
            case ast.BinOp(op=ast.Div()):
                exact = is_exact(node)
            case ast.AugAssign(op=ast.Div()):
                exact = is_exact(node.value)
            case _:
                continue
        text = lines[node.lineno - 1 : node.end_lineno]
        if not exact and not any(EXACT in line for line in text):
            yield node.lineno, f"`/` without a Fraction(...) beside it or `{EXACT}`"


def is_exact(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="Fraction")):
            return True
        case ast.BinOp(left=left, right=right):
            return is_exact(left) or is_exact(right)
        case ast.UnaryOp(operand=operand):
            return is_exact(operand)
        case _:
            return False


def outside_world(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                names = [alias.name for alias in node.names]
            case ast.ImportFrom(module=str(module)):
                names = [module]
            case ast.Call(func=ast.Name(id=("__import__" | "input" | "open" | "print") as name)):
                yield node.lineno, f"call of {name}"
                continue
            case _:
                continue
        for name in names:
            if name.split(".")[0] in OUTSIDE_WORLD:
                yield node.lineno, f"import of {name}"


def set_orders(tree: ast.AST) -> Iterator[Finding]:
    without_order = order_free_comprehensions(tree)
    for node in ast.walk(tree):
        match node:
            case ast.For():
                walked = [node.iter]
            case ast.ListComp() | ast.GeneratorExp() | ast.DictComp() if node not in without_order:
                walked = [part.iter for part in node.generators]
            case ast.Starred():
                walked = [node.value]
            case ast.YieldFrom():
                walked = [node.value]
            case ast.Call(func=ast.Name(id=name)) if name in ORDER_KEEPING:
                walked = node.args
            case ast.Call(func=ast.Attribute(attr="join")):
                walked = node.args
            case _:
                continue
        for part in walked:
            if is_set(part):
                yield part.lineno, "iteration over a set; sort it first"


def order_free_comprehensions(tree: ast.AST) -> set[ast.AST]:
    return {
        argument
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ORDER_FREE
        for argument in node.args
    }


def is_set(node: ast.expr) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in SET_METHODS:
            return is_set(value) or is_keys(value)
        case ast.BinOp(left=left, right=right, op=operator) if isinstance(operator, SET_OPERATORS):
            return any(is_set(part) or is_keys(part) for part in (left, right))
        case _:
            return False


def is_keys(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "keys"
    )
