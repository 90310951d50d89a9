"""Progress, interrupts, restarts and stored notebooks, in real kernels."""

from __future__ import annotations

import re
import time
import uuid
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

import aisnb
from tests.notebook.kernels import PATIENCE
from tests.support.faulty import Fault, FaultySource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.notebook.kernels import Cell, Kernel

    NewKernel = Callable[[], Kernel]

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
LOAD = "%load_ext aisnb"

pytestmark = pytest.mark.filterwarnings("ignore:.*over TCP without encryption")


@pytest.fixture
def source() -> Iterator[FaultySource]:
    """Eight files; the last stalls until the source is told to release it."""
    with FaultySource() as source:
        for number in range(1, 8):
            source.add(f"/shard-{number}.tar", b"x" * number * 10_000)
        source.add("/shard-8.tar", b"x" * 200_000, then=Fault(silent=True))
        yield source
        source.release()


@pytest.fixture
def bucket() -> str:
    """A bucket of its own for each test."""
    return f"ais://k-{uuid.uuid4().hex[:12]}"


def download(source: FaultySource, bucket: str) -> str:
    """Return the command that copies the source's files."""
    return f"%ais start download {source.url('/')}shard-{{1..8}}.tar {bucket}"


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def job_id(cell: Cell) -> str:
    """Return the id of the job that a cell names."""
    found = re.search(r"dnl-[\w-]+", cell.value)
    assert found, cell
    return found[0]


def is_stuck_at_the_last_file(identity: str) -> bool:
    """Return whether all files but the stalling one are there."""
    return aisnb.connect().job(identity).done == 7


def test_progress_is_a_widget_that_leaves_a_true_line(new_kernel: NewKernel, source: FaultySource, bucket: str) -> None:
    kernel = new_kernel()
    kernel.run(LOAD)
    began = kernel.begin(download(source, bucket) + " --progress")
    seen = kernel.finish(began, until=lambda cell: bool(cell.of_type("display_data")))
    (shown,) = seen.of_type("display_data")
    assert WIDGET_VIEW in shown["data"]
    source.release()
    done = kernel.finish(began)
    assert done.ename == ""
    painted = [str(each["data"]["state"]["value"]) for each in done.of_type("comm_msg") if _paints(each)]
    bars = [float(width) for page in painted for width in re.findall(r'progress-bar" style="width: ([\d.]+)%', page)]
    assert bars == sorted(bars)
    assert "8 files" in painted[-1]
    last = of_display(done, shown)[-1]
    assert WIDGET_VIEW not in last["data"]
    for text in (last["data"]["text/plain"], last["data"]["text/html"]):
        assert "8 files" in text
    assert 'class="aisnb-job"' in last["data"]["text/html"]


def _paints(message: dict[str, Any]) -> bool:
    return "value" in message["data"].get("state", {})


def of_display(cell: Cell, shown: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a display was replaced by, in order."""
    return [each for each in cell.of_type("update_display_data") if each["transient"] == shown["transient"]]


def test_what_is_stored_of_a_running_job_says_when_it_was_and_how_to_look_again(
    new_kernel: NewKernel, source: FaultySource, bucket: str
) -> None:
    kernel = new_kernel()
    kernel.run(LOAD)
    kernel.run(f"job = {download(source, bucket)}")
    _, stored = kernel.run("job.progress()").of_type("display_data")
    for kind in ("text/plain", "text/html"):
        text = stored["data"][kind].replace("&#x27;", "'")
        assert re.search(r"as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text)
        assert re.search(r"'%ais show job dnl-[\w-]+ --progress' shows how far it is now", text)
    assert re.search(r"dnl-[\w-]+: (pending, )?\d of 8 files", stored["data"]["text/plain"])
    assert "%" not in stored["data"]["text/plain"].replace("%ais", "")
    source.release()
    wait_for(lambda: kernel.run("1").value == "1" and "" in of_updates(kernel, stored))


def of_updates(kernel: Kernel, shown: dict[str, Any]) -> list[str]:
    """Return the texts that a display was replaced by, by whichever cell, in order."""
    return [each["data"]["text/plain"] for each in kernel.updates if each["transient"] == shown["transient"]]


def test_the_display_of_a_job_returns_at_once_and_stays_in_its_cell(
    new_kernel: NewKernel, source: FaultySource, bucket: str
) -> None:
    kernel = new_kernel()
    kernel.run(LOAD)
    kernel.run(f"job = {download(source, bucket)}")
    cell = kernel.run("job.progress()")
    shown, _ = cell.of_type("display_data")
    source.release()
    assert kernel.run("job.wait()").ename == ""
    wait_for(lambda: kernel.run("1").value == "1" and bool(of_updates(kernel, shown)))
    assert "8 files" in of_updates(kernel, shown)[-1]


def test_two_jobs_at_once_end_each_in_its_own_cell(new_kernel: NewKernel, source: FaultySource, bucket: str) -> None:
    kernel = new_kernel()
    kernel.run(LOAD)
    shown = []
    for number in (1, 2):
        cell = kernel.run(f"job{number} = {download(source, f'{bucket}-{number}')}\njob{number}.progress()")
        shown.append(cell.of_type("display_data")[0])
    identities = [kernel.run(f"job{number}.id").value.strip("'") for number in (1, 2)]
    source.release()
    wait_for(lambda: kernel.run("1").value == "1" and all(of_updates(kernel, each) for each in shown))
    for display, identity in zip(shown, identities, strict=True):
        (text,) = of_updates(kernel, display)
        assert text.startswith(f"{identity}: 8 files")


def test_a_job_that_another_kernel_stops_ends_its_display_and_its_wait(
    new_kernel: NewKernel, source: FaultySource, bucket: str
) -> None:
    kernel, other = new_kernel(), new_kernel()
    for each in (kernel, other):
        each.run(LOAD)
    identity = job_id(kernel.run(f"job = {download(source, bucket)}\njob.progress()\njob"))
    began = kernel.begin(f"%ais wait {identity} --progress")
    kernel.finish(began, until=lambda cell: bool(cell.of_type("display_data")))
    assert "Stopped download job" in other.run(f"%ais stop {identity}").value
    cell = kernel.finish(began)
    assert cell.ename == "JobAborted"
    wait_for(lambda: kernel.run("1").value == "1" and len(ends_of(kernel)) == 2)
    assert all(end.endswith("then it was stopped") for end in ends_of(kernel))
    assert identity in kernel.run("job").value
    assert "aborted" in kernel.run("job").value


def ends_of(kernel: Kernel) -> list[str]:
    """Return the last lines that took the place of widgets."""
    return [each["data"]["text/plain"] for each in kernel.updates if "aisnb-stored" not in each["data"]["text/html"]]


@pytest.mark.parametrize("command", ["wait {}", "wait {} --progress", "show job {} --progress", "wait {} --timeout 1h"])
def test_waiting_for_a_paused_job_ends_at_once_and_says_how_to_resume_it(
    new_kernel: NewKernel, source: FaultySource, bucket: str, command: str
) -> None:
    kernel = new_kernel()
    kernel.run(LOAD)
    identity = job_id(kernel.run(download(source, bucket)))
    kernel.run(f"%ais pause {identity}")
    cell = kernel.run(f"%ais {command.format(identity)}")
    assert cell.ename == "JobPaused"
    assert f"'%ais resume {identity}' lets it go on" in cell.evalue
    assert all("it was paused" in end for end in ends_of(kernel))
    source.release()
    assert "8 of 8 files" in kernel.run(f"%ais resume {identity} --wait").value


def test_values_and_progress_show_well_without_the_extension(
    new_kernel: NewKernel, source: FaultySource, bucket: str
) -> None:
    source.release()
    kernel = new_kernel()
    kernel.run("import aisnb\nclient = aisnb.connect()")
    job = f"client.download('{source.url('/')}shard-{{1..8}}.tar', '{bucket}')"
    cell = kernel.run(f"job = {job}\njob.progress()\njob.wait()")
    assert WIDGET_VIEW in cell.of_type("display_data")[0]["data"]
    assert "<b>" in cell.of_type("execute_result")[0]["data"]["text/html"]
    for listing in (f"client.ls('{bucket}')", f"client.summary('{bucket}')", "client.jobs()"):
        (shown,) = kernel.run(listing).of_type("execute_result")
        assert "KiB" in shown["data"]["text/html"]
        assert "KiB" in shown["data"]["text/plain"]


@pytest.mark.parametrize(("style", "text"), [("off", ""), ("text", "8 files")])
def test_the_environment_turns_widgets_off(
    new_kernel: NewKernel, source: FaultySource, bucket: str, style: str, text: str
) -> None:
    kernel = new_kernel()
    kernel.run(f"{LOAD}\nimport os\nos.environ['AISNB_PROGRESS'] = {style!r}")
    source.release()
    cell = kernel.run(download(source, bucket) + " --progress")
    assert cell.of_type("display_data") == []
    assert text in cell.stderr


def test_without_ipywidgets_progress_is_text_with_one_note(
    new_kernel: NewKernel, source: FaultySource, bucket: str
) -> None:
    kernel = new_kernel()
    kernel.run(f"import sys\nsys.modules['ipywidgets'] = None\n{LOAD}")
    source.release()
    for _ in range(2):
        cell = kernel.run(f"{download(source, bucket)} --progress --force")
        assert cell.of_type("display_data") == []
        assert "8 files" in cell.stderr
    assert kernel.said.count("pip install ipywidgets") == 1


@pytest.mark.parametrize("command", ["wait", "show job --progress"])
def test_an_interrupted_wait_leaves_the_job_running_and_says_how_to_stop_it(
    new_kernel: NewKernel, source: FaultySource, bucket: str, command: str
) -> None:
    kernel = new_kernel()
    kernel.run(LOAD)
    identity = job_id(kernel.run(download(source, bucket)))
    wait_for(lambda: is_stuck_at_the_last_file(identity))
    began = kernel.begin(f"%%ais\nstatus\n{command} {identity}")
    kernel.finish(began, until=lambda cell: bool(cell.of_type("display_data")))
    time.sleep(1)  # from the first line's display into the second line's wait
    kernel.manager.interrupt_kernel()
    cell = kernel.finish(began)
    assert (cell.ename, cell.traceback) == ("KeyboardInterrupt", ["KeyboardInterrupt"])
    assert f"%ais stop {identity}" in cell.stderr
    assert aisnb.connect().job(identity).state == "running"
    source.release()
    assert "8 of 8 files" in kernel.run(f"%ais wait {identity}").value


@pytest.mark.parametrize("end", ["restart", "kill"])
def test_a_job_outlives_its_kernel_and_another_finds_and_watches_it(
    new_kernel: NewKernel, source: FaultySource, bucket: str, end: str
) -> None:
    kernel = new_kernel()
    kernel.run(LOAD)
    identity = job_id(kernel.run(download(source, bucket)))
    wait_for(lambda: is_stuck_at_the_last_file(identity))
    if end == "restart":
        kernel.restart()
    else:
        kernel.kill()
        kernel = new_kernel()
    kernel.run(LOAD)
    assert identity in kernel.run("%ais show job").value
    assert "running" in kernel.run(f"%ais show job {identity}").value
    began = kernel.begin(f"%ais show job {identity} --progress")
    kernel.finish(began, until=lambda cell: bool(cell.of_type("display_data")))
    source.release()
    assert "8 of 8 files" in kernel.finish(began).value


def run_notebook(folder: Path, *cells: str) -> nbformat.NotebookNode:
    """Execute a notebook of these cells as nbclient, nbmake and papermill do."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=int(PATIENCE), resources={"metadata": {"path": str(folder)}}).execute()
    return notebook


def test_a_stored_notebook_says_how_its_jobs_ended(tmp_path: Path, source: FaultySource, bucket: str) -> None:
    source.release()
    watched = download(source, bucket) + " --progress"
    notebook = run_notebook(tmp_path, LOAD, watched, "job = %ais jobs\njob.head(1)", watched)
    stored = nbformat.writes(nbformat.from_dict({**notebook, "metadata": {}}))
    assert "0%" not in stored
    assert WIDGET_VIEW not in stored
    for cell in (notebook.cells[1], notebook.cells[3]):
        line = next(each for each in cell.outputs if each.output_type == "display_data")
        assert "8 files" in line["data"]["text/plain"]
        assert "8 files" in line["data"]["text/html"]


@pytest.mark.parametrize("exporter", ["HTMLExporter", "MarkdownExporter"])
def test_a_stored_notebook_reads_well_on_a_page_without_jupyter(
    tmp_path: Path, source: FaultySource, bucket: str, exporter: str
) -> None:
    import nbconvert

    source.release()
    notebook = run_notebook(tmp_path, LOAD, download(source, bucket) + " --progress", f"%ais ls {bucket}")
    page, _ = getattr(nbconvert, exporter)().from_notebook_node(notebook)
    body = page[page.index("load_ext") :]
    assert re.search(r"dnl-[\w-]+: 8 files, 468\.75KiB in \d:\d\d", body)
    assert "195.31KiB" in body
    assert "8 objects, 468.75KiB" in body
    assert "0%" not in body.replace("100%", "")


def test_a_cell_fails_when_files_failed(tmp_path: Path, source: FaultySource, bucket: str) -> None:
    source.release()
    source.add("/shard-3.tar", then=Fault(status=404))
    with pytest.raises(CellExecutionError) as caught:
        run_notebook(tmp_path, LOAD, download(source, bucket) + " --wait")
    assert caught.value.ename == "JobFailed"
    assert "shard-3.tar" in caught.value.evalue
    assert "1 of 8 files failed" in caught.value.evalue
    assert len(caught.value.traceback.splitlines()) < 25


def test_papermill_keeps_the_record_of_a_failed_job(tmp_path: Path, source: FaultySource, bucket: str) -> None:
    import papermill

    source.release()
    source.add("/shard-3.tar", then=Fault(status=404))
    cells = [nbformat.v4.new_code_cell(text) for text in (LOAD, download(source, bucket) + " --progress")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "in.ipynb")
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(
            tmp_path / "in.ipynb", tmp_path / "out.ipynb", kernel_name="python3", language="python", progress_bar=False
        )
    assert caught.value.ename == "JobFailed"
    record = (tmp_path / "out.ipynb").read_text()
    assert "1 failed" in record
    assert "0%" not in record
