"""What somebody perhaps meant who asks a client for a name that it does not have: a command's, most often. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aisnb.errors import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What does in Python what a command does, where it has another name there.
_CALLS = {
    "client.get(source)": "cat read read_object get_object object_get",
    "client.remove(bucket_or_object)": "rm rmo rmb delete_object delete_bucket remove_bucket remove_object destroy",
    "client.create(bucket)": "mb create_bucket make_bucket",
    "client.ls(bucket)": "list list_objects objects bucket head list_bucket",
    "client.buckets()": "list_buckets",
    "client.put(source, bucket_or_object)": "upload put_object write",
    "client.download(source, destination)": "start_download",
    "client.prefetch(bucket)": "start_prefetch",
    "client.copy(bucket, target)": "cp copy_bucket",
    "client.rename_bucket(bucket, target)": "mv rename",
    "client.job(id) and its .wait(), .stop(), .pause(), .resume(), .retry(), .limit()": (
        "wait stop pause resume retry limit show show_job job_status"
    ),
    "aisnb.check(bucket, template)": "check",
    "aisnb.sizes(source)": "sizes",
    "aisnb.samples(listing)": "samples",
    "aisnb.browse(place)": "browse",
    "aisnb.forms": "form forms",
    "aisnb.jobs_widget()": "jobs_widget",
    "aisnb.node_status()": "node node_status",
    "aisnb.sdk_client()": "sdk_client sdk",
}
_BY_NAME = {name: call for call, names in _CALLS.items() for name in names.split()}


def no_such_name(name: str, known: Iterable[str]) -> str:
    """Return what to say of a name that a client does not have.

    Example:
        no_such_name("cat", dir(client))  # "A client has no 'cat'. In Python that is client.get(source)."
    """
    if call := _BY_NAME.get(name.removesuffix("_async")):
        return f"A client has no '{name}'. In Python that is {call}."
    names = [each for each in known if not each.startswith("_") and not each.endswith("_async")]
    return f"A client has no '{name}'.{did_you_mean(name, names)} It has {', '.join(sorted(names))}."
