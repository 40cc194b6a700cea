"""Which table is filled before which?"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from migtestkit.rows.synthetic.shapes import Key, Reference, Shape

__unittest = True


def can_wait(shape: Shape, reference: Reference) -> bool:
    """Say whether a row can do without a reference for a while."""
    columns = shape.table.columns
    return any(
        columns[name].nullable
        and name not in shape.primary_key
        for name in reference.columns
        if name in columns
    )


def needed_by(shape: Shape) -> set[Key]:
    """Return the tables that need a row before this one can have any."""
    return {
        one.target
        for one in shape.references
        if one.target != shape.key and not can_wait(shape, one)
    }


def in_order(
    keys: Collection[Key], shapes: Mapping[Key, Shape]
) -> list[Key]:
    """Return tables so that each comes after those it refers to, as far as
    that can be: in a circle the references that can wait do."""
    left = sorted(keys, key=lambda key: (key[0] or "", key[1]))
    found: list[Key] = []
    while left:
        chosen = _next(left, shapes)
        found.append(chosen)
        left.remove(chosen)
    return found


def _next(left: list[Key], shapes: Mapping[Key, Shape]) -> Key:
    waiting = set(left)
    all_of = {
        key: {one.target for one in shapes[key].references} - {key}
        for key in left
    }
    for key in left:
        if not all_of[key] & waiting:
            return key
    for key in left:
        if not needed_by(shapes[key]) & waiting:
            return key
    return left[0]


def with_needed(
    keys: Collection[Key],
    shapes: Mapping[Key, Shape],
    has_rows: Callable[[Key], bool],
) -> set[Key]:
    """Return tables and those that need a row before them."""
    found: set[Key] = set()
    new = set(keys)
    while new:
        found |= new
        new = {
            other
            for key in new
            if key in shapes
            for other in needed_by(shapes[key])
            if other in shapes and other not in found and not has_rows(other)
        }
    return found
