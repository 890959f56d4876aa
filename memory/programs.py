"""The part of the ledger that tells of programs: what was ordered, tried, trained, audited, committed and selected."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from memory.connect import LedgerError
from memory.database import Tables, first, where
from memory.names import of_kind
from memory.records import FAILURES, Ask, Attempt, Audit, Candidate, Commit, Evaluation, Selection

CANDIDATE_ORDER = 'ORDER BY generation, "index", id'
# a repeat is a program that was trained, or is being; one that the sandbox lost deserves another try
WAS_TRIED = """(status = 'evaluated' OR EXISTS (
    SELECT 1 FROM evaluations e WHERE e.candidate = candidates.id AND e.attempt = candidates.repairs
    AND e.failure IS NOT 'lost'))"""
_BRIEF = ", ".join(
    f'"{f.name}"' for f in fields(Candidate) if f.name not in ("anatomy", "files", "rationale", "scores")
)
# not of the seeds that a report trained with
_SEARCH = """train_seed NOT IN (SELECT e.value FROM meta, json_each(meta.value) e WHERE meta.key = 'retrain_seeds')"""
_SOME = 500  # values that one query asks for


class Programs(Tables):
    """What was made, in the order of the plan; `upto` is the last commit that counts, all of them where it is not said."""

    _metric: Mapping[str, Any] | None = None

    # candidates

    def put_candidate(self, candidate: Candidate) -> None:
        """Write or overwrite a candidate."""
        if candidate.failure is not None and candidate.failure not in FAILURES:
            kinds = ", ".join(FAILURES)
            raise LedgerError(f"{candidate.id}: unknown failure kind {candidate.failure!r}; one of {kinds}")
        self._db.upsert("candidates", candidate, "id")

    def candidate(self, id: str, upto: int | None = None) -> Candidate | None:
        return first(self._scored(self._db.records(Candidate, "SELECT * FROM candidates WHERE id = ?", (id,)), upto))

    def known(self, id: str, upto: int | None = None) -> Candidate:
        """The candidate of this id, which must be there, as it stood at commit `upto`. Raises LedgerError."""
        found = self.candidate(id, upto)
        if found is None:
            raise LedgerError(f"no candidate {id!r} in {self.path}; 'evolve status' lists a run's candidates")
        return self.stood(found, upto)

    def stood(self, one: Candidate, upto: int | None) -> Candidate:
        """The candidate as it stood at a commit: whom a later one's audit struck was a measured program then."""
        struck = one.failure in ("audit", "unproven") and one.audited is not None
        if upto is None or not struck or one.audited is None or one.audited <= upto:
            return one
        first = next((e for e in self.trainings(one.id) if e.objectives), None)
        if first is None:
            return one
        scores = self.scores([one.id], upto).get(one.id, ())
        was = replace(one, status="evaluated", failure=None, message="", objectives=first.objectives)
        return self.scored(was, scores)

    def candidates(
        self, generation: int | None = None, status: str | None = None, commit: int | None = None, code: bool = True
    ) -> list[Candidate]:
        """Candidates by generation and place in the plan; without `code` they come without files, anatomy and rationale."""
        clause, values = where({"generation": generation, "status": status, "committed": commit})
        query = f"SELECT {'*' if code else _BRIEF} FROM candidates {clause} {CANDIDATE_ORDER}"
        return self._scored(self._db.records(Candidate, query, values), None)

    def outcomes(self, ids: Iterable[str], upto: int | None = None, code: bool = False) -> dict[str, Candidate]:
        """These candidates by id, with scores as of a commit; without `code` they come without files, anatomy and rationale."""
        found: list[Candidate] = []
        for some in _chunks(sorted(ids)):
            query = f"SELECT {'*' if code else _BRIEF} FROM candidates WHERE id IN ({', '.join('?' * len(some))})"
            found += self._db.records(Candidate, query, tuple(some))
        return {one.id: one for one in self._scored(found, upto)}

    def find_fingerprint(self, fingerprint: str, upto: int | None = None) -> str | None:
        """Id of the first candidate with this code that was or is being evaluated."""
        return self._first_tried("fingerprint", fingerprint, upto)

    def find_behaviour(self, behaviour: str, upto: int | None = None) -> str | None:
        """Id of the first candidate that behaves so and was or is being evaluated."""
        return self._first_tried("behaviour", behaviour, upto)

    def _first_tried(self, column: str, value: str, upto: int | None) -> str | None:
        query = f"""SELECT id FROM candidates WHERE {column} = ? AND (? IS NULL OR committed <= ?) AND {WAS_TRIED}
            {CANDIDATE_ORDER} LIMIT 1"""
        row = self._db.run(query, (value, upto, upto)).fetchone()
        return None if row is None else str(row["id"])

    def _scored(self, found: list[Candidate], upto: int | None) -> list[Candidate]:
        """The candidates with the mean of their counted trainings in place of the first one."""
        measured = [one.id for one in found if one.objectives is not None]
        scores = self.scores(measured if len(measured) < len(found) or len(found) < _SOME else None, upto)
        return [self.scored(one, scores.get(one.id, ())) for one in found]

    def scored(self, one: Candidate, scores: tuple[float | None, ...]) -> Candidate:
        """The candidate with the mean of these trainings; one that failed counts as a training that learnt nothing."""
        if not scores or one.objectives is None:
            return one
        metric = self.metric()
        worst = float(metric["worst"])
        # summed exactly: the order in which trainings are read must not move the last digit
        mean = math.fsum(worst if score is None else score for score in scores) / len(scores)
        return replace(one, objectives={**one.objectives, metric["name"]: mean}, scores=scores)

    def scores(self, ids: Iterable[str] | None, upto: int | None = None) -> dict[str, tuple[float | None, ...]]:
        """The first objective of each training that counts, by candidate; None for a training that failed."""
        name = self.metric()["name"]
        query = """SELECT candidate, json_extract(objectives, ?) score FROM evaluations
            WHERE counted IS NOT NULL AND (? IS NULL OR counted <= ?) {}ORDER BY candidate, train_seed, key"""
        fixed = (f'$."{name}"', upto, upto)
        if ids is None:
            rows = self._db.run(query.format(""), fixed).fetchall()
        else:
            rows = []
            for some in _chunks(list(ids)):
                asked = f"AND candidate IN ({', '.join('?' * len(some))}) "
                rows += self._db.run(query.format(asked), (*fixed, *some)).fetchall()
        found: dict[str, list[float | None]] = {}
        for row in rows:
            found.setdefault(row["candidate"], []).append(row["score"])
        return {id: tuple(values) for id, values in found.items()}

    def repeated(self, upto: int | None = None) -> list[tuple[float | None, ...]]:
        """The scores of every program that was trained more than once, by id."""
        query = """SELECT candidate FROM evaluations WHERE counted IS NOT NULL AND (? IS NULL OR counted <= ?)
            GROUP BY candidate HAVING count(*) > 1 ORDER BY candidate"""
        ids = [row["candidate"] for row in self._db.run(query, (upto, upto)).fetchall()]
        return list(self.scores(ids, upto).values())

    def metric(self) -> Mapping[str, Any]:
        """Name, goal, noise and worst score of the first objective; they are fixed when the run is made."""
        if self._metric is None:
            row = self._db.run("SELECT value FROM meta WHERE key = 'objectives'").fetchone()
            objectives = json.loads(row["value"]) if row else []
            if not objectives:
                return {"name": "", "goal": "min", "worst": 0.0}
            # a reference of the user's own moves the box of the hypervolume, not what a training scores that learnt nothing
            self._metric = {"worst": objectives[0]["reference"], **objectives[0]}
        return self._metric

    # asks, and how far a child of one has come

    def put_ask(self, ask: Ask, children: Sequence[Candidate]) -> Ask:
        """Write what was ordered, once: what is now stored under its number."""
        with self.transaction():
            if self.ask(ask.number) is None:
                for child in children:
                    self.put_candidate(child)
            return self._db.first_word("asks", ask, "number")

    def ask(self, number: int) -> Ask | None:
        return first(self._db.records(Ask, "SELECT * FROM asks WHERE number = ?", (number,)))

    def asks(self) -> list[Ask]:
        return self._db.records(Ask, "SELECT * FROM asks ORDER BY number")

    def asked_by(self, id: str) -> list[str]:
        """Ids of the other children that the first reply to this one holds, in its order."""
        rows = self._db.run("SELECT id FROM candidates WHERE asked_by = ? ORDER BY idea", (id,))
        return [row["id"] for row in rows]

    def open_children(self) -> list[str]:
        """Ids of the children that were ordered and are in no commit yet, by generation and place in the plan."""
        rows = self._db.run(
            f"SELECT id FROM candidates WHERE committed IS NULL AND operator != 'seed' {CANDIDATE_ORDER}"
        )
        return [row["id"] for row in rows]

    def put_attempt(self, attempt: Attempt) -> None:
        """Write what its checks say of an author's answer; the first word stands."""
        self._db.insert_once("attempts", attempt, "child, attempt")

    def put_trained(self, attempt: Attempt) -> None:
        """Write what became of an answer that was fit, over what its checks said."""
        self._db.upsert("attempts", attempt, "child, attempt")

    def attempt(self, child: str, attempt: int) -> Attempt | None:
        query = "SELECT * FROM attempts WHERE child = ? AND attempt = ?"
        return first(self._db.records(Attempt, query, (child, attempt)))

    def attempts(self, child: str) -> list[Attempt]:
        """What became of each answer of this child's author so far, the first one first."""
        return self._db.records(Attempt, "SELECT * FROM attempts WHERE child = ? ORDER BY attempt", (child,))

    # evaluations

    def made(self) -> int:
        """How many children were ordered."""
        return int(self._db.run("SELECT count(*) n FROM candidates WHERE operator != 'seed'").fetchone()["n"])

    def trained(self) -> int:
        """How many trainings were done for the search, those for a report not among them."""
        query = f"SELECT count(*) n FROM evaluations WHERE status = 'done' AND {_SEARCH}"
        return int(self._db.run(query).fetchone()["n"])

    def usual_training_s(self) -> float:
        """Seconds by the clock of a training, the mean of the newest 50; 0 before there is one."""
        return self._usual("SELECT wall_s s FROM evaluations WHERE status = 'done' ORDER BY rowid DESC LIMIT 50")

    def usual_audit_s(self) -> float:
        """Seconds by the clock of an audit, likewise."""
        return self._usual("SELECT ended_at - begun_at s FROM audits WHERE begun_at > 0 ORDER BY rowid DESC LIMIT 50")

    def usual_call_s(self) -> float:
        """Seconds until a model has answered, likewise."""
        return self._usual("SELECT latency_s s FROM calls ORDER BY rowid DESC LIMIT 50")

    def _usual(self, query: str) -> float:
        return float(self._db.run(f"SELECT coalesce(avg(s), 0) s FROM ({query})").fetchone()["s"])

    def open_ticket(self, evaluation: Evaluation) -> None:
        """Note that an evaluation runs; one that runs already (a crash came between) stays. LedgerError once done.

        One that the sandbox lost begins anew: it says nothing of the program.
        """
        self._expect("running", evaluation)
        with self.transaction():
            known = self.evaluation(evaluation.key)
            if known is not None and known.status == "done" and known.failure == "lost":
                self._db.upsert("evaluations", evaluation, "key")
                return
            self._refuse_done(evaluation.key)
            self._db.insert_once("evaluations", evaluation, "key")

    def close_ticket(self, evaluation: Evaluation) -> None:
        """Write the outcome of a running evaluation, once. Raises LedgerError if it is done already or never began."""
        self._expect("done", evaluation)
        with self.transaction():
            self._refuse_done(evaluation.key)
            if self.evaluation(evaluation.key) is None:
                raise LedgerError(f"evaluation {evaluation.key} was never opened; open_ticket comes first")
            self._db.upsert("evaluations", evaluation, "key")

    def uncounted(self) -> list[Evaluation]:
        """Trainings of the search that were done and that no commit has taken in, of programs that one has."""
        query = f"""SELECT e.* FROM evaluations e JOIN candidates c ON c.id = e.candidate WHERE e.status = 'done'
            AND e.failure IS NOT 'lost' AND e.counted IS NULL AND e.attempt = c.repairs AND c.committed IS NOT NULL
            AND e.{_SEARCH} ORDER BY e.rowid"""
        return self._db.records(Evaluation, query)

    def evaluation(self, key: str) -> Evaluation | None:
        return first(self._db.records(Evaluation, "SELECT * FROM evaluations WHERE key = ?", (key,)))

    def evaluations(self, status: str | None = None) -> list[Evaluation]:
        """Evaluations in the order of the candidates that asked for them, then by fidelity and training seed."""
        clause, values = where({"e.status": status})
        query = f"""SELECT e.* FROM evaluations e LEFT JOIN candidates c ON c.id = e.candidate {clause}
            ORDER BY c.generation, c."index", c.id, e.fidelity, e.train_seed, e.key"""
        return self._db.records(Evaluation, query, values)

    def trainings(self, candidate: str) -> list[Evaluation]:
        """What came of the trainings of the program that this candidate ended with, by seed; one that the sandbox lost says nothing."""
        query = """SELECT e.* FROM evaluations e JOIN candidates c ON c.id = e.candidate AND c.repairs = e.attempt
            WHERE e.candidate = ? AND e.status = 'done' AND e.failure IS NOT 'lost' ORDER BY e.train_seed, e.key"""
        return self._db.records(Evaluation, query, (candidate,))

    def curve(self, candidate: str, upto: int) -> tuple[dict[str, float], ...]:
        """Points of the first training of this candidate that was known at a commit, also of one that failed; none before there is one."""
        query = """SELECT e.* FROM evaluations e JOIN candidates c ON c.id = e.candidate WHERE c.id = ? AND e.attempt = c.repairs
            AND e.status = 'done' AND e.failure IS NOT 'lost' AND e.counted <= ? ORDER BY e.counted, e.key LIMIT 1"""
        found = first(self._db.records(Evaluation, query, (candidate, upto)))
        return found.curve if found else ()

    def count(self, keys: Iterable[str], commit: int) -> None:
        """Let these evaluations count from this commit on; one that counts already stays."""
        for some in _chunks(list(keys)):
            self._db.run(
                f"UPDATE evaluations SET counted = ? WHERE counted IS NULL AND key IN ({', '.join('?' * len(some))})",
                (commit, *some),
            )

    def twins(self, fingerprint: str, number: int) -> list[str]:
        """Ids of the candidates with this code that no commit before this number has taken in."""
        query = f"""SELECT id FROM candidates WHERE fingerprint = ? AND (committed IS NULL OR committed >= ?) {CANDIDATE_ORDER}"""
        return [row["id"] for row in self._db.run(query, (fingerprint, number))]

    def attribute(self, original: str, twin: str) -> None:
        """Put what was measured of a program under the candidate that comes first in the plan, whichever was trained first."""
        repairs = "(SELECT repairs FROM candidates WHERE id = ?)"
        with self.transaction():
            self._db.run(
                f"UPDATE evaluations SET candidate = ?, attempt = {repairs} WHERE candidate = ? AND attempt = {repairs}",
                (original, original, twin, twin),
            )
            self._db.run("UPDATE audits SET candidate = ? WHERE candidate = ?", (original, twin))

    def _refuse_done(self, key: str) -> None:
        known = self.evaluation(key)
        if known is not None and known.status == "done":
            raise LedgerError(f"evaluation {key} is done (by {known.candidate}) and never done again; read it instead")

    @staticmethod
    def _expect(status: str, evaluation: Evaluation) -> None:
        if evaluation.status != status:
            raise LedgerError(f"evaluation {evaluation.key}: expected status {status!r}, got {evaluation.status!r}")

    # audits

    def put_audit(self, audit: Audit) -> None:
        """Write what an audit found; the first word stands."""
        self._db.insert_once("audits", audit, "key")

    def audit(self, key: str) -> Audit | None:
        return first(self._db.records(Audit, "SELECT * FROM audits WHERE key = ?", (key,)))

    def audits(self) -> list[Audit]:
        """Audits in the order of their candidates; of one candidate the search's own before those of later trainings."""
        query = """SELECT a.* FROM audits a LEFT JOIN candidates c ON c.id = a.candidate
            ORDER BY c.generation, c."index", c.id, a.rowid"""
        return self._db.records(Audit, query)

    # commits and selections

    def put_commit(self, commit: Commit) -> None:
        """Note which children are taken in; called with all else that the commit decides, in one transaction."""
        with self.transaction():
            self._db.insert_once("commits", commit, "number")
            for some in _chunks(list(commit.children)):
                marks = ", ".join("?" * len(some))
                self._db.run(f"UPDATE candidates SET committed = ? WHERE id IN ({marks})", (commit.number, *some))
            for (id,) in of_kind("audit", commit.findings).values():
                self._db.run("UPDATE candidates SET audited = ? WHERE id = ? AND audited IS NULL", (commit.number, id))

    def commit(self, number: int) -> Commit | None:
        return first(self._db.records(Commit, "SELECT * FROM commits WHERE number = ?", (number,)))

    def touched(self, number: int) -> set[str]:
        """Of whom this commit tells something new: its children, and programs of which something was found."""
        commit = self.commit(number)
        return {*commit.children, *commit.looked_at} if commit else set()

    def commits(self) -> list[Commit]:
        return self._db.records(Commit, "SELECT * FROM commits ORDER BY number")

    def put_selection(self, selection: Selection) -> Selection:
        """How a commit is recorded to have ended: the first word stands, whatever is said later."""
        return self._db.first_word("selections", selection, "number")

    def selection(self, number: int) -> Selection | None:
        return first(self._db.records(Selection, "SELECT * FROM selections WHERE number = ?", (number,)))

    def last_selection(self) -> Selection | None:
        """The newest one; None before the seed was measured."""
        return first(self._db.records(Selection, "SELECT * FROM selections ORDER BY number DESC LIMIT 1"))

    def last_number(self) -> int:
        """The number of the newest selection; 0 also before there is one."""
        return int(self._db.run("SELECT coalesce(max(number), 0) n FROM selections").fetchone()["n"])

    def selections(self) -> list[Selection]:
        return self._db.records(Selection, "SELECT * FROM selections ORDER BY number")


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + _SOME] for start in range(0, len(values), _SOME))
