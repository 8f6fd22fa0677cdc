"""A real llama.cpp server, in a process of its own, for as long as a test needs it.

Run as a program, it serves a GGUF file on a free port, and prints the address when it is ready.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONTEXT = 8192
SLOTS = 4
THREADS = 2


@contextmanager
def llama_server(file: Path, log: Path) -> Iterator[str]:
    """Serve a GGUF file and yield the api_base. What llama.cpp says goes to ``log``."""
    with log.open("wb") as output, subprocess.Popen(
        [sys.executable, __file__, str(file)], stdout=subprocess.PIPE, stderr=output, text=True
    ) as server:  # fmt: skip
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            if not address:
                raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")
            yield f"{address}/v1"
        finally:
            server.kill()


def main(file: str) -> None:
    """Serve the file until the process is killed."""
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = file
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_ctx = CONTEXT
    settings.n_parallel = SLOTS
    settings.cpuparams.n_threads = THREADS
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)
    time.sleep(3600)


if __name__ == "__main__":
    main(sys.argv[1])
