"""Every command of aisnb, in the order of the overview."""

from __future__ import annotations

from aisnb.commands import guide
from aisnb.commands.tree import Section, Tree

TREE = Tree((Section("Help", (guide.show_help, guide.search)),))
