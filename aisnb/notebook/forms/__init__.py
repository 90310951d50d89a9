"""Forms to fill in and click, made from the definitions of the commands; known as ``aisnb.forms``.

preview, recall           what a text stands for; what runs already
runner                    a click starts a command in a thread of its own, and returns
style                     how it looks
foresight, insertion      how many bytes a command would move; the lines of a form into a cell
fields, job_panel, form   a field from an argument; a job's bar and buttons; the frame, and the form as text
two_steps, command_form   the forms
"""

from __future__ import annotations

from aisnb.commands import Session
from aisnb.commands.catalogue import COMMANDS
from aisnb.commands.forms import command_with_form
from aisnb.notebook.forms.command_form import CommandForm
from aisnb.notebook.forms.form import Form
from aisnb.notebook.forms.two_steps import TwoSteps

__all__ = ["CommandForm", "Form", "TwoSteps", "for_command", "two_steps"]


def two_steps(directory: str = "", source: str = "", destination: str = "") -> TwoSteps:
    """Return the form of both steps, to be shown as the last value of a cell: what ``%ais form`` shows.

    Args:
        directory: what to serve, filled in already.
        source: which files: a link, a template of links, or a template of names in the directory.
        destination: the bucket.

    Returns:
        A form with ``.url`` (where the directory is served), ``.job`` and ``.lines`` (the same in cells).

    Example:
        aisnb.forms.two_steps("shards", "shard-{001..020}.tar", "ais://abc")
    """
    return TwoSteps(Session(COMMANDS), str(directory), source, destination)


def for_command(name: str) -> CommandForm:
    """Return the form of one command: what ``%ais form COMMAND`` shows.

    Args:
        name: ``"start download"``, ``"start prefetch"``, ``"serve"``, ``"get"``, ``"put"``, ``"archive ls"``,
            ``"archive get"``.

    Returns:
        A form with ``.value`` (what the command returned last) and ``.lines``.

    Raises:
        UsageError: there is no such command, or it has no form.

    Example:
        aisnb.forms.for_command("get")
    """
    session = Session(COMMANDS)
    return CommandForm(session, command_with_form(session, name.split()))
