"""`Subscriptable`: a model that is also read in brackets, by code that was written for the JSON object that it was."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

import attrs


class Subscriptable:
    """The fields of a model in brackets too: ``login["access_token"]``, ``login.get("refresh_token", old)``.

    ``other_names`` says by which names a field may be asked for beside its own.
    """

    __slots__ = ()
    other_names: ClassVar[Mapping[str, str]] = {}

    # Else Python would walk through it by 0, 1, 2, as it does through whatever takes brackets.
    __iter__: ClassVar[None] = None

    def __getitem__(self, name: str) -> Any:
        """
        Raises:
            KeyError: there is no such field.
        """
        field = self.other_names.get(name, name)
        if all(known.name != field for known in attrs.fields(cast("type[attrs.AttrsInstance]", type(self)))):
            raise KeyError(name)
        return getattr(self, field)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """The field of this name, or the default where there is none, or it is None: servers leave such out."""
        try:
            value = self[name]
        except KeyError:
            return default
        return default if value is None else value
