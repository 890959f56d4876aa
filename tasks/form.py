"""The form of task.toml: every key, what it does, what is refused."""

from __future__ import annotations

import json
import math
from pathlib import PurePosixPath
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

MEASURED = ("params", "flops", "latency_ms")  # objectives measured besides the metric, none by the candidate
_HOST = ("harness.py", "data.py", "evaluate.py")  # code of the task's author


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ObjectiveForm(_Form):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Name in listings, tables and prompts, e.g. val_error."""
    unit: str = ""
    """Shown behind the number; empty for a count."""
    goal: Literal["min", "max"] = "min"
    reference: float = Field(allow_inf_nan=False)
    """Worst value worth a place on the front: the corner from which the hypervolume is measured."""


class FidelityForm(_Form):
    settings: dict[str, Any]
    """Handed to the harness as they stand: steps, batch, every; `seed` and `device` are added by whoever trains."""
    timeout_s: float = Field(gt=0, allow_inf_nan=False)
    """Most processor seconds of one training, all its threads added up; time asleep counts too, a busy machine's does not."""
    memory_mb: int = Field(2048, gt=0)
    """Most memory of one training."""

    @field_validator("settings")
    @classmethod
    def _steps(cls, value: dict[str, Any]) -> dict[str, Any]:
        steps = value.get("steps")
        if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
            raise ValueError(f"expected a whole number of steps of at least 1, got {steps!r}")
        if reserved := {"seed", "device", "weights"} & set(value):
            raise ValueError(f"{', '.join(sorted(reserved))} is set by whoever trains; leave it out")
        for name, one in value.items():
            try:
                json.dumps(one, allow_nan=False)
            except (TypeError, ValueError) as e:
                raise ValueError(f"{name}: expected numbers, texts, switches and lists of them, got {one}") from e
        return value


class _Told(_Form):
    """What every task says, whatever its shape."""

    title: str = Field(min_length=1)
    """One line for listings."""
    description: str = Field(min_length=1)
    """What a model is told about the task: inputs, outputs, sizes, what is fixed, what is known to matter."""
    contract: str = Field(min_length=1)
    """One sentence: which names a program defines and what they return."""
    program: tuple[str, ...] = ("program.py",)
    """Files of the seed program; program.py is the entry."""
    roots: tuple[str, ...] = Field(min_length=1)
    """Names of program.py that the harness uses; what cannot be reached from them is dead code."""
    objective: tuple[ObjectiveForm, ...] = Field(min_length=1)
    noise: dict[str, float] = {}
    """Objective to the change between two programs that may be chance; 0, or left out, means exact."""
    data: dict[str, Any] = {}
    """Handed to make(options) of data.py, or to prepare(options) of evaluate.py."""

    @field_validator("program")
    @classmethod
    def _files(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if "program.py" not in value:
            raise ValueError(f"expected program.py, the entry, among the files; got {', '.join(value) or 'none'}")
        for name in value:
            path = PurePosixPath(name)
            inside = not path.is_absolute() and ".." not in path.parts
            if not inside or path.suffix != ".py" or str(path) in _HOST:
                raise ValueError(f"expected .py files in the task's folder, not {', '.join(_HOST)}; got {name!r}")
        return value

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [o.name for o in self.objective]
        if len(set(names)) != len(names):
            raise ValueError(f"objective: each name once, got {', '.join(names)}")
        for name, size in self.noise.items():
            if name not in names or not 0 <= size < math.inf:
                known = ", ".join(names)
                raise ValueError(f"noise: expected a size of at least 0 for one of {known}; got {name} = {size}")
        return self


class TableForm(_Told):
    """A task whose outcome its evaluate.py looks up or computes: any objectives, of any names."""

    imports: tuple[str, ...] = ()
    """Top-level modules that a program may import; none where it holds values alone."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (first := self.objective[0]).goal != "min":
            cure = "return what is missing to the best instead, as 100 - accuracy"
            raise ValueError(f"objective: the first has the goal 'min'; {first.name!r} has {first.goal!r}: {cure}")
        return self


class TaskForm(_Told):
    """A task whose programs are trained in a sandbox."""

    imports: tuple[str, ...] = Field(min_length=1)
    """Top-level modules that a program may import."""
    metric: Literal["error_percent", "mse"]
    """How validation predictions become the first objective."""
    default_fidelity: str
    fidelity: dict[str, FidelityForm] = Field(min_length=1)
    allow_unproven: bool = False
    """Whether a program whose forward pass cannot be followed may become an elite; every listing says so of it."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = [o.name for o in self.objective]
        if self.objective[0].name in MEASURED or self.objective[0].goal != "min":
            got = f"{names[0]!r} with goal {self.objective[0].goal!r}"
            raise ValueError(f"objective: the first is the {self.metric} on validation, with goal 'min'; got {got}")
        for other in self.objective[1:]:
            if other.name not in MEASURED:
                known = ", ".join(MEASURED)
                raise ValueError(f"objective: after the first, expected one of {known}; got {other.name!r}")
        if self.default_fidelity not in self.fidelity:
            known = ", ".join(self.fidelity)
            raise ValueError(f"default_fidelity: expected one of {known}; got {self.default_fidelity!r}")
        return self


def keys_at(place: tuple[int | str, ...], whole: type[BaseModel] = TaskForm) -> list[str]:
    """Valid keys of the table at this place of task.toml, whose form is `whole`."""
    form = whole
    if place and place[0] == "objective":
        form = ObjectiveForm
    elif place and place[0] == "fidelity":
        form = FidelityForm
    return list(form.model_fields)
