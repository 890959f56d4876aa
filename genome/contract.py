"""What a child must be before it may cost a sandbox: whole, changed, within its contract, and its change in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from genome.compare import changed_segments
from genome.errors import GenomeError
from genome.liveness import Program
from genome.markers import outside, ranges, segments, validate_markers
from genome.source import Source, fingerprint, read_all
from genome.units import Unit

ENTRY = "program.py"
MAX_CHARS = 100_000  # of all files together: more text for one network is a mistake, and every check would pay for it


def check(
    child: Mapping[str, str], parent: Mapping[str, str], roots: Collection[str], imports: Collection[str]
) -> None:
    """Nothing, when `child` may go on to the sandbox; else GenomeError with its first kind of fault.

    `roots` are the names that the entry file must define and from which a change must be reachable; `imports` are the
    top-level modules that a program may import, besides its own files. In this order: `syntax`; `unchanged` (the
    fingerprint is the parent's); `contract`: text outside the segments differs, a root is missing, an import or a name
    is not allowed, a segment swallows the text after it, its changed definitions are dead code, or they give another
    meaning to a name of the text around it.
    """
    if sum(map(len, child.values())) > MAX_CHARS:
        raise GenomeError("contract", f"the program has more than {MAX_CHARS} characters; write a smaller one")
    sources = read_all(child)
    if fingerprint(child) == fingerprint(parent):
        raise GenomeError(
            "unchanged",
            "same program as the parent; comments, formatting, docstrings and import order do not count",
        )
    _same_outside(child, parent)
    program, faults = _read(sources, roots, imports)
    if not faults:
        added = _added(child, parent, program)
        program.reach(roots)
        faults = _dead(added, program, roots) or _clashing(added, child, program)
    if faults:
        raise GenomeError("contract", "\n".join(dict.fromkeys(faults)))


def check_seed(files: Mapping[str, str], roots: Collection[str], imports: Collection[str]) -> None:
    """Nothing, when a task's own program can be evolved; else GenomeError (syntax or contract) with its faults.

    Besides what `check` asks of a child: its marking is sound, and in every segment something is in use, for no change of a
    dead segment could ever matter (of the nine genes of LLM Guided Evolution's seed one was dead).
    """
    validate_markers(files)
    program, faults = _read(read_all(files), roots, imports)
    if not faults:
        program.reach(roots)
        inside = {name: _units_in(program, files, name) for name in segments(files)}
        dead = [name for name, units in inside.items() if units and program.live.isdisjoint(units)]
        faults = [
            f"segment '{name}' holds nothing that {' and '.join(roots)} can reach: no change of it could matter"
            for name in dead
        ]
    if faults:
        raise GenomeError("contract", "\n".join(dict.fromkeys(faults)))


def _read(sources: Mapping[str, Source], roots: Collection[str], imports: Collection[str]) -> tuple[Program, list[str]]:
    """The program, and what of its contract can be seen without knowing what is live."""
    entry = ENTRY if ENTRY in sources else next(iter(sources), ENTRY)
    if entry not in sources:
        raise GenomeError("contract", f"the program has no {ENTRY}")
    program = _program(sources, entry)
    missing = [name for name in roots if not program.binds(name)]
    faults = [f"{entry} must define `{name}` at its top level" for name in missing]
    for source in sources.values():
        faults += source.straddling()
        faults += source.forbidden(imports, {_top(module) for module in sources})
    return program, faults


def _program(sources: Mapping[str, Source], entry: str) -> Program:
    return Program({file: source.units() for file, source in sources.items()}, entry)


def _top(file: str) -> str:
    return file.removesuffix(".py").split("/")[0]


def _same_outside(child: Mapping[str, str], parent: Mapping[str, str]) -> None:
    if set(child) != set(parent):
        raise GenomeError("contract", f"the files are {', '.join(sorted(child))}; expected {', '.join(sorted(parent))}")
    before, after = outside(parent), outside(child)
    changed = [file for file in before if before[file] != after[file]]
    if changed:
        raise GenomeError("contract", f"{', '.join(changed)}: text outside the segments, or a marker line, was changed")


def _added(child: Mapping[str, str], parent: Mapping[str, str], program: Program) -> dict[str, list[Unit]]:
    """Changed segment -> the units that are new in it, or other than in the parent's."""
    old = _program(read_all(parent), program.entry)
    added: dict[str, list[Unit]] = {}
    for name in changed_segments(parent, child):
        known = Counter((unit.name, unit.code) for unit in _units_in(old, parent, name))
        for unit in _units_in(program, child, name):
            if known[unit.name, unit.code] > 0:
                known[unit.name, unit.code] -= 1
            else:
                added.setdefault(name, []).append(unit)
    return added


def _dead(added: Mapping[str, list[Unit]], program: Program, roots: Collection[str]) -> list[str]:
    """Segments of which no new definition is live. A new import alone gives no life to what stands beside it."""
    faults = []
    for segment, units in added.items():
        definitions = [unit for unit in units if unit.link is None]
        if definitions and not any(unit in program.live for unit in definitions):
            dead = ", ".join(dict.fromkeys(_shown(unit, program) for unit in definitions))
            faults.append(
                f"segment '{segment}' changes only code that {' and '.join(roots)} cannot reach: {dead}. "
                "Use the new definitions, or change those that are in use"
            )
    return faults


def _clashing(added: Mapping[str, list[Unit]], child: Mapping[str, str], program: Program) -> list[str]:
    """New definitions that would change what a name means outside their segment. Segments may share a helper that is equal."""
    faults = []
    places = {file: ranges(text) for file, text in child.items()}
    for segment, units in added.items():
        meant = {(unit.file, name): unit for unit in (u.owner or u for u in units) for name in unit.binds}
        for (file, name), unit in meant.items():
            first, last = places[file][segment]
            for other in program.binding(file, name):
                if first <= other.first <= last or (unit.link and other.link):
                    continue
                home = next((f"segment '{n}'" for n, (a, b) in places[file].items() if a <= other.first <= b), "")
                if not home or _whole(other) != _whole(unit):
                    where = f"line {other.first} of {file} ({home or 'outside the segments'})"
                    faults.append(
                        f"segment '{segment}' defines `{name}`, which is defined at {where}; take another name"
                    )
    return faults


def _whole(unit: Unit) -> tuple[str, ...]:
    return (unit.code, *(member.code for member in unit.members))


def _units_in(program: Program, files: Mapping[str, str], segment: str) -> list[Unit]:
    found = []
    for file, known in program.units.items():
        first, last = ranges(files[file]).get(segment, (1, 0))
        for unit in known:
            found += [u for u in [unit, *unit.members] if u.first <= last and u.last >= first]
    return found


def _shown(unit: Unit, program: Program) -> str:
    """How a dead unit is named: with its class where that is dead too, and with what shadows it."""
    top = unit.owner if unit.owner is not None and unit.owner not in program.live else unit
    same = top.owner.members if top.owner is not None else program.units[top.file]
    later = [other for other in same if other.first > top.last and other.name == top.name and other.certain]
    return f"`{top.name}`" + (f" (line {later[-1].first} of {top.file} defines that name again)" if later else "")
