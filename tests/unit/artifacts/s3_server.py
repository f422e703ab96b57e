"""A bucket over S3's protocol: objects, ranges, and signatures (version 4) that it checks."""

import hashlib
import hmac
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Self
from urllib.parse import quote

from aiohttp import web
from aiohttp.test_utils import TestServer

BUCKET, KEY, SECRET = "jobs", "AKIDEXAMPLE", "wJalrXUtnFEMI"
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass
class Bucket:
    """Its objects by name; who may read them by key."""

    objects: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=lambda: {KEY: SECRET})
    requests: list[web.Request] = field(default_factory=list)
    refusals: int = 0
    url: str = ""

    @classmethod
    @asynccontextmanager
    async def serve(cls, context: ssl.SSLContext | None = None) -> AsyncIterator[Self]:
        """One that serves until the end of the block."""
        bucket = cls()
        application = web.Application()
        application.router.add_get(f"/{BUCKET}", bucket._list)
        application.router.add_get(f"/{BUCKET}/{{name:.*}}", bucket._get)
        server = TestServer(application, scheme="http" if context is None else "https", host="localhost")
        await server.start_server(ssl=context)
        bucket.url = str(server.make_url("")).rstrip("/")
        try:
            yield bucket
        finally:
            await server.close()

    def environment(self, key: str = KEY, secret: str = SECRET) -> dict[str, str]:
        """What the operator is told of it."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
        }

    async def _get(self, request: web.Request) -> web.Response:
        """GET and HEAD of an object, or of a part of it."""
        if (refused := self._refused(request)) is not None:
            return refused
        content = self.objects.get(request.match_info["name"])
        if content is None:
            return _failure(404, "NoSuchKey")
        headers = {"ETag": _tag(content), "Accept-Ranges": "bytes"}
        headers["Last-Modified"] = "Sun, 22 Nov 2026 04:00:00 GMT"
        part = request.http_range
        if part.start is None:
            return web.Response(body=content, headers=headers)
        end = min(part.stop or len(content), len(content))
        headers["Content-Range"] = f"bytes {part.start}-{end - 1}/{len(content)}"
        return web.Response(body=content[part.start : end], status=206, headers=headers)

    async def _list(self, request: web.Request) -> web.Response:
        if (refused := self._refused(request)) is not None:
            return refused
        prefix = request.query.get("prefix", "")
        found = "".join(
            f"<Contents><Key>{name}</Key><LastModified>2026-11-22T04:00:00.000Z</LastModified>"
            f"<ETag>x</ETag><Size>{len(content)}</Size></Contents>"
            for name, content in self.objects.items()
            if name.startswith(prefix)
        )
        return web.Response(
            text=f"<ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>",
            content_type="application/xml",
        )

    def _refused(self, request: web.Request) -> web.Response | None:
        self.requests.append(request)
        given = dict(
            part.strip().split("=", 1)
            for part in request.headers.get("Authorization", "").removeprefix(_ALGORITHM).split(",")
            if "=" in part
        )
        key, _, scope = given.get("Credential", "").partition("/")
        if key in self.keys and hmac.compare_digest(
            given.get("Signature", ""), _signature(request, self.keys[key], scope, given["SignedHeaders"])
        ):
            return None
        self.refusals += 1
        return _failure(403, "SignatureDoesNotMatch")


@lru_cache(maxsize=8)
def _tag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'  # noqa: S324 - as S3 does it


def _signature(request: web.Request, secret: str, scope: str, signed: str) -> str:
    """As AWS describes it."""
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}"
        for name, value in sorted(request.query.items())
    )
    canonical = "\n".join(
        (
            request.method,
            request.raw_path.partition("?")[0],
            query,
            *(f"{name}:{' '.join(request.headers[name].split())}" for name in signed.split(";")),
            "",
            signed,
            request.headers["x-amz-content-sha256"],
        )
    )
    text = "\n".join(
        (_ALGORITHM, request.headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest())
    )
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.new(key, text.encode(), "sha256").hexdigest()


def _failure(status: int, code: str) -> web.Response:
    return web.Response(
        text=f"<Error><Code>{code}</Code></Error>", status=status, content_type="application/xml"
    )
