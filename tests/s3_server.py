"""A stand-in for S3 on a loopback address."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

KEYS = {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}


@contextmanager
def bucket(name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the address of an empty bucket and the environment with which clients reach it."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        environment = {**KEYS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
        with pytest.MonkeyPatch.context() as patch:
            for key, value in environment.items():
                patch.setenv(key, value)
            boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=name)
        yield f"s3://{name}", environment
    finally:
        server.stop()
