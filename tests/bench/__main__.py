"""make bench: what one small machine does, as ratios of one run. Figures of different runs are not to be compared; ratios are."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from shared.local_postgres import LocalPostgres
from shared.postgres_binaries import find_binaries
from shared.tokens import development_token
from tests.bench import due_dates, lateness, search, timers
from tests.bench.load import percentile

ROOT = Path(__file__).parent.parent.parent
SECONDS = float(os.environ.get("MOTCUA_BENCH_SECONDS", "6"))
CLIENTS = (1, 8, 32)
DESK = "H14.001"
PROCEDURE = "CB-1.001806"
BODY: dict[str, Any] = {
    "procedure": PROCEDURE,
    "applicant": {
        "name": "Nông Thị Mẫu",
        "identity_number": "004190000001",
        "phone": "0912345678",
        "email": "mau@example.org",
        "address": "Tổ 1, phường Thục Phán, tỉnh Cao Bằng",
    },
    "representative": {"name": "Hoàng Văn Thử", "identity_number": "004085000002", "phone": "0987654321"},
    "papers": [
        {"name": "Văn bản đề nghị công nhận cơ sở sản xuất, kinh doanh", "originals": 1},
        {"name": "Bản sao quyết định thành lập", "copies": 1, "file": "sha256:3b1f"},
        {"name": "Danh sách người lao động là người khuyết tật", "originals": 1, "copies": 1},
    ],
    "result": {"way": "desk"},
}


def main() -> None:
    _receipts()
    print()
    due_dates.main()
    print()
    lateness.main()
    print()
    timers.main()
    print()
    search.main()


def _receipts() -> None:
    with tempfile.TemporaryDirectory(prefix="motcua-bench-") as directory:
        home = Path(directory) / "home"
        environment = _environment(home)
        with LocalPostgres(home) as server, _stack(environment) as peers:
            urls = peers.urls
            _prepare(environment, urls, home)
            token = development_token(home, role="desk_officer", offices=(DESK,))
            print(f"One machine, {os.cpu_count()} cores, {SECONDS:g} s a measurement, one uvicorn worker, durable commits.\n")
            print(f"{'receipts per second':34}" + "".join(f"{clients:>4} clients (p50 / p99 ms)   " for clients in CLIENTS))
            pgbench = [_pgbench(server, clients) for clients in CLIENTS]
            _line("pgbench, the same inserts", pgbench)
            _forget_deliveries(server)
            with _process(environment, "tests.bench.bare", str(port := _free_port())):
                _wait(f"http://127.0.0.1:{port}/openapi.json")
                bare = [_load(f"http://127.0.0.1:{port}", token, clients) for clients in CLIENTS]
            _line("bare FastAPI route, the same body", bare)
            _settle(urls)
            _visible(home, urls, token)
            # The peers would want the second core for their own work on each dossier: the desk is measured as in their absence.
            with peers.absent():
                ours = [_load(urls["intake"], token, clients) for clients in CLIENTS]
            _line("POST /v1/dossiers, peers away", ours)
            _ratios("  of pgbench", ours, pgbench)
            _ratios("  of the bare route", ours, bare)
            together = [_load(urls["intake"], token, clients) for clients in CLIENTS]
            _line("POST /v1/dossiers, peers at work", together)
            _ratios("  of pgbench", together, pgbench)


def _visible(home: Path, urls: dict[str, str], token: str) -> None:
    """From the 201 at the desk to the case that the agency can see, when nothing else is going on."""
    agency = {"authorization": f"Bearer {development_token(home, role='case_officer', offices=('H14',))}"}
    desk = {"authorization": f"Bearer {token}"}
    delays: list[float] = []
    with httpx.Client() as client:
        for _ in range(60):
            answer = client.post(f"{urls['intake']}/v1/dossiers", json=BODY, headers=desk | {"idempotency-key": str(uuid4())})
            received = time.perf_counter()
            name = answer.json()["id"]
            while client.get(f"{urls['processing']}/v1/cases/{name}", headers=agency).status_code != 200:
                time.sleep(0.001)
            delays.append((time.perf_counter() - received) * 1000)
            time.sleep(0.05)
    print(f"\nfrom 201 to the visible case, idle   p50 {percentile(delays, 0.5):.1f} ms   p99 {percentile(delays, 0.99):.1f} ms")


def _line(name: str, numbers: list[dict[str, float]]) -> None:
    print(f"{name:34}" + "".join(f"{one['rate']:8.0f}  ({one['p50_ms']:6.2f} / {one['p99_ms']:7.2f})     " for one in numbers))
    if wrong := sum(one.get("wrong", 0) for one in numbers):
        raise SystemExit(f"{wrong:.0f} answers were not what they should be")


def _ratios(name: str, ours: list[dict[str, float]], theirs: list[dict[str, float]]) -> None:
    print(f"{name:34}" + "".join(f"{one['rate'] / other['rate']:8.2f}{'':24}" for one, other in zip(ours, theirs, strict=True)))


def _pgbench(server: LocalPostgres, clients: int) -> dict[str, float]:
    command = [find_binaries() / "pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}", f"--time={SECONDS:g}", "--log"]
    with tempfile.TemporaryDirectory() as directory:
        script = ROOT / "tests" / "bench" / "reception.sql"
        done = subprocess.run([*command, f"--file={script}", server.dsn], cwd=directory, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"pgbench failed: {done.stderr[-1000:]}")
        latencies = [int(line.split()[2]) / 1000 for log in Path(directory).glob("pgbench_log.*") for line in log.read_text().splitlines()]
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    assert rate, done.stdout
    return {"rate": float(rate[1]), "p50_ms": percentile(latencies, 0.5), "p99_ms": percentile(latencies, 0.99)}


def _forget_deliveries(server: LocalPostgres) -> None:
    """Nobody will ever take what pgbench wrote."""
    statement = "delete from intake.delivery where subscriber like 'bench%'"
    subprocess.run([find_binaries() / "psql", "--quiet", "--no-psqlrc", "--command", statement, server.dsn], check=True)


def _load(url: str, token: str, clients: int) -> dict[str, float]:
    host, _, port = url.removeprefix("http://").partition(":")
    told = json.dumps({"headers": {"authorization": f"Bearer {token}"}, "body": BODY})
    command = [sys.executable, "-m", "tests.bench.load", host, port, "/v1/dossiers", str(clients), f"{SECONDS:g}", "201"]
    return json.loads(subprocess.run(command, input=told, capture_output=True, text=True, check=True, cwd=ROOT).stdout)


def _environment(home: Path) -> dict[str, str]:
    ports = {service: _free_port() for service in ("intake", "processing", "notifications")}
    urls = {f"MOTCUA_{service.upper()}_URL": f"http://127.0.0.1:{port}" for service, port in ports.items()}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOTCUA_") and name != "DATABASE_URL"}
    return kept | urls | {"MOTCUA_HOME": str(home), "MOTCUA_MODE": "development", "MOTCUA_LOG_LEVEL": "ERROR"}


@dataclass
class Peers:
    """The three services as processes; the agency and the voice can be away for a while."""

    urls: dict[str, str]
    environment: dict[str, str]
    away: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def come(self) -> None:
        for service in ("processing", "notifications"):
            self.away.enter_context(_process(self.environment, f"services.{service}"))
            _wait(f"{self.urls[service]}/health/ready")

    @contextlib.contextmanager
    def absent(self) -> Iterator[None]:
        self.away.close()
        yield
        self.come()


@contextlib.contextmanager
def _stack(environment: dict[str, str]) -> Iterator[Peers]:
    urls = {service: environment[f"MOTCUA_{service.upper()}_URL"] for service in ("intake", "processing", "notifications")}
    peers = Peers(urls, environment)
    with _process(environment, "services.intake"), peers.away:
        _wait(f"{urls['intake']}/health/ready")
        peers.come()
        yield peers


@contextlib.contextmanager
def _process(environment: dict[str, str], module: str, *words: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", module, *words], env=environment, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait(20)


def _prepare(environment: dict[str, str], urls: dict[str, str], home: Path) -> None:
    for words in (("office", "load", "demo/data/offices.csv"), ("catalogue", "load", "demo/data/procedures.yaml")):
        subprocess.run([sys.executable, "-m", "services", *words], env=environment, cwd=ROOT, check=True, capture_output=True)
    calendar = ("calendar", "load", "shared/official_calendar.csv")
    subprocess.run([sys.executable, "-m", "services", *calendar], env=environment, cwd=ROOT, check=True, capture_output=True)
    administrator = development_token(home, role="administrator", offices=("H14",))
    headers = {"authorization": f"Bearer {administrator}", "idempotency-key": str(uuid4())}
    httpx.put(f"{urls['intake']}/v1/offices/H14.010/procedures/{PROCEDURE}", headers=headers, json={}).raise_for_status()
    _settle(urls)


def _settle(urls: dict[str, str], patience_seconds: float = 120) -> None:
    until = time.monotonic() + patience_seconds
    while not httpx.get(f"{urls['intake']}/health/ready", timeout=30).json()["at_rest"]:
        if time.monotonic() > until:
            raise SystemExit("the services do not come to rest")
        time.sleep(0.2)


def _wait(url: str, patience_seconds: float = 60) -> None:
    until = time.monotonic() + patience_seconds
    while time.monotonic() < until:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(url, timeout=5).status_code == 200:
                return
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


if __name__ == "__main__":
    main()
