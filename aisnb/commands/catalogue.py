"""Every command of aisnb, in the order of the overview."""

from __future__ import annotations

from aisnb.commands import (
    archives,
    batching,
    browsing,
    buckets,
    changing,
    checking,
    demo,
    forms,
    guide,
    jobs,
    limiting,
    listing,
    nodes,
    picturing,
    planning,
    reading,
    removing,
    scrubbing,
    serving,
    sharding,
    starting,
    writing,
)
from aisnb.commands.tree import Section, Tree

COMMANDS = Tree(
    (
        Section("Step 1, serve a directory", (serving.serve, serving.serve_list, serving.serve_stop)),
        Section("Step 2, copy it", (planning.plan, starting.start_download, starting.start_prefetch)),
        Section(
            "Jobs",
            (
                jobs.show_job,
                jobs.jobs,
                jobs.wait,
                jobs.stop,
                jobs.pause,
                jobs.resume,
                jobs.retry,
                limiting.limit,
                jobs.forget,
            ),
        ),
        Section(
            "Look",
            (
                listing.ls,
                listing.summary,
                browsing.browse,
                archives.archive_ls,
                checking.check,
                scrubbing.scrub,
                picturing.sizes,
                buckets.show_bucket,
                buckets.show_object,
                nodes.show_cluster,
            ),
        ),
        Section(
            "One by one",
            (
                reading.get,
                reading.cat,
                writing.put,
                writing.concat,
                writing.promote,
                starting.blob_download,
                archives.archive_get,
                batching.get_batch,
                sharding.archive_put,
                sharding.gen_shards,
                changing.set_custom,
            ),
        ),
        Section(
            "Copy, rename and pack inside",
            (changing.copy, changing.move_bucket, changing.move_object, changing.archive_bucket),
        ),
        Section(
            "Make and remove",
            (
                buckets.create,
                buckets.set_properties,
                buckets.reset_properties,
                removing.remove_objects,
                removing.remove_buckets,
                removing.evict,
            ),
        ),
        Section(
            "The local node",
            (nodes.status, nodes.node_status, nodes.node_start, nodes.node_stop, nodes.node_env, nodes.node_fsck),
        ),
        Section("Help", (guide.show_help, guide.search, demo.demo, forms.form)),
    )
)
