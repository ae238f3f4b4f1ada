"""A small HTTP/1.1 load generator: raw keep-alive connections, prebuilt requests, every answer checked. A process of its own.

python -m tests.bench.load HOST PORT PATH CLIENTS SECONDS EXPECTED_STATUS < head-and-body.json > numbers.json
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from uuid import uuid4


@dataclass
class Load:
    """What was asked, and what came of it; latencies in seconds."""

    host: str
    port: int
    path: str
    seconds: float
    status: int
    headers: dict[str, str]
    body: bytes
    latencies: list[float] = field(default_factory=list)
    wrong: int = 0

    def request(self) -> bytes:
        lines = [f"POST {self.path} HTTP/1.1", f"host: {self.host}:{self.port}", "content-type: application/json"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"idempotency-key: {uuid4()}", f"content-length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body

    async def client(self, until: float) -> None:
        reader, writer = await asyncio.open_connection(self.host, self.port)
        expected = f"HTTP/1.1 {self.status} ".encode()
        while (began := time.perf_counter()) < until:
            writer.write(self.request())
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            await reader.readexactly(length)
            self.latencies.append(time.perf_counter() - began)
            self.wrong += not head.startswith(expected)
        writer.close()

    async def run(self, clients: int) -> None:
        until = time.perf_counter() + self.seconds
        await asyncio.gather(*(self.client(until) for _ in range(clients)))


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def main() -> None:
    host, port, path, clients, seconds, status = sys.argv[1:]
    told = json.load(sys.stdin)
    load = Load(host, int(port), path, float(seconds), int(status), told["headers"], json.dumps(told["body"]).encode())
    began = time.perf_counter()
    asyncio.run(load.run(int(clients)))
    passed = time.perf_counter() - began
    numbers = {
        "rate": len(load.latencies) / passed,
        "p50_ms": percentile(load.latencies, 0.5) * 1000,
        "p99_ms": percentile(load.latencies, 0.99) * 1000,
        "wrong": load.wrong,
    }
    print(json.dumps(numbers))


if __name__ == "__main__":
    main()
