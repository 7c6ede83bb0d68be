"""A code exchanged for a token, and an authorization URL made, by Python's OAuth 2 clients.

`benches/beside_python.rs` calls it with one JSON object as the only argument, and reads another one
from standard output. Whatever goes wrong is an exception, and the end of the program.
"""

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from statistics import median
from typing import Protocol

from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client
from httpx_oauth.oauth2 import BaseOAuth2

Call = Callable[[], Awaitable[str]]


class Task:
    """What every contender is configured with, and how often it is called."""

    def __init__(self, fields: dict[str, str | int | list[str]]) -> None:
        self.contender = str(fields["contender"])
        self.authorize = str(fields["authorize"])
        self.token_endpoint = str(fields["token_endpoint"])
        self.client_id = str(fields["client_id"])
        self.client_secret = str(fields["client_secret"])
        self.redirect_uri = str(fields["redirect_uri"])
        self.code = str(fields["code"])
        self.verifier = str(fields["verifier"])
        self.state = str(fields["state"])
        self.challenge = str(fields["challenge"])
        self.scopes = [str(scope) for scope in list(fields["scopes"])]
        self.samples = int(fields["samples"])
        self.one_at_a_time = int(fields["one_at_a_time"])
        self.at_once = int(fields["at_once"])
        self.calls_at_once = int(fields["calls_at_once"])
        self.urls = int(fields["urls"])


class Contender(Protocol):
    """One way to do both."""

    package: str

    async def exchange(self) -> str:
        """Returns the access token."""

    async def url(self) -> str:
        """Returns the authorization URL."""


class HttpxOAuth:
    """httpx-oauth: it makes an HTTP client for each call, and neither a state nor a verifier."""

    package = "httpx-oauth"

    def __init__(self, task: Task) -> None:
        self.task = task
        self.client: BaseOAuth2[dict[str, str]] = BaseOAuth2(
            task.client_id, task.client_secret, task.authorize, task.token_endpoint
        )

    async def exchange(self) -> str:
        task = self.task
        token = await self.client.get_access_token(task.code, task.redirect_uri, task.verifier)
        return str(token["access_token"])

    async def url(self) -> str:
        task = self.task
        return await self.client.get_authorization_url(
            task.redirect_uri, task.state, task.scopes, task.challenge, "S256"
        )


class AuthlibKept:
    """Authlib with one client for all calls."""

    package = "Authlib"

    def __init__(self, task: Task) -> None:
        self.task = task
        self.client = self.make()

    def make(self) -> AsyncOAuth2Client:
        task = self.task
        return AsyncOAuth2Client(
            task.client_id,
            task.client_secret,
            token_endpoint_auth_method="client_secret_post",
            scope=" ".join(task.scopes),
            redirect_uri=task.redirect_uri,
            code_challenge_method="S256",
        )

    async def fetch(self, client: AsyncOAuth2Client) -> str:
        task = self.task
        token = await client.fetch_token(
            task.token_endpoint,
            grant_type="authorization_code",
            code=task.code,
            code_verifier=task.verifier,
        )
        return str(token["access_token"])

    async def exchange(self) -> str:
        return await self.fetch(self.client)

    async def url(self) -> str:
        verifier = generate_token(48)
        url, _ = self.client.create_authorization_url(self.task.authorize, code_verifier=verifier)
        return str(url)


class AuthlibPerCall(AuthlibKept):
    """Authlib with a client for each call, as in its documentation."""

    async def exchange(self) -> str:
        async with self.make() as client:
            return await self.fetch(client)

    async def url(self) -> str:
        verifier = generate_token(48)
        async with self.make() as client:
            url, _ = client.create_authorization_url(self.task.authorize, code_verifier=verifier)
            return str(url)


CONTENDERS: dict[str, Callable[[Task], Contender]] = {
    "httpx-oauth": HttpxOAuth,
    "authlib-per-call": AuthlibPerCall,
    "authlib-kept": AuthlibKept,
}


async def seconds_per_call(call: Call, count: int, at_once: int, want: str | None) -> float:
    """So many workers share `count` calls; each must return `want`, if that is known."""
    left = count

    async def work() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            result = await call()
            if want is not None and result != want:
                raise ValueError(f"{result!r} instead of {want!r}")

    began = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(at_once)))
    return (time.perf_counter() - began) / count


async def main(task: Task) -> dict[str, str | float]:
    contender = CONTENDERS[task.contender](task)
    token = await contender.exchange()
    url = await contender.url()

    async def measure(call: Call, count: int, at_once: int, want: str | None) -> float:
        samples = [await seconds_per_call(call, count, at_once, want) for _ in range(task.samples)]
        return median(samples)

    return {
        "version": version(contender.package),
        "token": token,
        "url": url,
        "one_at_a_time": await measure(contender.exchange, task.one_at_a_time, 1, token),
        "at_once": await measure(contender.exchange, task.calls_at_once, task.at_once, token),
        "url_seconds": await measure(contender.url, task.urls, 1, None),
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(Task(json.loads(sys.argv[1]))))))
