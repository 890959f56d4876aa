"""The settings of a run: one tree. Where they come from is in `graph.resolve`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import tomli_w
from pydantic import Field, field_validator, model_validator

from agents.endpoint import address_fault
from agents.settings import Memory, ModelChoice, Racing, Sampling, Section
from memory.goal import conditions
from memory.records import Scope

BOUNDS = frozenset({"budget.evaluations", "budget.hours", "budget.tokens", "budget.usd"})  # each of which ends a run
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class ConfigError(Exception):
    """A setting is unknown or has the wrong form; the message is one line for the user."""


class Search(Section):
    strategy: Literal[
        "guided-evolution",
        "trajectories",
        "random-parents",
        "greedy",
        "one-plus-one",
        "independent",
        "sequential",
        "random-edits",
    ] = "guided-evolution"
    """How parents are chosen and who survives; all but the first two are baselines. `trajectories` runs several chains of edits
    and asks most of the one that gains most. `random-parents` draws parents uniformly from everything measured. `greedy`,
    `one-plus-one` and `sequential` make one child a generation and heed neither `initial` nor `population`: the whole best program
    rewritten, and replaced only by one that further trainings confirm; a mutation of the best so far; a mutation of the last.
    `independent` mutates the seed only; `random-edits` is the same with the model `random` unless models are named."""
    generations: int = Field(6, ge=0)
    """Generations of children after the seed; 0: as many as the budget allows, the default where a budget is set."""
    initial: int = Field(16, ge=1)
    """Children of the first generation, all mutations of the seed."""
    population: int = Field(10, ge=1)
    """Children of each later generation, and the most candidates that survive a selection."""
    overlap: int = Field(0, ge=0)
    """Children that are made ahead of free slots, so that none idles; 0: a generation ends before the next one begins. A slow
    model needs more of them: about its seconds for a reply, times the slots, by the seconds of a training."""
    refine: float = Field(0.1, ge=0, lt=1)
    """Last share of the budget, in which the whole front is trained again and its programs alone are parents; 0 means none."""
    parents: Literal["promise", "crowding"] = "promise"
    """Of two programs of one rank the parent is, by `promise`, the one that adds more to the front alone for the children that were
    asked of it, and only those are crossed that differ in two segments, each better in some objective; by `crowding`, the one in
    the emptier place, and any two that differ are crossed (the paper's rule)."""
    trajectories: int = Field(4, ge=1)
    """Chains of the strategy `trajectories`."""
    crossover: float = Field(0.35, ge=0, le=1)
    """Weight of crossover against `mutation` when an operator is drawn (the paper's probability)."""
    mutation: float = Field(0.8, ge=0, le=1)
    """Weight of mutation."""
    scopes: tuple[Scope, ...] = Field(("segment", "refine", "rewrite"), min_length=1)
    """What a mutation may change: one `segment` that was drawn, those that its author chooses (`refine`), the whole program (`rewrite`).
    Which it is, which segment and which kind of mutation is drawn as `play.allocation` says."""
    programs: int = Field(2, ge=0)
    """Further programs that an author is shown whole: the best compromise, and the best that differ in several segments."""
    eot: float = Field(0.5, ge=0, le=1)
    """Share of children whose prompt cites lessons (Evolution of Thought); 0 switches the Critic off."""
    eot_form: Literal["evidence", "paper"] = "evidence"
    """`evidence`: lessons of the Critic from measured steps; `paper`: an elite's segment beside the seed's, without numbers."""
    repairs: int = Field(2, ge=0, le=5)
    """How often a rejected child goes back to its author with the exact error; 0 means never."""
    ideas: int = Field(1, ge=1, le=16)
    """Children that come of one call: so many different ideas are asked for at once, for the price of one long question. Raise
    sampling.max_tokens with it."""
    reruns: int = Field(2, ge=0)
    """Further trainings, with other seeds, of a child whose place in the archive may be chance; 0 believes the first."""

    @property
    def one_by_one(self) -> bool:
        """Whether the strategy makes one child at a time by its nature."""
        return self.strategy in ("greedy", "one-plus-one", "sequential")

    @property
    def first(self) -> int:
        """Children that are asked for at first without overlap."""
        return 1 if self.one_by_one else self.initial

    @property
    def each(self) -> int:
        """Children that are asked for later without overlap."""
        return 1 if self.one_by_one else self.population

    @property
    def ahead(self) -> int:
        """Children made ahead of free slots; none where each must know of the last, or of none of the others."""
        return self.overlap if self.strategy in ("guided-evolution", "trajectories", "random-parents") else 0

    @property
    def children(self) -> int:
        """Children that a whole run makes; 0 where the budget alone says."""
        return self.first + (self.generations - 1) * self.each if self.generations else 0


class Spending(Section):
    evaluations: int = Field(0, ge=0)
    """Most trainings, the seed's and further ones of the leaders included; 0 means no bound, here and below."""
    hours: float = Field(0, ge=0, allow_inf_nan=False)
    """Most hours that the run works, stops not counted. What is under way then comes to its end."""
    tokens: int = Field(0, ge=0)
    """Most tokens, to models and from them."""
    usd: float = Field(0, ge=0, allow_inf_nan=False)
    """Most money, by the prices of the models."""
    until: str = ""
    """No child is made any more once an elite is like this, e.g. `val_error < 2 and params < 3000`; `seed + 0.5` and the like stand for a
    number, as in `aim.require`."""

    @field_validator("until")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        if value:
            conditions(value)
        return value

    @property
    def bounded(self) -> bool:
        """Whether there is any bound."""
        return bool(self.evaluations or self.hours or self.tokens or self.usd)


class Aim(Section):
    require: str = ""
    """What a program must meet to be an elite, e.g. `val_error <= seed + 0.5 and params < 3000`: each objective against a number, or
    `seed`, `seed + 0.5`, `seed - 1`, `seed * 1.1`. Others may be parents while too few meet it. Empty requires nothing."""
    first: str = ""
    """Objective that leads: by it the best is chosen, see `memory.aim.BEST`. Empty means the task's first."""
    weights: dict[str, Weight] = Field(default_factory=dict)
    """Weights of objectives: their sum, each a share of its reference box, leads before `first`, and is what `one-plus-one` goes by. Empty
    means no sum; an objective that is not named has 0."""
    reference: dict[str, Annotated[float, Field(allow_inf_nan=False)]] = Field(default_factory=dict)
    """Worst corner of the box of the hypervolume, by objective, in its units; the task's where one is not named."""

    @field_validator("require")
    @classmethod
    def _can_be_read(cls, value: str) -> str:
        if value:
            conditions(value)
        return value

    @field_validator("weights")
    @classmethod
    def _some_weight(cls, value: dict[str, float]) -> dict[str, float]:
        if value and not any(value.values()):
            raise ValueError("every weight is 0: raise one, or leave them out")
        return value


class Personas(Section):
    architect: tuple[str, ...] = ()
    breeder: tuple[str, ...] = ()
    critic: tuple[str, ...] = ()
    """Persona names each agent may speak in; empty means every persona that fits the role."""


class Play(Section):
    allocation: Literal["uniform", "fixed", "thompson"] = "thompson"
    """How personas, scopes, segments, intents, models and wordings are drawn: all alike, by your weights, or by Thompson sampling on
    what their children brought for their tokens. A model's own weight always counts."""
    personas: dict[str, Weight] = Field(default_factory=dict)
    """Weights of personas; one that is not named has 1, and 0 means never. Under `thompson` they are where it starts from."""
    intents: dict[str, Weight] = Field(default_factory=dict)
    """Weights of the kinds of mutation, likewise."""
    floor: float = Field(0.1, ge=0, le=1)
    """Under `thompson`, the share of draws that goes by your weights alone, so that nothing is given up for ever."""
    prompts: int = Field(0, ge=0)
    """Instructions that a model may rephrase after each generation; the wordings compete. 0 means none."""

    @model_validator(mode="after")
    def _weights_are_read(self) -> Play:
        if self.allocation == "uniform" and (self.personas or self.intents):
            raise ValueError(
                "weights of personas or intents need allocation = 'fixed' or 'thompson'; 'uniform' ignores them"
            )
        return self


class SandboxChoice(Section):
    backend: Literal["auto", "docker", "jail", "none"] = "auto"
    """`auto` takes Docker where it answers, else the jail; `none` runs generated code without walls."""
    slots: int = Field(0, ge=0)
    """Candidates trained at once; 0 means `per_gpu` a GPU, or one a core where there is no GPU."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where candidates train; `auto` takes the GPUs where nothing is missing and says why not; `cuda` stops then."""
    per_gpu: int = Field(1, ge=1)
    """Candidates that share one GPU when `slots` is 0."""


class Config(Section):
    task: str
    """Name of a task or path of a task's folder."""
    seed: int = 1
    """Seed of every random draw of the run."""
    fidelity: str = ""
    """Fidelity profile of the task; empty means its default."""
    tracing: bool = False
    """Whether prompts and replies may go to LangSmith, a third party, as LANGSMITH_TRACING and its like in the environment ask;
    without this setting they go to nobody but the models."""
    data: dict[str, Any] = Field(default_factory=dict)
    """Options of the task's data in place of those of its [data] table, e.g. data.source; empty means the task's."""
    search: Search = Search()
    budget: Spending = Spending()
    aim: Aim = Aim()
    models: tuple[ModelChoice, ...] = (ModelChoice(name="offline"),)
    sampling: Sampling = Sampling()
    racing: Racing = Racing()
    personas: Personas = Personas()
    play: Play = Play()
    sandbox: SandboxChoice = SandboxChoice()
    memory: Memory = Memory()

    @model_validator(mode="before")
    @classmethod
    def _random_edits_ask_nobody(cls, said: Any) -> Any:
        search = said.get("search") if isinstance(said, dict) and "models" not in said else None
        asked = search.get("strategy") if isinstance(search, dict) else getattr(search, "strategy", None)
        return {**said, "models": [{"name": "random"}]} if asked == "random-edits" else said

    @model_validator(mode="before")
    @classmethod
    def _a_budget_bounds_alone(cls, said: Any) -> Any:
        """Where a budget is set and generations are not, it alone says when the run ends."""
        budget = said.get("budget") if isinstance(said, dict) else None
        search = said.get("search", {}) if isinstance(said, dict) else None
        set_ = (
            {key for key, value in budget.items() if value not in (0, "0", "")} if isinstance(budget, dict) else set()
        )
        if any(f"budget.{key}" in BOUNDS for key in set_) and isinstance(search, dict):
            return {**said, "search": {"generations": 0, **search}}
        return said

    @model_validator(mode="after")
    def _it_ends(self) -> Config:
        if not self.search.generations and not self.budget.bounded:
            raise ValueError(
                "search.generations is 0 and no budget bounds the run: set one of budget.evaluations, hours, tokens, usd"
            )
        if self.budget.usd and not any(m.usd_per_million_in or m.usd_per_million_out for m in self.models):
            raise ValueError(
                "budget.usd needs prices: set usd_per_million_in and usd_per_million_out of the models, or bound tokens"
            )
        return self

    @model_validator(mode="after")
    def _some_operator(self) -> Config:
        if self.search.crossover + self.search.mutation == 0:
            raise ValueError(
                "search.crossover and search.mutation are both 0: no child could be made; raise one of them"
            )
        if not self.models:
            raise ValueError("models is empty: name at least one model, or `offline`")
        if twice := {m.id for m in self.models if [n.id for n in self.models].count(m.id) > 1}:
            raise ValueError(
                f"models: {', '.join(sorted(twice))} is there twice; name it once, with the weights added up"
            )
        for m in self.models:
            if m.base_url is not None and (fault := address_fault(m.base_url)):
                raise ValueError(f"models.base_url: {fault}")
        return self

    def dump(self) -> str:
        """The complete settings as TOML, as written into the run's folder."""
        return tomli_w.dumps(self.model_dump(mode="json", exclude_none=True))
