"""Parts of the sandbox that can be tried without starting one: wire, behaviour, packages, orphans, facts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
import torch
from hypothesis import given
from hypothesis import strategies as st
from sandboxes import need
from torch import nn

import sandbox
from sandbox import engine, image, jail
from sandbox.contract import Job, Limits, SandboxError, SandboxUnavailable
from sandbox.docker import DockerSandbox
from sandbox.packages import runtime_packages
from sandbox.worker import folders, wire
from sandbox.worker.behaviour import behaviour
from sandbox.worker.bounds import Bound, Gate

sys.path.append(str(Path(sandbox.__file__).parent / "worker"))  # its files import each other by bare name
import child

TYPES = (wire.FRAME, wire.DONE)


# ---- wire -------------------------------------------------------------------------------------------------------------


class Open:
    """Lets every frame through."""

    most_meta, most_blob = 1 << 20, 1 << 20

    def admit(self, meta: dict[str, Any], meta_bytes: int, blob_bytes: int) -> None:
        """Nothing is looked at."""


JSON = st.dictionaries(st.text(), st.integers())
MESSAGES = st.tuples(st.just(wire.FRAME), JSON, st.binary()) | st.tuples(st.just(wire.DONE), JSON, st.just(b""))


@given(st.lists(MESSAGES), st.data())
def test_messages_survive_being_cut_anywhere(messages: list[Any], data: st.DataObject) -> None:
    stream = b"".join(wire.encode(*message) for message in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    decoder = wire.Decoder(TYPES, Open())
    got = []
    for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        got += decoder.feed(stream[begin:end])
    assert [tuple(message[:3]) for message in got] == messages


@given(st.binary(max_size=200))
def test_junk_is_an_error_or_waits_for_more_but_never_a_surprise(junk: bytes) -> None:
    decoder = wire.Decoder(TYPES, Gate((), 100))
    try:
        assert len(list(decoder.feed(junk))) <= len(junk) // wire.HEAD.size
    except ValueError:
        return


@pytest.mark.parametrize(("meta", "blob"), [(101, 0), (0, 1 << 20), (2**32 - 1, 0), (0, 2**64 - 1)])
def test_a_message_over_its_bound_is_refused_at_its_head(meta: int, blob: int) -> None:
    head = wire.HEAD.pack(wire.MAGIC, wire.FRAME, wire.VERSION, meta, blob)
    with pytest.raises(wire.WireError):
        list(wire.Decoder(TYPES, Gate([Bound("x", 1, 100, 1, 100)], 1000)).feed(head))


NAMES = st.text(min_size=1, max_size=8).filter(lambda name: name != "__metadata__" and name.isprintable())


@given(st.dictionaries(NAMES, st.tuples(st.sampled_from(list(wire._DTYPES)), st.lists(st.integers(0, 4), max_size=3))))
def test_packed_arrays_are_safetensors(shapes: dict[str, tuple[str, list[int]]]) -> None:
    arrays = {
        name: (np.arange(np.prod(shape)) % 2).astype(kind).reshape(shape) for name, (kind, shape) in shapes.items()
    }
    blob = wire.pack_arrays(arrays)
    for back in (safetensors.numpy.load(blob) if blob else {}, wire.unpack_arrays(blob, len(arrays))):
        assert back.keys() == arrays.keys()
        for name, array in arrays.items():
            np.testing.assert_array_equal(back[name], array, strict=True)


def test_an_array_that_safetensors_cannot_name_is_refused() -> None:
    with pytest.raises(TypeError, match="complex64"):
        wire.pack_arrays({"x": np.zeros(2, np.complex64)})


# ---- behaviour --------------------------------------------------------------------------------------------------------

BATCH = (torch.linspace(-1, 1, 12).reshape(4, 3), torch.tensor([0, 1, 0, 1]))


def fingerprint(build: Any, optimiser: Any = None, schedule: Any = None) -> str:
    torch.manual_seed(1)
    model = build()
    optimizer = optimiser(model.parameters()) if optimiser else torch.optim.AdamW(model.parameters(), lr=1e-3)
    scheduler = schedule(optimizer) if schedule else torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 100)
    return behaviour(model, optimizer, scheduler, *BATCH)


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 4)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.drop(torch.relu(self.first(x))))


class Renamed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(3, 4)
        self.b = nn.Dropout(0.5)
        self.c = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.a(x)
        x = x.clamp(min=0)
        return self.c(self.b(x))


def test_new_names_for_the_same_network_are_the_same_behaviour() -> None:
    assert fingerprint(Named) == fingerprint(Renamed) == fingerprint(Named)


def test_every_change_that_counts_is_another_behaviour() -> None:
    adam, lr = torch.optim.AdamW, torch.optim.lr_scheduler

    class Slower(Named):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) * 0.9

    class Kinder(Named):
        def __init__(self) -> None:
            super().__init__()
            self.drop = nn.Dropout(0.4)

    made = [
        fingerprint(Named),
        fingerprint(Slower),
        fingerprint(Kinder),
        fingerprint(Named, lambda p: adam(p, lr=2e-3)),
        fingerprint(Named, lambda p: adam(p, lr=1e-3, weight_decay=0)),
        fingerprint(Named, lambda p: torch.optim.SGD(p, lr=1e-3)),
        fingerprint(Named, schedule=lambda o: lr.CosineAnnealingLR(o, 101)),
        fingerprint(Named, schedule=lambda o: lr.OneCycleLR(o, 1e-2, total_steps=20)),
        fingerprint(Named, schedule=lambda o: lr.ReduceLROnPlateau(o)),
        fingerprint(Named, schedule=lambda o: lr.MultiStepLR(o, [200])),
    ]
    assert len(set(made)) == len(made)
    assert all(len(text) == 16 for text in made)


# ---- classification ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("build", "kind"),
    [
        (lambda: nn.Linear(3, 4)(torch.zeros(2, 5)), "shape"),
        (lambda: nn.Conv1d(3, 4, 3)(torch.zeros(2, 5, 9)), "shape"),
        (lambda: torch.zeros(2, 3) + torch.zeros(4), "shape"),
        (lambda: torch.zeros(2, 3).view(7), "shape"),
        (lambda: torch.cat([torch.zeros(2, 3), torch.zeros(3, 4)]), "shape"),
        (lambda: nn.BatchNorm1d(4)(torch.zeros(2, 5, 6)), "shape"),
        (lambda: nn.Conv1d(4, 6, 3, groups=4), "shape"),
        (lambda: nn.functional.cross_entropy(torch.zeros(3, 2), torch.zeros(4, dtype=torch.long)), "shape"),
        (lambda: nn.MultiheadAttention(5, 2), "shape"),
        (lambda: torch.zeros(2).sum(3), "shape"),
        (lambda: torch.optim.SGD([], lr=0.1), "crash"),
        (lambda: torch.ones(1 << 45), "memory"),
        (lambda: {}["x"], "crash"),
        (lambda: __import__("no_such_module"), "contract"),
    ],
)
def test_errors_of_torch_are_sorted_into_their_kinds(build: Any, kind: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011
        build()
    assert child.classify(caught.value) == kind, caught.value


# ---- folders ---------------------------------------------------------------------------------------------------------


def test_a_folder_is_measured_and_removed_however_deep(tmp_path: Path) -> None:
    folder = tmp_path / "job"
    folder.mkdir()
    here = os.getcwd()
    os.chdir(folder)
    for _ in range(1500):
        os.mkdir("d" * 20)
        os.chdir("d" * 20)
    Path("hidden").write_bytes(b"x" * 10_000)
    os.chdir(here)
    assert folders.size(folder, 1 << 20)[1] > folders.MAX_FILES
    folders.remove(folder)
    assert list(tmp_path.glob("job*")) == []


# ---- packages, engine, image ------------------------------------------------------------------------------------------


def test_a_file_below_a_folder_that_others_may_not_enter_is_not_open_to_all() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        home = Path(place)
        (home / "cache" / "data").mkdir(parents=True)
        for folder in (home, home / "cache", home / "cache" / "data"):
            folder.chmod(0o755)
        assert jail.open_to_all([home / "cache" / "data"])
        for closed, mode in ((home, 0o700), (home / "cache", 0o744), (home / "cache" / "data", 0o711)):
            closed.chmod(mode)
            assert not jail.open_to_all([Path("/"), home / "cache" / "data"]), closed
            closed.chmod(0o755)


def test_candidates_may_read_torch_and_what_it_needs_and_no_more() -> None:
    names = {path.name for path in runtime_packages().parts}
    assert {"torch", "numpy", "torchvision", "sympy"} <= names
    assert not names & {"mnist1d", "langchain_openai", "chromadb", "docker", "pytest"}


def test_containers_of_the_living_and_of_other_machines_are_left_alone() -> None:
    own = engine.labels("r1")
    assert not engine.orphaned(own)
    assert not engine.orphaned({**own, "guided-evolution.host": "elsewhere", "guided-evolution.birth": "x"})
    assert not engine.orphaned({})
    assert engine.orphaned({**own, "guided-evolution.birth": "another boot/1"})
    dead = subprocess.Popen(["true"])
    dead.wait()
    assert engine.orphaned({**own, "guided-evolution.pid": str(dead.pid)})


async def test_a_dead_runs_containers_are_removed_at_the_next_start() -> None:
    need("docker")
    client = engine.connect()
    marks = engine.labels("dead") | {"guided-evolution.birth": "another boot/1"}
    living = client.containers.create(image.IMAGE, ["python3"], labels=engine.labels("living"))
    dead = client.containers.create(image.IMAGE, ["python3"], labels=marks)
    box = DockerSandbox(1, run="next")
    try:
        await box.start()
        left = {container.id for container in client.containers.list(all=True)}
        assert dead.id not in left
        assert living.id in left
    finally:
        await box.close()
        living.remove(force=True)
        client.close()


def test_without_an_engine_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    with pytest.raises(SandboxUnavailable, match="start Docker"):
        engine.connect()
    facts = {fact.name: fact for fact in sandbox.probe()}
    assert not facts["docker engine"].ok
    assert facts["docker engine"].cure


def test_the_image_command_says_what_is_missing_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert image.main(["status"]) == 1


def test_nothing_heavy_is_imported_to_open_a_sandbox() -> None:
    code = "import sys, sandbox; print(sorted({'torch', 'numpy', 'docker', 'safetensors'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(sandbox.__file__).parents[1]
    )
    assert done.stdout.strip() == "[]", done.stderr


async def test_a_container_has_no_network_no_rights_and_bounds_on_everything(tmp_path: Path) -> None:
    need("docker")
    box = DockerSandbox(1, run="walls", data_dir=tmp_path, memory_mb=100, scratch_mb=8)
    try:
        await box.start()
        link: Any = box._slots[0].link
        link.container.reload()
        host, config = link.container.attrs["HostConfig"], link.container.attrs["Config"]
        assert host["NetworkMode"] == "none"
        assert host["ReadonlyRootfs"]
        assert host["CapDrop"] == ["ALL"]
        assert not host["CapAdd"]
        assert "no-new-privileges" in host["SecurityOpt"]
        assert not host["Privileged"]
        assert host["IpcMode"] == "none"
        assert 0 < host["Memory"] == host["MemorySwap"] < 2 << 30
        assert 0 < host["PidsLimit"] <= 256
        assert host["NanoCpus"] == 10**9
        assert host["LogConfig"]["Type"] == "none"
        assert {mount["RW"] for mount in link.container.attrs["Mounts"]} == {False}
        assert config["User"] == "65534:65534"
        assert config["Labels"]["guided-evolution.pid"] == str(os.getpid())
        with pytest.raises(SandboxError, match="asks for more"):
            await box.run(Job("j", "train", {}, "", None, limits=Limits(memory_mb=500, scratch_mb=8)))
        with pytest.raises(SandboxError, match="data below"):
            await box.run(Job("j", "train", {}, "", Path("/etc"), limits=Limits(memory_mb=50, scratch_mb=8)))
    finally:
        await box.close()
    assert not engine.connect().containers.list(all=True, filters={"label": f"guided-evolution.token={box._token}"})


def test_scratch_folders_of_dead_processes_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead = subprocess.Popen(["true"])
    dead.wait()
    gone, mine, other = (tmp_path / f"evolve-jail-{pid}-0-x" for pid in (dead.pid, os.getpid(), "notes"))
    for folder in (gone / "deep" / "er", mine, other):
        folder.mkdir(parents=True)
    jail.clear_orphans()
    assert sorted(tmp_path.glob("evolve-jail-*")) == sorted([mine, other])
