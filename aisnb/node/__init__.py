"""The embedded node: a single-machine "cluster" that speaks AIStore's REST API, as a process of its own.

``python -m aisnb.node --root DIR`` runs it; `app` joins the routes, `state` is what they share.
"""
