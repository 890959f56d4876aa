"""What is remembered of a run: the ledger (SQLite, the truth) and an index over it (Chroma, derived).

The run's own process writes; every viewer reads. What was replied and what was measured is on disk before anything is
decided from it. `records` holds the plain records that all rooms share.
"""
