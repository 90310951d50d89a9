"""What jobs on objects that are here were asked for, as it is kept with them."""

from __future__ import annotations

import msgspec


class CopyTask(msgspec.Struct, omit_defaults=True):
    """Copy objects, or files of this machine, under other names.

    Attributes:
        target: URI of the bucket that they go to.
        prepend: what their names begin with there.
        extensions: what to put in the place of which extension, without dots.
        dry_run: count only.
        from_files: the job's list has paths of files in the place of links.
        overwrite: also what is there already; else that is skipped.
        remove_source: remove a file once it is an object.
        checksum: make one of each object.
        all_named: a name of a template that is not here has failed; else it is passed over, as by AIStore.
    """

    target: str
    prepend: str = ""
    extensions: dict[str, str] = msgspec.field(default_factory=dict)
    dry_run: bool = False
    from_files: bool = False
    overwrite: bool = True
    remove_source: bool = False
    checksum: bool = True
    all_named: bool = False


class ArchiveTask(msgspec.Struct, omit_defaults=True):
    """Pack objects into one archive.

    Attributes:
        target: URI of the bucket that it goes to.
        name: the archive.
        mime: its format, "" if its name says that.
        append: keep what is in it already.
        with_bucket: the members' names begin with their bucket's.
        base_names: the members' names are what comes after the last slash.
        keep_going: go on without objects that are not here.
        all_named: as for `CopyTask`.
    """

    target: str
    name: str
    mime: str = ""
    append: bool = False
    with_bucket: bool = False
    base_names: bool = False
    keep_going: bool = False
    all_named: bool = False
