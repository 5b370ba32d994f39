"""`Subscriptable`: a model with dict-style access, for code that was written for plain JSON objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import attrs


class Subscriptable:
    """A model with dict-style access: ``login["access_token"]``, ``login.get("refresh_token", old)``.

    Attributes:
        other_names: additional names of fields, with the field that each stands for.
    """

    __slots__ = ()
    other_names: ClassVar[Mapping[str, str]] = {}

    # Otherwise Python would iterate over the indexes 0, 1, 2, as for any class with __getitem__.
    __iter__: ClassVar[None] = None

    def __getitem__(self, name: str) -> Any:
        """Return the value of a field.

        Raises:
            KeyError: the model has no such field.
        """
        field = self.other_names.get(name, name)
        if all(known.name != field for known in attrs.fields(cast("type[attrs.AttrsInstance]", type(self)))):
            raise KeyError(name)
        return getattr(self, field)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of a field, or the default if the field does not exist or is None."""
        try:
            value = self[name]
        except KeyError:
            return default
        return default if value is None else value
