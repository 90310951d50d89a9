"""The form of both steps: serve a directory, then copy its files into a bucket."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ipywidgets import Button, Layout

from aisnb.commands.lines import lines_for, words_for
from aisnb.errors import DirectoryNotFound
from aisnb.notebook import pieces
from aisnb.notebook.forms import style
from aisnb.notebook.forms.fields import Field
from aisnb.notebook.forms.form import Form
from aisnb.notebook.forms.job_panel import JobPanel
from aisnb.notebook.forms.preview import preview_files, resolve
from aisnb.notebook.forms.recall import Recalled, recall
from aisnb.notebook.forms.runner import Outcome, begin, run_words
from aisnb.protocol.extension import ABORTED, FINISHED

if TYPE_CHECKING:
    from aisnb.client import Job
    from aisnb.commands import Context

_TITLE = "Copy a directory into a bucket, in two steps"
_DIRECTORY_HELP = "a directory of this machine, to be served over HTTP"
_FILES_HELP = "which files of the directory: shard-{001..999}.tar; or a link, or a template of links, from elsewhere"


class TwoSteps(Form):
    """The form of both steps.

    What is served and copied from here already, also by a kernel that is gone, is found and shown.

    Attributes:
        url: where the directory is served; "" before.

    Args:
        context: what the commands run with.
        directory: what to serve.
        source: a link, a template of links, or a template of names in the directory.
        destination: the bucket.
    """

    def __init__(self, context: Context, directory: str = "", source: str = "", destination: str = "") -> None:
        super().__init__(_TITLE, ["two-steps"])
        self._context = context
        self._step_1, _ = context.tree.find(["serve"])
        self._step_2, _ = context.tree.find(["start", "download"])
        self.url = ""
        self._served = Path()
        self._waiting = ""
        self._serve = Button(description="Serve", button_style="primary", layout=Layout(width="8em", flex="none"))
        self._start = Button(description="Start", button_style="primary", layout=Layout(width="8em", flex="none"))
        self._panel = JobPanel(context, self._job_changed)
        (place,) = self._step_1.arguments
        files, bucket = self._step_2.arguments
        self._directory = Field(place, "1. Directory", _DIRECTORY_HELP, button=self._serve)
        self._source = Field(files, "2. Files", _FILES_HELP, look=preview_files)
        self._destination = Field(bucket, "Bucket", button=self._start)
        self._given = (directory, source, destination)
        self._fill_in(*self._given)
        self._fields = (self._directory, self._source, self._destination)
        for field in self._fields:
            field.on_change(self._changed)
        self._serve.on_click(lambda _button: self._begin_serving())
        self._start.on_click(lambda _button: self._begin_copying())
        self._arrange([self._directory.box], [self._source.box, self._destination.box, self._panel.box])
        self._refresh()
        begin(lambda: Outcome(recall(context, directory)), self._recalled)

    @property
    def job(self) -> Job | None:
        """The job that was started last; None before."""
        return self._panel.job

    @property
    def lines(self) -> list[str]:
        """The lines that do in cells what the form does. What is still to be filled in stands in capitals."""
        link, directory = self._link(), self._directory.text
        first = lines_for(words_for(self._step_1, {"directory": directory})) if directory or not link else []
        values = {"source": link, "destination": self._destination.text}
        return [*first, *lines_for(words_for(self._step_2, values))]

    def _link(self) -> str:
        """Return where the files are; "" until that is known: not before the directory that is filled in is served."""
        link = resolve(self._source.text, self.url if self._is_served() else "")
        of_another = self.url and link.startswith(self.url) and self._directory.text and not self._is_served()
        return link if "://" in link and not of_another else ""

    def _is_served(self) -> bool:
        """Return whether it is the directory that is filled in which is served."""
        return bool(self.url) and Path(self._directory.text) == self._served

    def _fill_in(self, directory: str, source: str, destination: str) -> None:
        self._directory.text, self._source.text, self._destination.text = directory, source, destination

    def _changed(self) -> None:
        """What came of the last click was about other texts. Until then it stays, whatever else ends meanwhile."""
        with self._lock:
            self._drop_answers()
            self._refresh()

    def _drop_answers(self) -> None:
        for field in self._fields:
            field.drop_answer()

    def _refresh(self) -> None:
        """Say under each field what it stands for, and offer what can be done now. Asks nobody."""
        with self._lock:
            self._check_directory()
            fits = self._check_source()
            fits = not self._destination.check().error and fits
            filled = bool(self._link() and self._destination.text)
            self._serve.disabled = not self._directory.text or bool(self._waiting)
            self._start.disabled = not (fits and filled) or bool(self._waiting) or self._panel.is_busy
            self._show_lines()

    def _check_directory(self) -> None:
        if self._is_served():
            self._directory.say(style.success(f"Served at {self.url}"))
        else:
            self._directory.check()

    def _check_source(self) -> bool:
        found = self._source.check()
        if found.text and not self._link():
            once = "once a directory is served; or write a whole link, http://…"
            first = "press Serve first, as the directory above is not served yet"
            self._source.say(style.hint(f"{found.html}; {pieces.text(first if self._directory.text else once)}"))
        return not found.error

    def _begin_serving(self) -> None:
        words = words_for(self._step_1, {"directory": self._directory.text})
        if self._wait_for("Serving …"):
            run_words(words, self._context, self._serving)

    def _serving(self, outcome: Outcome) -> None:
        with self._lock:
            self._waiting = ""
            if not outcome.error:
                self._take_server(outcome.value.directory, outcome.value.url)
            self._refresh()
            if outcome.error:
                self._directory.answer(style.failure(outcome.error))

    def _take_server(self, directory: Path, url: str) -> None:
        before, self.url, self._served = self.url, url, directory
        self._directory.text = str(directory)
        source = self._source.text
        if not source or (before and source.startswith(before)):
            self._source.text = url + source.removeprefix(before)  # of the same files as before, in this directory

    def _begin_copying(self) -> None:
        link = self._link()
        words = words_for(self._step_2, {"source": link, "destination": self._destination.text})
        if self._wait_for("Starting …"):
            run_words(words, self._context, self._copying, first=lambda: self._check_presence(link))

    def _copying(self, outcome: Outcome) -> None:
        with self._lock:
            self._waiting = ""
            if not outcome.error:
                self._panel.show(outcome.value, outcome.warnings)
            self._refresh()
            if outcome.error or outcome.notes:
                notes = style.hint(pieces.text(" ".join(outcome.notes)))
                self._destination.answer(style.failure(outcome.error) or notes)

    def _wait_for(self, what: str) -> bool:
        """Keep the buttons until an answer comes; return whether that was not so already."""
        with self._lock:
            if self._waiting:
                return False
            self._waiting = what
            self._drop_answers()
            self._refresh()
            return True

    def _check_presence(self, link: str) -> None:
        """Look whether what is served is there.

        Raises:
            DirectoryNotFound: it has vanished.
        """
        if self.url and link.startswith(self.url) and not self._served.is_dir():
            raise DirectoryNotFound(
                f"'{self._served}' is served, but the directory is not there any more. Put it back, or serve another."
            )

    def _job_changed(self) -> None:
        self._refresh()
        job = self.job
        if job is None or self._panel.is_busy:
            return
        if job.last.state == FINISHED and not job.last.failed:
            self._panel.say(style.success(f"Done. To see what is there: %ais ls {job.last.bucket}"))
        elif job.last.state == ABORTED:
            self._panel.say(style.hint("Stopped. What has come stays; Start brings the rest."))
        else:
            begin(lambda: self._missing_source(job.last.source), self._say_what_is_missing)

    def _missing_source(self, link: str) -> Outcome:
        self._check_presence(link)
        return Outcome()

    def _say_what_is_missing(self, outcome: Outcome) -> None:
        if outcome.error:
            self._directory.answer(style.failure(outcome.error))

    def _recalled(self, outcome: Outcome) -> None:
        """Show what was found of earlier work, unless the user was faster."""
        found = outcome.value
        with self._lock:
            filled_in = (self._directory.text, self._source.text, self._destination.text)
            if isinstance(found, Recalled) and not (self.url or self.job or self._waiting) and filled_in == self._given:
                self._take_server(found.directory, found.url)
                if found.job is not None:
                    self._take_job(found.job)
            self._refresh()

    def _take_job(self, job: Job) -> None:
        """Show a job that runs, if it is the one that the form would start, or the form has nothing to start yet."""
        _, source, destination = self._given
        if not source and not destination:
            self._fill_in(self._directory.text, job.last.source, job.last.destination or job.last.bucket)
        elif self._link() != job.last.source:
            return
        self._panel.show(job)
