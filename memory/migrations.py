"""How a ledger's tables came to be, as numbered steps that are never edited once released.

A step is a function of an open connection, run once inside one transaction; the table `migrations` names those applied.
To change the schema add a function to the end of MIGRATIONS.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

Migration = Callable[[sqlite3.Connection], None]


def m001_tables(db: sqlite3.Connection) -> None:
    """Tables of the first version. Lists and objects are JSON text."""
    for statement in (
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        """CREATE TABLE candidates (
            id TEXT PRIMARY KEY, generation INTEGER NOT NULL, "index" INTEGER NOT NULL,
            operator TEXT NOT NULL, parents TEXT NOT NULL, segment TEXT, intent TEXT, persona TEXT, model TEXT,
            temperature REAL, lessons TEXT NOT NULL,
            files TEXT NOT NULL, fingerprint TEXT, behaviour TEXT, rationale TEXT NOT NULL,
            status TEXT NOT NULL, failure TEXT, message TEXT NOT NULL, objectives TEXT, repairs INTEGER NOT NULL)""",
        'CREATE INDEX candidates_order ON candidates (generation, "index")',
        "CREATE INDEX candidates_fingerprint ON candidates (fingerprint)",
        "CREATE INDEX candidates_behaviour ON candidates (behaviour)",
        """CREATE TABLE evaluations (
            key TEXT PRIMARY KEY, candidate TEXT NOT NULL REFERENCES candidates (id), fidelity TEXT NOT NULL,
            train_seed INTEGER NOT NULL, status TEXT NOT NULL, failure TEXT, message TEXT NOT NULL, objectives TEXT,
            wall_s REAL NOT NULL, cpu_s REAL NOT NULL, peak_memory_mb REAL NOT NULL, curve TEXT NOT NULL)""",
        "CREATE INDEX evaluations_candidate ON evaluations (candidate)",
        """CREATE TABLE calls (
            key TEXT PRIMARY KEY, candidate TEXT REFERENCES candidates (id), generation INTEGER NOT NULL,
            agent TEXT NOT NULL, persona TEXT, model TEXT NOT NULL, offline INTEGER NOT NULL,
            sampling TEXT NOT NULL, messages TEXT NOT NULL, reply TEXT NOT NULL, finish TEXT NOT NULL,
            tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, cost_usd REAL NOT NULL, latency_s REAL NOT NULL,
            failure TEXT)""",
        "CREATE INDEX calls_candidate ON calls (candidate)",
        """CREATE TABLE lessons (
            id TEXT PRIMARY KEY, generation INTEGER NOT NULL, claim TEXT NOT NULL, applies TEXT NOT NULL, segment TEXT,
            evidence TEXT NOT NULL, effect TEXT NOT NULL, run TEXT NOT NULL)""",
        """CREATE TABLE evidence (
            child TEXT NOT NULL REFERENCES candidates (id), parent TEXT NOT NULL REFERENCES candidates (id),
            generation INTEGER NOT NULL, operator TEXT NOT NULL, segment TEXT, intent TEXT, persona TEXT,
            diff TEXT NOT NULL, delta TEXT, failure TEXT, message TEXT NOT NULL, PRIMARY KEY (child, parent))""",
        "CREATE INDEX evidence_parent ON evidence (parent)",
        """CREATE TABLE selections (
            generation INTEGER PRIMARY KEY, population TEXT NOT NULL, elites TEXT NOT NULL, archive TEXT NOT NULL,
            data TEXT NOT NULL)""",
        "CREATE TABLE events (number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, data TEXT NOT NULL)",
        "CREATE TABLE openings (number INTEGER PRIMARY KEY, at REAL NOT NULL, candidates TEXT NOT NULL,"
        " reason TEXT NOT NULL)",
    ):
        db.execute(statement)


def m002_audits(db: sqlite3.Connection) -> None:
    """What became of elites that were made again from their weights."""
    db.execute(
        """CREATE TABLE audits (
            key TEXT PRIMARY KEY, candidate TEXT NOT NULL REFERENCES candidates (id), fault TEXT NOT NULL,
            measured TEXT NOT NULL, note TEXT NOT NULL)"""
    )


def m003_size(db: sqlite3.Connection) -> None:
    """What a candidate's check told of its parameters."""
    db.execute("ALTER TABLE candidates ADD COLUMN size INTEGER")


def m004_lessons(db: sqlite3.Connection) -> None:
    """What became of lessons, what was borrowed, and the pair of segments that the paper's form shows."""
    for column in (
        "task TEXT NOT NULL DEFAULT ''",
        "measured TEXT NOT NULL DEFAULT '{}'",
        "supporting INTEGER NOT NULL DEFAULT 0",
        "\"into\" TEXT NOT NULL DEFAULT ''",
        "against TEXT NOT NULL DEFAULT ''",
        "supersedes TEXT NOT NULL DEFAULT '[]'",
        "record TEXT NOT NULL DEFAULT '{}'",
    ):
        db.execute(f"ALTER TABLE lessons ADD COLUMN {column}")
    db.execute("ALTER TABLE candidates ADD COLUMN pair TEXT NOT NULL DEFAULT '[]'")
    db.execute(
        """CREATE TABLE reflections (
            generation INTEGER PRIMARY KEY, lessons TEXT NOT NULL, shown TEXT NOT NULL, verdicts TEXT NOT NULL)"""
    )
    db.execute(
        """CREATE TABLE loans (
            key TEXT PRIMARY KEY, generation INTEGER NOT NULL, lessons TEXT NOT NULL, steps TEXT NOT NULL)"""
    )


def m005_wordings(db: sqlite3.Connection) -> None:
    """Versions of the instructions in prompts, and which one an author was given."""
    db.execute("ALTER TABLE candidates ADD COLUMN prompt TEXT")
    db.execute(
        """CREATE TABLE wordings (
            name TEXT NOT NULL, version INTEGER NOT NULL, text TEXT NOT NULL, parent INTEGER, generation INTEGER NOT NULL,
            call TEXT, PRIMARY KEY (name, version))"""
    )


def m006_unproven(db: sqlite3.Connection) -> None:
    """Why a program is not proven, apart from what else a reader should know."""
    db.execute("ALTER TABLE audits ADD COLUMN unproven TEXT NOT NULL DEFAULT ''")
    db.execute("UPDATE audits SET unproven = note, note = '' WHERE measured = '{}' AND fault = ''")


def m007_refusals(db: sqlite3.Connection) -> None:
    """Why a model gave no reply to a question."""
    db.execute("ALTER TABLE calls ADD COLUMN refusal TEXT NOT NULL DEFAULT ''")


def m008_sealed(db: sqlite3.Connection) -> None:
    """A hash of the test predictions that a training left; empty where none was kept."""
    db.execute("ALTER TABLE evaluations ADD COLUMN sealed TEXT NOT NULL DEFAULT ''")


def m009_commits(db: sqlite3.Connection) -> None:
    """Commits as the measure of time; what a child has reached; what a score rests on. Derived values go."""
    for statement in (
        "CREATE TABLE asks (number INTEGER PRIMARY KEY, children TEXT NOT NULL, state TEXT NOT NULL)",
        "CREATE TABLE commits (number INTEGER PRIMARY KEY, children TEXT NOT NULL)",
        """CREATE TABLE attempts (
            child TEXT NOT NULL REFERENCES candidates (id), attempt INTEGER NOT NULL, failure TEXT, message TEXT NOT NULL,
            PRIMARY KEY (child, attempt))""",
        "ALTER TABLE selections RENAME COLUMN generation TO number",
        "ALTER TABLE selections DROP COLUMN elites",
        "ALTER TABLE selections ADD COLUMN state TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE candidates ADD COLUMN committed INTEGER",
        "ALTER TABLE candidates ADD COLUMN scope TEXT NOT NULL DEFAULT '[]'",
        "UPDATE candidates SET scope = json_array(segment) WHERE segment IS NOT NULL",
        "CREATE INDEX candidates_committed ON candidates (committed)",
        "ALTER TABLE evaluations ADD COLUMN counted INTEGER",
        "ALTER TABLE evidence DROP COLUMN delta",
        "ALTER TABLE evidence DROP COLUMN failure",
        "ALTER TABLE evidence DROP COLUMN message",
        # before, a generation was committed as a whole, and nothing of it was known before it was selected
        "UPDATE candidates SET committed = generation WHERE generation IN (SELECT number FROM selections)",
        """INSERT INTO asks SELECT generation, json_group_array(id), '{}' FROM
            (SELECT generation, id FROM candidates WHERE generation > 0 ORDER BY generation, "index") GROUP BY generation""",
        """INSERT INTO commits SELECT committed, json_group_array(id) FROM
            (SELECT committed, id FROM candidates WHERE committed IS NOT NULL ORDER BY committed, "index") GROUP BY committed""",
        """UPDATE evaluations SET counted = (SELECT committed FROM candidates c WHERE c.id = candidate)
            WHERE status = 'done' AND train_seed NOT IN
            (SELECT e.value FROM meta, json_each(meta.value) e WHERE meta.key = 'retrain_seeds')""",
    ):
        db.execute(statement)


def m010_indexes(db: sqlite3.Connection) -> None:
    """What is counted and listed often is answered from an index, beside which the programs and prompts of a run need no reading."""
    for statement in (
        "DROP INDEX candidates_committed",
        'CREATE INDEX candidates_committed ON candidates (committed, generation, "index")',
        "DROP INDEX evaluations_candidate",
        "CREATE INDEX evaluations_candidate ON evaluations (candidate, status, counted)",
        "DROP INDEX evidence_parent",
        "CREATE INDEX evidence_parent ON evidence (parent, generation)",
        "DROP INDEX calls_candidate",
        """CREATE INDEX calls_spent ON calls
            (candidate, generation, agent, persona, failure, key, tokens_in, tokens_out, cost_usd)""",
        "CREATE INDEX calls_generation ON calls (generation)",
        "CREATE INDEX candidates_fate ON candidates (status, failure, operator, id)",
        "CREATE INDEX candidates_objectives ON candidates (objectives) WHERE status = 'evaluated'",
        "CREATE INDEX evaluations_spent ON evaluations (status, wall_s, cpu_s)",
        "CREATE INDEX audits_candidate ON audits (candidate)",
        "CREATE INDEX events_kind ON events (kind)",
    ):
        db.execute(statement)


def m011_timeline(db: sqlite3.Connection) -> None:
    """When a call or a training was asked for, and when it began."""
    for table in ("calls", "evaluations"):
        for column in ("asked_at", "begun_at"):
            db.execute(f"ALTER TABLE {table} ADD COLUMN {column} REAL NOT NULL DEFAULT 0")


def m012_stand_ins(db: sqlite3.Connection) -> None:
    """Which model answered in place of a sick one."""
    db.execute("ALTER TABLE calls ADD COLUMN stand_in TEXT NOT NULL DEFAULT ''")


def m013_flow(db: sqlite3.Connection) -> None:
    """What a commit takes in beside children; what an ask knew. Before, findings were taken in with the selection of their commit."""
    for statement in (
        "ALTER TABLE asks ADD COLUMN thought INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE asks ADD COLUMN late INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE asks ADD COLUMN closing INTEGER NOT NULL DEFAULT 0",
        "UPDATE asks SET thought = number - 1",
        "ALTER TABLE commits ADD COLUMN findings TEXT NOT NULL DEFAULT '[]'",
        """UPDATE commits SET findings = (SELECT json_group_array('again/' || candidate || '/' || further) FROM
            (SELECT e.candidate, count(*) further FROM evaluations e JOIN candidates c ON c.id = e.candidate
            WHERE e.counted = commits.number AND c.committed < e.counted GROUP BY e.candidate))""",
        "ALTER TABLE candidates ADD COLUMN audited INTEGER",
        # whoever was in an archive had been looked at
        """UPDATE candidates SET audited = committed WHERE id IN (SELECT candidate FROM audits)
            OR id IN (SELECT e.value FROM selections, json_each(selections.archive) e)""",
        "ALTER TABLE evaluations ADD COLUMN ended_at REAL NOT NULL DEFAULT 0",
        *(
            f"ALTER TABLE {table} ADD COLUMN {column} REAL NOT NULL DEFAULT 0"
            for table in ("audits", "attempts")
            for column in ("begun_at", "ended_at")
        ),
        "CREATE INDEX candidates_open ON candidates (id) WHERE committed IS NULL",
    ):
        db.execute(statement)


def m014_scopes(db: sqlite3.Connection) -> None:
    """How wide an author may go, and what it is shown; failures in training that are repaired; where a lesson applies."""
    for statement in (
        "ALTER TABLE candidates RENAME COLUMN scope TO segments",
        "ALTER TABLE candidates ADD COLUMN scope TEXT",
        "UPDATE candidates SET scope = 'segment' WHERE operator = 'mutate'",
        *(
            f"ALTER TABLE candidates ADD COLUMN {column}"
            for column in (
                "context TEXT NOT NULL DEFAULT '[]'",
                "asked_by TEXT",
                "idea INTEGER NOT NULL DEFAULT 0",
                "anatomy TEXT NOT NULL DEFAULT '[]'",
            )
        ),
        "ALTER TABLE evaluations ADD COLUMN attempt INTEGER NOT NULL DEFAULT 0",
        # what was trained before was its author's last answer
        "UPDATE evaluations SET attempt = coalesce((SELECT repairs FROM candidates c WHERE c.id = candidate), 0)",
        "ALTER TABLE lessons ADD COLUMN present TEXT NOT NULL DEFAULT '[]'",
        "ALTER TABLE lessons ADD COLUMN absent TEXT NOT NULL DEFAULT '[]'",
        "CREATE INDEX candidates_asked_by ON candidates (asked_by, idea) WHERE asked_by IS NOT NULL",
        "ALTER TABLE attempts ADD COLUMN evaluation TEXT",
        # which programs have all but one segment in common: (segment, hash of the others) of each
        """CREATE TABLE surroundings (
            candidate TEXT NOT NULL REFERENCES candidates (id), segment TEXT NOT NULL, others TEXT NOT NULL,
            PRIMARY KEY (candidate, segment))""",
        "CREATE INDEX surroundings_alike ON surroundings (segment, others)",
    ):
        db.execute(statement)


MIGRATIONS: tuple[Migration, ...] = (
    m001_tables, m002_audits, m003_size, m004_lessons, m005_wordings, m006_unproven, m007_refusals, m008_sealed,
    m009_commits, m010_indexes, m011_timeline, m012_stand_ins, m013_flow, m014_scopes,
)  # fmt: skip


def applied(db: sqlite3.Connection) -> list[str]:
    """Names of the migrations that this database has seen, oldest first."""
    return [name for (name,) in db.execute("SELECT name FROM migrations ORDER BY number")]


def migrate(db: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> list[str]:
    """Apply what is missing inside the caller's transaction and answer with the names applied now."""
    db.execute("CREATE TABLE IF NOT EXISTS migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)")
    seen = applied(db)
    missing = [step for step in migrations if step.__name__ not in seen]
    for step in missing:
        step(db)
        db.execute("INSERT INTO migrations (name) VALUES (?)", (step.__name__,))
    return [step.__name__ for step in missing]
