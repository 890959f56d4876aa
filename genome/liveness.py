"""Which units of a program its roots can reach, by names alone.

Two mistakes of a published system are caught here (the released code of LLM Guided Evolution, 2024): a crossover whose
code lands in the preceding segment, where the unchanged original that follows shadows it; a gene that nothing builds.
Where names cannot tell (globals(), a computed getattr), a unit counts as live: what the model does decides then.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from genome.units import Link, Unit

# Methods that torch and the training loop call, besides those with two underscores.
_CALLED_BY_TORCH = frozenset(
    (
        *(
            "forward",
            "backward",
            "setup_context",
            "jvp",
            "vjp",
            "right_inverse",
            "train",
            "eval",
            "extra_repr",
            "_apply",
        ),
        *("parameters", "named_parameters", "state_dict", "load_state_dict", "reset_parameters"),
        *("step", "zero_grad", "add_param_group", "get_lr"),
    )
)


@dataclass(frozen=True)
class _Demand:
    """`name` of `file` is used, perhaps only its `attribute`; by its statement at place `before`, if given."""

    file: str
    name: str
    attribute: str | None = None
    before: int | None = None


class Program:
    """The units of a program and, after `reach`, those that are live."""

    def __init__(self, units: Mapping[str, Sequence[Unit]], entry: str) -> None:
        """The units of each file, which are this program's own; and the file that the harness imports."""
        self.entry = entry
        self.units = units
        self.live: set[Unit] = set()
        self._modules = {_module(file): file for file in units}
        self._places = {unit: at for found in self.units.values() for at, unit in enumerate(found)}
        # Bindings under a condition stand in statements that run at import: live with the file, they shadow nothing.
        self._certain: dict[str, dict[str, list[Unit]]] = {file: {} for file in units}
        self._stars: dict[str, list[str]] = {file: [] for file in units}  # files of the program imported with `*`
        for file, found in self.units.items():
            for unit in found:
                if unit.link is not None and unit.link.name == "*" and unit.link.module in self._modules:
                    self._stars[file].append(self._modules[unit.link.module])
                for name in unit.binds if unit.certain else ():
                    self._certain[file].setdefault(name, []).append(unit)
        self._loaded: set[str] = set()
        self._attributes: set[str] = set()  # every attribute that live code reads
        self._waiting: dict[str, list[Unit]] = {}  # members of live classes that nothing has asked for yet
        self._all_attributes = False

    def binds(self, name: str) -> bool:
        """Whether the entry file gives `name` a meaning at its top level."""
        seen: set[str] = set()
        todo = [self.entry]
        while todo:
            file = todo.pop()
            if file not in seen:
                seen.add(file)
                if any(name in unit.binds for unit in self.units[file]):
                    return True
                todo += self._stars[file]
        return False

    def binding(self, file: str, name: str) -> list[Unit]:
        """The units of one file that bind `name` for certain."""
        return self._certain[file].get(name, [])

    def reach(self, roots: Iterable[str]) -> None:
        """Mark everything live that the root functions, or the import of the program, can come to use."""
        roots = list(roots)
        self._attributes |= _CALLED_BY_TORCH.union(roots)
        todo: list[Unit | _Demand] = [*self._load(self.entry), *(_Demand(self.entry, name) for name in roots)]
        asked: set[_Demand] = set()
        while todo:
            item = todo.pop()
            if isinstance(item, Unit):
                if item not in self.live:
                    self.live.add(item)
                    todo += self._needs(item)
            elif item not in asked:
                asked.add(item)
                todo += self._meant(item)

    def _needs(self, unit: Unit) -> Iterator[Unit | _Demand]:
        """What a unit that has become live makes live."""
        if unit.reads_all:
            yield from (other for found in self.units.values() for other in found)
        for name in unit.attributes - self._attributes:
            self._attributes.add(name)
            yield from self._waiting.pop(name, ())
        if unit.reads_attributes:
            self._all_attributes = True
            yield from (member for members in self._waiting.values() for member in members)
            self._waiting.clear()
        members = {member.binds[0]: member for member in unit.members}  # of two with one name the last stands
        for name, member in members.items():
            if self._all_attributes or name in self._attributes or (name.startswith("__") and name.endswith("__")):
                yield member
            else:
                self._waiting.setdefault(name, []).append(member)
        if unit.owner is not None:  # a decorator like `@width.setter` reads the member above it
            names = set(unit.decorators)
            above = unit.owner.members[: unit.owner.members.index(unit)] if names else []
            members = {member.binds[0]: member for member in above if member.binds[0] in names}
        for reference in unit.references:
            if not reference.deferred and reference.name in members:
                yield members[reference.name]
            before = None if reference.deferred else self._places.get(unit)
            yield _Demand(unit.file, reference.name, reference.attribute, before)
        for link in unit.links:
            yield from self._follow(link, None)

    def _meant(self, demand: _Demand) -> Iterator[Unit | _Demand]:
        """The unit that a name means: the last that binds it; for a statement that runs, the last above it."""
        bound = self._certain[demand.file].get(demand.name, [])
        if demand.before is not None:
            bound = bound[: bisect_left(bound, demand.before, key=self._places.__getitem__)] or bound
        for unit in bound[-1:]:
            yield unit
            if unit.link is not None:
                yield from self._follow(unit.link, demand.attribute)
        for source in self._stars[demand.file]:
            yield _Demand(source, demand.name, demand.attribute)

    def _follow(self, link: Link, attribute: str | None) -> Iterator[Unit | _Demand]:
        """What an import takes from the program's own files."""
        inner = self._modules.get(f"{link.module}.{link.name}")  # `from package import module`
        source = self._modules.get(link.module)
        if link.name not in (None, "*") and inner is None and source is not None:
            yield from self._load(source)
            yield _Demand(source, str(link.name), attribute)
            return
        if link.name is None or link.name == "*":
            inside = f"{link.module}."
            files = [file for module, file in self._modules.items() if f"{module}.".startswith(inside)]
        else:
            files = [inner] if inner is not None else []
        for file in files:
            yield from self._load(file)
            if attribute is not None and attribute in self._certain[file]:
                yield _Demand(file, attribute)
            else:  # the module is handed on whole
                yield from self.units[file]

    def _load(self, entry: str) -> Iterator[Unit]:
        """What runs when a file is imported: its statements, its own decorators, and the files that its top imports."""
        todo = [entry]
        while todo:
            file = todo.pop()
            if file in self._loaded:
                continue
            self._loaded.add(file)
            for unit in self.units[file]:
                if unit.runs or any(self._is_own(file, name) for name in unit.decorators):
                    yield unit
                if unit.link is not None:
                    inner = f"{unit.link.module}.{unit.link.name}"
                    todo += [self._modules[module] for module in (unit.link.module, inner) if module in self._modules]

    def _is_own(self, file: str, name: str) -> bool:
        """Whether a decorator is the program's own: it may register what it decorates."""
        return any(
            unit.link is None or unit.link.module.split(".")[0] in {module.split(".")[0] for module in self._modules}
            for unit in self._certain[file].get(name, [])
        )


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
