"""The command tree: each command is a typed function, defined once, that knows no front end.

The magic, the terminal and the forms are made from the same definitions:

    words.split, words.substitute   a line becomes words
    tree.find                       the words name a command (help, synonyms, "did you mean")
    parsing.parse                   the other words become the function's arguments
    running.run, running.run_line   all of it; returns the command's one value
"""

from aisnb.commands.context import Context, Session
from aisnb.commands.definition import Argument, Command, Option, Parameter, command
from aisnb.commands.running import run, run_line
from aisnb.commands.tree import Section, Tree

__all__ = [
    "Argument",
    "Command",
    "Context",
    "Option",
    "Parameter",
    "Section",
    "Session",
    "Tree",
    "command",
    "run",
    "run_line",
]
