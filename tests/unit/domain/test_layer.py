"""Does a layer behave like a copy of its base, and leave the base alone?"""

from hypothesis import given
from hypothesis import strategies as st

from domain.layer import Layer

keys = st.integers(0, 5)
changes = st.lists(st.tuples(keys, st.none() | st.integers()), max_size=20)


@given(st.dictionaries(keys, st.integers()), changes, changes)
def test_a_layer_is_a_copy_that_was_never_made(
    base: dict[int, int],
    first: list[tuple[int, int | None]],
    second: list[tuple[int, int | None]],
) -> None:
    before, copy = dict(base), dict(base)
    lower: Layer[int, int] = Layer(base)
    upper: Layer[int, int] = Layer(lower)

    for layer, steps in ((lower, first), (upper, second)):
        for key, value in steps:
            if value is not None:
                layer[key] = copy[key] = value
            elif key in copy:
                del layer[key], copy[key]
            else:
                assert key not in layer

    assert dict(upper.items()) == copy
    assert len(upper) == len(copy)
    assert sorted(upper) == sorted(copy)
    assert all((key in upper) == (key in copy) for key in range(6))
    assert all(upper.get(key, -9) == copy.get(key, -9) for key in range(6))
    assert base == before
