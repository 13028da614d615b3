"""How the kernel's functions are compiled.

They make no array, so numba's reference counts, half of the time otherwise, are left out; and all
but the rare ones are inlined: an array passed costs nine words a call, which was a third of the
time. Only `features.engine.kernel.loop` and what Python calls itself are kept on disk.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit
from numba.core import cgutils, types
from numba.extending import intrinsic
from numba.np import arrayobj

from features.compiling import compiled
from features.engine.plan import Plan

_BARE: Final[dict[str, Any]] = {"_nrt": False, "error_model": "numpy"}
inner: Final = njit(forceinline=True, **_BARE)
rare: Final = njit(**_BARE)
outer: Final = compiled(nogil=True, **_BARE)
_WORD: Final = ir.IntType(64)
_FLAG: Final = ir.IntType(32)


def _prefetch(typing: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of an element, flat index, that will be needed soon."""

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        values = context.make_array(signature.args[0])(context, builder, given[0])
        pointer = builder.gep(values.data, [given[1]])
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, _FLAG, _FLAG, _FLAG])
        get: Any = cgutils.get_or_insert_function
        call = get(builder.module, kind, "llvm.prefetch.p0")
        builder.call(call, [pointer, _FLAG(0), _FLAG(3), _FLAG(1)])
        return context.get_dummy_value()

    return types.void(array, types.int64), build


def _tables_in(typing: Any, packed: Any) -> Any:
    """Tables of a packed plan, in the order of `features.engine.plan.Plan`."""
    table = types.Array(types.int64, 2, "C")
    count = len(Plan._fields)
    tuple_of: Any = types.UniTuple
    made = tuple_of(table, count)
    populate: Any = arrayobj.populate_array

    def build(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, given[0]).data
        views = []
        for first in range(0, 3 * count, 3):
            start, rows, width = (
                builder.load(builder.gep(data, [_WORD(first + i)])) for i in range(3))
            view = context.make_array(table)(context, builder)
            populate(
                view, data=builder.gep(data, [start]), shape=[rows, width],
                strides=[builder.mul(width, _WORD(8)), _WORD(8)], itemsize=_WORD(8), meminfo=None)
            views.append(view._getvalue())
        return context.make_tuple(builder, made, views)

    return made(packed), build


prefetch: Final[Any] = intrinsic(_prefetch)
tables_in: Final[Any] = intrinsic(_tables_in)
