"""The random-kill harness: real processes over a bad line, killed at random; then it is counted what was lost, doubled or differs.

__main__.py    python -m tests.torture: one run, its table, its exit code
run.py         a run from the raising of the curtain to the report
line.py        the bad line: a proxy before each service that shares calls between its copies, and breaks some
stage.py       the processes: two copies of each service, the gateways, the database
trouble.py     who is killed when, drawn from the seed
players.py     clients who play dossiers and repeat themselves as real ones do
ledger.py      what clients were promised
audit.py       what the databases say, held against each other and against the ledger
broken_*.py    services broken on purpose, to see the harness fail
"""
