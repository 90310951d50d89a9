"""Repositories of a Hugging Face hub, as the links of their files (AIStore's CLI: ``cmd/cli/hf``)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

from aisnb.client.looking import PLANNING
from aisnb.errors import SourceError
from aisnb.transfer import Fetcher, Request
from aisnb.uris import check_link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HUB = "https://huggingface.co"
_LONGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Repository:
    """What is wanted of a hub.

    Attributes:
        name: ``organisation/name``.
        is_dataset: whether it is a dataset, else a model.
        file: the one file that is wanted, "" for all of a model, or for a dataset's parquet files.
        revision: branch, tag or commit.
    """

    name: str
    is_dataset: bool
    file: str = ""
    revision: str = "main"

    @property
    def kind(self) -> str:
        """Return what messages call it."""
        return "dataset" if self.is_dataset else "model"


async def find_hub_files(wanted: Repository, headers: Mapping[str, str]) -> dict[str, str]:
    """Return the links of a repository's files, by the names that their objects shall have.

    ``HF_ENDPOINT`` names another hub than huggingface.co, as for Hugging Face's own tools.

    Args:
        wanted: which repository, and what of it.
        headers: that prove who asks.

    Raises:
        SourceRefused: there is no such repository, or it wants a token.
        SourceError: the hub does not answer, or says something else.
    """
    hub = check_link(os.environ.get("HF_ENDPOINT") or _HUB).rstrip("/")
    name, revision = quote(wanted.name), quote(wanted.revision, safe="")
    files = f"{hub}/{'datasets/' if wanted.is_dataset else ''}{name}/resolve/{revision}/"
    if wanted.file:
        return {wanted.file: files + quote(wanted.file)}
    if wanted.is_dataset:
        found = dict(_parquet(await _ask(f"{hub}/api/datasets/{name}/parquet", headers)))
    else:
        told = await _ask(f"{hub}/api/models/{name}/revision/{revision}", headers)
        names = [str(each.get("rfilename", "")) for each in told.get("siblings") or ()]
        found = {each: files + quote(each) for each in names if each and each != ".gitattributes" and each[-1] != "/"}
    if not found:
        raise SourceError(f"The hub {hub} names no files of the {wanted.kind} '{wanted.name}'. Check its name there.")
    return found


def _parquet(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield names and links of a dataset's parquet files, each named as AIStore's CLI does."""
    for config, splits in told.items():
        for split, links in splits.items() if isinstance(splits, dict) else ():
            for number, link in enumerate(links):
                place = split if len(links) == 1 else f"{config}/{split}"
                yield f"{place}/{number}.parquet", str(link)


async def _ask(link: str, headers: Mapping[str, str]) -> dict[str, Any]:
    answer = _Answer(link)
    async with Fetcher(policy=PLANNING) as fetcher:
        await fetcher.fetch(Request(url=link, headers=headers), answer)
    try:
        return msgspec.json.decode(bytes(answer.body), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise SourceError(f"{link} does not answer as a hub does: {exc}. Check HF_ENDPOINT.") from exc


class _Answer:
    """A sink in memory."""

    def __init__(self, link: str) -> None:
        self._link = link
        self.body = bytearray()

    def resume_point(self) -> tuple[int, str]:
        """Nothing is here: an answer is asked for anew."""
        return 0, ""

    def start(self, *, offset: int, validator: str, size: int | None) -> None:
        """Forget what came before."""
        self.body.clear()

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        """Keep the bytes."""
        self.body += chunk
        if len(self.body) > _LONGEST:
            raise SourceError(f"{self._link} has more than {_LONGEST} bytes, which no hub's answer has. Check it.")

    def digest(self) -> str:
        """Nobody holds it against anything."""
        return ""

    def close(self) -> None:
        """Nothing is open."""

    def discard(self) -> None:
        """Nothing is on disk."""
