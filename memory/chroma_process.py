"""The process that has Chroma's files in its hands: it reads requests, opens the folder for each, answers, and closes it.

Apart from the run because torn files of an HNSW index end the process that reads them (a segmentation fault), and a locked
database is waited for without end. Whoever asks ends this process then, and goes on: see `memory.chroma`.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO
from zlib import crc32

import numpy as np

COLLECTION = "evidence"
FORM = 2  # of what is stored; what another version wrote is made again
BATCH = 1000
IDLE_S = 5.0  # it ends by itself when nothing was asked for so long: it holds 80 MB
_HEAD = struct.Struct("<QQ")


def send(pipe: BinaryIO, said: dict[str, Any], vectors: np.ndarray | None = None) -> None:
    """Write a message and the vectors that belong to it."""
    body = b"" if vectors is None else np.ascontiguousarray(vectors, dtype="<f4").tobytes()
    shape = [0, 0] if vectors is None else list(vectors.shape)
    text = json.dumps({**said, "shape": shape}).encode()
    pipe.write(_HEAD.pack(len(text), len(body)) + text + body)
    pipe.flush()


def receive(pipe: BinaryIO) -> tuple[dict[str, Any], np.ndarray]:
    """The next message and its vectors. Raises EOFError when the other side is gone."""
    size, more = _HEAD.unpack(_exactly(pipe, _HEAD.size))
    said = json.loads(_exactly(pipe, size))
    return said, np.frombuffer(_exactly(pipe, more), dtype="<f4").reshape(said.pop("shape"))


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    data = pipe.read(size)
    if len(data) != size:
        raise EOFError
    return data


def main() -> None:
    """Answer until the other side is gone, nothing is asked any more, or something failed: Chroma keeps half-made clients."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    requests = os.fdopen(0, "rb", buffering=0)
    buffered = os.fdopen(os.dup(0), "rb")
    while select.select([requests], [], [], IDLE_S)[0]:
        try:
            asked, vectors = receive(buffered)
        except EOFError:
            return
        try:
            said, found = _load(asked) if asked["do"] == "load" else _save(asked, vectors)
        except Exception as error:
            send(answers, {"failed": f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"})
            return
        send(answers, said, found)


def _load(asked: dict[str, Any]) -> tuple[dict[str, Any], np.ndarray]:
    """Every entry whose vector is what was once stored: keys, texts and vectors."""
    keys: list[str] = []
    texts: list[str] = []
    rows: list[np.ndarray] = []
    with _collection(asked) as collection:
        count = collection.count()
        for start in range(0, count, BATCH):
            part = collection.get(limit=BATCH, offset=start, include=["documents", "metadatas", "embeddings"])
            parts = zip(part["ids"], part["documents"], part["metadatas"], part["embeddings"], strict=True)
            for key, text, data, vector in parts:
                row = np.asarray(vector, dtype="<f4")
                if text is not None and data is not None and data.get("sum") == crc32(row.tobytes()):
                    keys.append(key)
                    texts.append(text)
                    rows.append(row)
    return {"keys": keys, "texts": texts, "damaged": count - len(keys)}, np.stack(rows) if rows else np.zeros(
        (0, 0), dtype="<f4"
    )


def _save(asked: dict[str, Any], vectors: np.ndarray) -> tuple[dict[str, Any], None]:
    """Write entries over what has the same key and remove others; how many there are then, all on disk."""
    entries = asked["entries"]
    with _collection(asked) as collection:
        for start in range(0, len(asked["forget"]), BATCH):
            collection.delete(ids=asked["forget"][start : start + BATCH])
        for start in range(0, len(entries), BATCH):
            keys, texts, data = map(list, zip(*entries[start : start + BATCH], strict=True))
            rows = vectors[start : start + BATCH]
            sums = [{**one, "sum": crc32(row.tobytes())} for one, row in zip(data, rows, strict=True)]
            collection.upsert(ids=keys, documents=texts, embeddings=rows, metadatas=sums)
        return {"count": collection.count()}, None


@contextmanager
def _collection(asked: dict[str, Any]) -> Iterator[Any]:
    """The folder's collection, held by this process alone."""
    import chromadb

    from memory.collection import FUNCTIONS, quiet

    folder = Path(asked["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    # on the folder itself: whoever makes it again does not wait for one who still has the removed one
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    client: Any = chromadb.PersistentClient(str(folder), quiet())
    try:
        signature = {"form": FORM, "embedder": asked["embedder"], "config": json.dumps(asked["config"], sort_keys=True)}
        if COLLECTION not in (known.name for known in client.list_collections()):
            function = FUNCTIONS[asked["embedder"]](asked["config"])
            # vectors of length one are ranked by distance as by cosine, and unlike there kept to the bit
            # its own index of neighbours is asked by nobody here: a coarse one takes a third of the time to make
            hnsw = {"space": "l2", "max_neighbors": 8, "ef_construction": 32}
            configuration: Any = {"hnsw": hnsw, "embedding_function": function}
            client.create_collection(COLLECTION, metadata=signature, configuration=configuration)
        collection = client.get_collection(COLLECTION, embedding_function=None)
        if collection.metadata != signature:
            raise ValueError(f"it was made by {(collection.metadata or {}).get('embedder', 'an earlier version')}")
        yield collection
    finally:
        client.close()
        os.close(lock)


if __name__ == "__main__":
    main()
