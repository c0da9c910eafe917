"""Which wrong programs are one small change away from this one?

Every operator is applied at every place of every function: comparisons moved by one or negated,
arithmetic, boolean and bit operators exchanged, whole numbers ±1, `not` removed, min and max
exchanged, conditions negated, slices and signs dropped, returned values replaced, statements
dropped. Texts, annotations and docstrings are left alone: what a message says is no rule.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Div: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitAnd,
}
EXCHANGED = {"min": "max", "max": "min", "any": "all", "all": "any"}


Path = tuple[tuple[str, int | None], ...]
"""Field and index of each step from the module down to a node."""


@dataclass(frozen=True)
class Mutant:
    """One changed program: where, what was done, and how to do it again."""

    line: int
    what: str
    path: Path
    number: int
    """Which of the changes that are possible at this place."""


def mutants_of(source: str) -> list[Mutant]:
    """All mutants in the order of the source; the same source gives the same list."""
    return [
        Mutant(_line(node), what, path, number)
        for path, node in _places(ast.parse(source))
        for number, (what, _) in enumerate(_changed(node, path))
    ]


def program(source: str, mutant: Mutant) -> ast.Module:
    """The changed program, with the line numbers of the source."""
    tree = ast.parse(source)
    here: ast.AST = tree
    for field, at in mutant.path[:-1]:
        child = getattr(here, field)
        here = child if at is None else child[at]
    field, at = mutant.path[-1]
    original = getattr(here, field) if at is None else getattr(here, field)[at]
    _, replacement = list(_changed(original, mutant.path))[mutant.number]
    for part in ast.walk(replacement):
        if "lineno" in part._attributes and not hasattr(part, "lineno"):
            ast.copy_location(part, original)
    if at is None:
        setattr(here, field, replacement)
    else:
        getattr(here, field)[at] = replacement
    return ast.fix_missing_locations(tree)


_SKIPPED = ("annotation", "returns", "decorator_list", "type_params", "type_comment")


def _places(node: ast.AST, path: Path = ()) -> Iterator[tuple[Path, ast.AST]]:
    yield path, node
    if isinstance(node, ast.AnnAssign) and node.value is None:
        return
    for field, value in ast.iter_fields(node):
        if field in _SKIPPED:
            continue
        if isinstance(value, list):
            for at, child in enumerate(value):
                if isinstance(child, ast.AST) and not _is_docstring(child):
                    yield from _places(child, (*path, (field, at)))
        elif isinstance(value, ast.AST):
            yield from _places(value, (*path, (field, None)))


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _changed(node: ast.AST, path: Path) -> Iterator[tuple[str, ast.AST]]:
    """What can be put in the place of a node, and what to call it."""
    if isinstance(node, ast.Compare):
        for at, op in enumerate(node.ops):
            for other in COMPARISONS[type(op)]:
                changed = copy.deepcopy(node)
                changed.ops[at] = other()
                yield f"{_text(node)} → {_text(changed)}", changed
    elif isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in OPERATORS:
        if isinstance(node, ast.BinOp) and _is_text(node.left):
            return
        changed_op = copy.deepcopy(node)
        changed_op.op = OPERATORS[type(node.op)]()
        yield f"{_text(node)} → {_text(changed_op)}", changed_op
    elif isinstance(node, ast.BoolOp):
        changed_bool = copy.deepcopy(node)
        changed_bool.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{_text(node)} → {_text(changed_bool)}", changed_bool
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        yield f"{_text(node)} → {_text(node.operand)}", node.operand
    elif isinstance(node, ast.Constant):
        yield from _other_constants(node)
    elif isinstance(node, ast.Name) and node.id in EXCHANGED and path[-1][0] == "func":
        yield f"{node.id} → {EXCHANGED[node.id]}", ast.Name(EXCHANGED[node.id], ast.Load())
    elif isinstance(node, ast.IfExp | ast.If | ast.While):
        if not isinstance(node.test, ast.Compare | ast.UnaryOp):
            changed_test = copy.deepcopy(node)
            changed_test.test = ast.UnaryOp(ast.Not(), copy.deepcopy(node.test))
            yield f"condition {_text(node.test)} negated", changed_test
    elif isinstance(node, ast.comprehension):
        for at, test in enumerate(node.ifs):
            kept = copy.deepcopy(node)
            del kept.ifs[at]
            yield f"filter {_text(test)} dropped", kept
    elif isinstance(node, ast.Return):
        yield from _other_results(node)
    if path and path[-1][0] in ("body", "orelse", "finalbody"):
        yield from _dropped(node)


def _is_text(node: ast.AST) -> bool:
    is_constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return is_constant or isinstance(node, ast.JoinedStr)


def _other_constants(node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node.value, bool):
        yield f"{node.value} → {not node.value}", ast.Constant(not node.value)
    elif isinstance(node.value, int):
        for value in (node.value + 1, node.value - 1):
            yield f"{node.value} → {value}", ast.Constant(value)


def _other_results(node: ast.Return) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if value is None or (isinstance(value, ast.Constant) and not isinstance(value.value, bytes)):
        return
    if isinstance(value, ast.Compare | ast.BoolOp):
        negated = ast.UnaryOp(ast.Not(), copy.deepcopy(value))
        yield f"return {_text(value)} negated", ast.Return(negated)
    else:
        yield f"return {_text(value)} → None", ast.Return(ast.Constant(None))


def _dropped(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    droppable = ast.Expr | ast.Assign | ast.AugAssign | ast.Raise | ast.Continue | ast.Break
    if isinstance(node, ast.Delete | droppable):
        yield f"dropped: {_text(node)}", ast.Pass()


def _text(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 70 else text[:67] + "..."


def _line(node: ast.AST) -> int:
    here = node.target if isinstance(node, ast.comprehension) else node
    return getattr(here, "lineno", 0)
