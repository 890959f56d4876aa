"""The records that every room shares. Frozen, plain fields; they turn into dicts only at the edges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from memory.names import of_kind

Operator = Literal["seed", "mutate", "cross"]
Scope = Literal["segment", "refine", "rewrite"]
Status = Literal["planned", "proposed", "failed", "evaluated"]
FAILURES = (
    "unanswered",  # the model refused this question: a filter, its length, characters that cannot be sent
    "unparsable",  # no usable code in the reply
    "unchanged",  # the child is its parent: same code in normal form
    "duplicate",  # something with this code was evaluated before
    "syntax",  # the program does not parse
    "contract",  # a required name is missing, an import is not allowed, a change is dead code
    "shape",  # tensors do not fit
    "nan",  # loss or predictions are not finite
    "memory",  # over the memory limit
    "timeout",  # over the limit of processor time, or asleep for as long
    "crash",  # any other error of the program
    "refused",  # the sandbox stopped a forbidden act
    "stopped",  # the race: hopeless on the way, against earlier programs no larger
    "audit",  # code and weights alone do not give what the training claimed
    "unproven",  # measured, but its forward pass cannot be followed: objectives stand, and it is no elite
    "lost",  # not measured: the sandbox itself failed, or the machine had no time for it
)
UNTRIED = ("lost", "unanswered")  # kinds that say nothing of the child: the sandbox or the model did not serve it
NO_NEWS = (
    *UNTRIED,
    "unparsable",
    "unchanged",
    "duplicate",
    "stopped",
)  # kinds that tell no author what to avoid in code


@dataclass(frozen=True)
class Candidate:
    """One genome with its lineage, its status and its outcome."""

    # identity: `seed`, or `gGG-NN` by the number of the ask and the place in it: an id never depends on who finished first
    id: str
    generation: int  # number of the ask; it was ordered after the commit before, see `after`
    index: int
    # lineage
    operator: Operator
    parents: tuple[str, ...] = ()
    # how much its author may change: one segment that was drawn, those of its choice, the whole program; None of a cross
    scope: Scope | None = None
    segment: str | None = None  # the one that may change; None where the scope is wider
    segments: tuple[str, ...] = ()  # that may change; empty: all of them, or where its parents differ
    intent: str | None = None
    persona: str | None = None
    model: str | None = None
    temperature: float | None = None
    lessons: tuple[str, ...] = ()  # ids of the lessons that the prompt cited
    prompt: str | None = None  # wording that the author was given: `intent/tune@1`, see `Wording`
    pair: tuple[str, ...] = ()  # elite and segment whose change against the seed the prompt showed
    context: tuple[str, ...] = ()  # ids of the further programs that the prompt showed whole
    # of several children that one reply holds: the one that asked, None for its own, and which idea of the reply it is
    asked_by: str | None = None
    idea: int = 0
    # code
    files: dict[str, str] = field(default_factory=dict)
    fingerprint: str | None = None  # of the normalised syntax tree
    behaviour: str | None = None  # of what the built model does at first: a hint, never a reason to share an outcome
    size: int | None = None  # parameters as its check told; the host's own count is an objective
    anatomy: tuple[dict[str, Any], ...] = ()  # its parts as its check told, for authors alone, see `memory.anatomy`
    rationale: str = ""
    # outcome
    status: Status = "planned"
    failure: str | None = None
    message: str = ""  # the exact error, bounded
    objectives: dict[str, float] | None = None  # as read from a ledger the first is the mean of `scores`
    repairs: int = 0
    committed: int | None = None  # number of the commit that took it in
    audited: int | None = None  # number of the commit that took in what its audit found
    # derived, filled when it is read
    scores: tuple[
        float | None, ...
    ] = ()  # first objective of each training that counts so far; None for one that failed

    @property
    def after(self) -> int:
        """The last commit of which its making may know."""
        return self.generation - 1

    @property
    def n(self) -> int:
        """How many trainings its first objective rests on."""
        return len(self.scores)


@dataclass(frozen=True)
class Attempt:
    """What became of one answer of a child's author: fit to be trained, or why not; and whether that training failed."""

    child: str
    attempt: int  # 0 is the first answer, later ones are repairs
    failure: str | None = None
    message: str = ""  # as its author is told
    # of its checks, in seconds since the epoch; 0 where there were none
    begun_at: float = 0.0
    ended_at: float = 0.0
    evaluation: str | None = None  # key of its training, once that has ended; equal programs share one


@dataclass(frozen=True)
class Evaluation:
    """One training of one program at one fidelity with one training seed. Its key says so; a key is trained once."""

    key: str  # hash of task, program fingerprint, fidelity settings, training seed
    candidate: str  # the candidate that asked for it first
    fidelity: str
    train_seed: int
    status: Literal["running", "done"]
    attempt: int = 0  # answer of its author that was trained: one that failed may be repaired and trained anew
    failure: str | None = None
    message: str = ""
    objectives: dict[str, float] | None = None
    # cost
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_mb: float = 0.0
    # [{"step": 100, "score": 41.2, "train_loss": 1.3}, ...]: scored by the host, but for the loss, which the program's side told
    curve: tuple[dict[str, float], ...] = ()
    sealed: str = ""  # hash of the file of its test predictions, where that is kept
    counted: int | None = (
        None  # commit from which it counts for its candidate's score; None for what selection never sees
    )
    # when, in seconds since the epoch; 0 where that was not kept
    asked_at: float = 0.0
    begun_at: float = 0.0  # when it had a slot
    ended_at: float = 0.0  # when the slot was free again


@dataclass(frozen=True)
class Audit:
    """What a fresh sandbox made of one evaluated program's code and weights alone."""

    key: str  # of the evaluation
    candidate: str  # the one that was looked at
    fault: str = ""  # why it was struck; empty when it holds
    measured: dict[str, float] = field(
        default_factory=dict
    )  # out of its reach: params, flops, latency_ms, fresh, work, ...
    note: str = ""  # what a reader should know: why it has more parameters than its training said
    unproven: str = ""  # why it could not be followed, so that it is not proven; empty when it is
    # in seconds since the epoch; 0 where that was not kept
    begun_at: float = 0.0
    ended_at: float = 0.0


@dataclass(frozen=True)
class ModelCall:
    """One reply of a model, stored before anything is decided from it."""

    key: str  # `CANDIDATE/agent/ATTEMPT`, e.g. `g02-07/architect/0`, `reflect-g02/critic/0`, `rephrase-g02-0/scribe/0`
    candidate: str | None
    generation: int
    agent: Literal["architect", "breeder", "critic", "scribe"]
    persona: str | None
    model: str
    offline: bool
    sampling: dict[str, Any]  # as sent: temperature, max_tokens, ...
    messages: list[dict[str, str]]  # [{"role": "system"|"user"|"assistant", "content": ...}]
    reply: str
    finish: str  # "stop", "length", "content_filter", ...
    tokens_in: int
    tokens_out: int
    cost_usd: float
    latency_s: float
    failure: str | None = None  # what became of the reply: None, or a failure kind
    refusal: str = ""  # why the model gave no reply to this question, though it answers others
    # when, in seconds since the epoch; 0 where that was not kept. It ended `latency_s` after it had begun
    asked_at: float = 0.0
    begun_at: float = 0.0  # when the request that was answered was sent
    stand_in: str = ""  # id of the model that answered in place of the one that it was meant for


@dataclass(frozen=True)
class Lesson:
    """What the Critic concluded, from which measured steps."""

    id: str  # `L` + generation + number: L02-1
    generation: int
    claim: str
    applies: str  # when it applies, in words
    segment: str | None
    evidence: tuple[str, ...]  # ids of the children whose measured steps it rests on
    effect: dict[str, str]  # objective -> "down" | "up" | "same", as its evidence measured it
    # where it was learnt
    run: str = ""
    task: str = ""
    measured: dict[str, float] = field(default_factory=dict)  # mean change of each objective over its evidence
    supporting: int = 0  # steps of its evidence that show its effect beyond the noise, or the failure
    # words of code that a segment has, or has not, where it applies
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    # what became of it
    into: str = ""  # the lesson that says the same and holds its evidence too
    against: str = ""  # the lesson that says the opposite and stands
    supersedes: tuple[str, ...] = ()  # the lessons that it stands against
    record: dict[str, Any] = field(default_factory=dict)  # of a borrowed one: how it had served where it came from

    @property
    def borrowed(self) -> bool:
        """Whether it came from another run, through the shared memory: its id is RUN/ID."""
        return "/" in self.id


@dataclass(frozen=True)
class Wording:
    """One version of a text that goes into prompts and may be rephrased: an intent, or how to merge."""

    name: str  # `intent/tune`, `breeder`
    version: int  # 1 is the text that came with the program
    text: str
    parent: int | None = None  # version that was rephrased
    generation: int = 0  # after which it was written; a child may be given it from the next one on
    call: str | None = None  # the model call that wrote it

    @property
    def id(self) -> str:
        """As a candidate records it: `intent/tune@2`."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Evidence:
    """A measured step from parent to child: what changed and what came of it."""

    child: str
    parent: str
    generation: int
    operator: str
    segment: str | None
    intent: str | None
    persona: str | None
    diff: str
    # derived, filled when it is read
    delta: dict[str, float] | None = None  # child minus parent, per objective; None when the child failed
    failure: str | None = None
    message: str = ""


@dataclass(frozen=True)
class Reflection:
    """What the Critic's reply became, decided once a generation."""

    generation: int
    lessons: tuple[str, ...]  # ids of those that were written
    shown: tuple[str, ...]  # the steps that it was shown: a child, or RUN/CHILD of another run
    verdicts: tuple[dict[str, str], ...] = ()  # what was corrected, refused or merged, each with the reason


@dataclass(frozen=True)
class Loan:
    """What came from the shared memory, kept because it may hold something else when the run is resumed or replayed."""

    key: str  # `GENERATION/steps` or `GENERATION/lessons`
    generation: int
    lessons: tuple[dict[str, Any], ...] = ()
    steps: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Ask:
    """Children that were ordered together, perhaps none, and the strategy's state after it had ordered them."""

    number: int  # they know of everything up to the commit before
    children: tuple[str, ...]
    state: dict[str, Any] = field(default_factory=dict)
    thought: int = 0  # the last reflection whose lessons they may cite, by the commit after which it began
    late: bool = False  # whether they are of the last share of the budget, which refines what stands
    closing: bool = False  # whether no child is under way any more, and none will be


@dataclass(frozen=True)
class Commit:
    """Finished children, and what was found of earlier ones, taken into what later ones may know."""

    number: int
    children: tuple[str, ...]  # in the order in which they were taken
    findings: tuple[str, ...] = ()  # likewise; their names are in `memory.names`

    @property
    def looked_at(self) -> tuple[str, ...]:
        """The programs of which something was found."""
        found = of_kind("again", self.findings) | of_kind("audit", self.findings)
        return tuple(dict.fromkeys(id for id, *_ in found.values()))


@dataclass(frozen=True)
class Selection:
    """Who lives on after a commit: ids in a fixed order."""

    population: tuple[str, ...]  # who may be a parent next
    archive: tuple[str, ...]  # the elites: measured, confirmed, audited, and kept by the strategy
    data: dict[str, Any] = field(default_factory=dict)  # for the record: hypervolume and the like
    number: int = 0  # of the commit
    state: dict[str, Any] = field(default_factory=dict)  # the strategy's own, plain JSON


EventKind = Literal[
    "started",  # the run began: task, strategy, seed
    "resumed",  # the run went on after a stop
    "planned",  # a generation's children were decided
    "settled",  # a candidate came to its end: measured, or a kind of failure; the last word on it counts
    "confirmed",  # an elite was trained again with other seeds; its score is the mean
    "audited",  # an elite's predictions were made again from its weights, or were not
    "selected",  # a generation closed
    "reflected",  # the Critic wrote lessons
    "persona",  # a persona was swapped
    "rephrased",  # a model offered another wording of an instruction
    "retried",  # a model call was tried again
    "hedged",  # a second request was sent beside a slow one
    "rested",  # a model failed time after time and is left alone for a while; others of the run answer for it
    "recovered",  # a model that rested answers again
    "adapted",  # what a refusal asked for was answered, and holds for the run
    "unanswered",  # a model refused one question, and answers others
    "lost",  # the sandbox failed under a job, or had no time for it; it is tried once more
    "warning",  # something that a human should read
    "stopped",  # the run ended early, everything kept
    "finished",  # what was asked for is recorded
    "extended",  # more was asked for
]


@dataclass(frozen=True)
class Event:
    """One line of the run's log. Viewers may show it; nothing is decided from it."""

    number: int  # counts up from 1 within a ledger
    at: float  # seconds since the epoch
    kind: EventKind
    data: dict[str, Any]


@dataclass(frozen=True)
class Opening:
    """One look at sealed test predictions: whose, when and why."""

    at: float  # seconds since the epoch
    candidates: tuple[str, ...]
    reason: str
