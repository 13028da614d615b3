"""Four numbers at a time in compiled code: loaded, computed and stored as one.

The compiler finds such groups by itself only in long loops over whole arrays; in a walk over a
tree each step has four numbers and no loop. Rows of an array of shape (n, 4) are read into a
value of type `LANES`, on which plus, minus and times work. Rounding is that of four single numbers:
nothing is fused or put in another order.

>>> import numba, numpy as np
>>> @numba.njit
... def doubled(rows):
...     store(rows, 1, plus(load(rows, 0), times(load(rows, 0), spread(1.0))))
>>> rows = np.array([[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, 0.0]])
>>> doubled(rows)
>>> rows[1]
array([2., 4., 6., 8.])
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic, models, register_model

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH: Final = 4
"""Doubles in one register of most processors of today (256 bits)."""
_VECTOR: Final[Any] = ir.VectorType(ir.DoubleType(), WIDTH)
_POSITION: Final[Any] = ir.IntType(32)


class LanesType(types.Type):
    """Type of `WIDTH` doubles side by side."""

    def __init__(self) -> None:
        super().__init__(name=f"Lanes({WIDTH})")


LANES: Final[Any] = LanesType()


@register_model(LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: LanesType) -> None:
        super().__init__(manager, kind, _VECTOR)  # type: ignore[no-untyped-call]


def _intrinsic(generate: Callable[..., Any]) -> Any:
    """Numba's `intrinsic`, which type checkers take for a function of Python."""
    return intrinsic(generate)


def _is_table(array: Any) -> bool:
    return (isinstance(array, types.Array) and array.ndim == 2 and array.layout == "C"
            and array.dtype == types.float64)


def _place(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    """Address of a row of a table, whose bounds are the caller's to keep."""
    table = context.make_array(signature.args[0])(context, builder, args[0])
    row = context.cast(builder, args[1], signature.args[1], types.uint64)
    first = builder.gep(table.data, [builder.mul(row, ir.Constant(row.type, WIDTH))])
    return builder.bitcast(first, _VECTOR.as_pointer())


@_intrinsic
def load(typing: Any, array: Any, row: Any) -> Any:
    """Read a row of a float64 array of shape (n, 4); the row is not checked."""
    if not (_is_table(array) and isinstance(row, types.Integer)):
        return None

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_place(context, builder, signature, args), align=8)

    return LANES(array, row), generate


@_intrinsic
def store(typing: Any, array: Any, row: Any, lanes: Any) -> Any:
    """Write a row of a float64 array of shape (n, 4); the row is not checked."""
    if not (_is_table(array) and isinstance(row, types.Integer)):
        return None

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _place(context, builder, signature, args), align=8)
        return context.get_dummy_value()

    return types.void(array, row, LANES), generate


@_intrinsic
def spread(typing: Any, number: Any) -> Any:
    """One number in all lanes."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        nothing = ir.Constant(_VECTOR, ir.Undefined)
        first = builder.insert_element(nothing, args[0], ir.Constant(_POSITION, 0))
        to_all = ir.Constant(ir.VectorType(_POSITION, WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(first, nothing, to_all)

    return LANES(types.float64), generate


def _of_two(instruction: str, meaning: str) -> Any:
    def operation(typing: Any, one: Any, other: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, instruction)(*args)

        return LANES(LANES, LANES), generate

    operation.__doc__ = meaning
    return _intrinsic(operation)


plus = _of_two("fadd", "Sum of two, lane by lane.")
minus = _of_two("fsub", "Difference of two, lane by lane.")
times = _of_two("fmul", "Product of two, lane by lane.")
