"""The AIS wire as types: paths, headers, messages, error bodies. Does no I/O.

Shared by client, node and transfer. The names of AIStore's own JSON keys stay inside this room; everywhere else
the words are Python's. What aisnb's node has beyond AIStore lies in `extension`.
"""
