"""A bucket of S3 on loopback, for what is behind a URL."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

URL = "s3://team"


@contextmanager
def bucket() -> Iterator[str]:
    """Give the URL of an empty bucket; the environment says where its server is."""
    import boto3  # noqa: PLC0415  heavy
    from s3fs import S3FileSystem  # noqa: PLC0415  heavy

    S3FileSystem.clear_instance_cache()  # one of another module's bucket, by the same options, asks the server of that
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
        }.items():
            patch.setenv(name, value)
        try:
            boto3.client("s3").create_bucket(Bucket="team")
            yield URL
        finally:
            server.stop()


@contextmanager
def without_permission() -> Iterator[None]:
    """Let its server refuse what these credentials ask for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("moto.core.responses.ActionAuthenticatorMixin.request_count", 0)
        patch.setattr("moto.settings.INITIAL_NO_AUTH_ACTION_COUNT", 0.0)
        yield
