"""THE AGENCY: carries a dossier, here called its case, from reception to its result, step by step, and keeps the clock.

Owns: the case with the steps of its process, each with its allotted time and due time; the decision; the result; its journal.
Listens to intake: `dossier.received` opens a case (the agency has the baton), `dossier.resolved_on_the_spot` one that is
closed already; what the desk does after completion is mirrored, so that all services agree on the state. It keeps its own copies
of procedures, offices and calendars, every version, and asks nobody while it decides.
Tells: `dossier.taken_up`, `step.completed`, `decision.issued`, `papers.taken_over`, `papers.handed_over`, and
`dossier.completed`, with which the baton goes back to the desk.
Doors: `api.py` for officers and leaders, `reactions.py` for the peers, `chores.py` for time. Rules: `domain/`.
"""
