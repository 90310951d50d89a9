"""The bucket browser: what ``%ais browse`` shows, and `aisnb.browse` makes.

style, rows, copying   how it looks: the sheet, a name as a row of HTML, a button that copies
images, preview        what can be seen of an object by its bytes
errands                a newer click calls off the work of the one before
address, finder        where one is; which names are shown
names                  a page of names, with what folders add up to
details                what was chosen, with the files in it, if it is a shard (members), and its way to a file (saving)
browser                all of it together
"""

from __future__ import annotations

from aisnb.arguments import checked
from aisnb.notebook.browser.browser import Browser

__all__ = ["Browser", "browse"]


@checked
def browse(place: str = "") -> Browser:
    """Return a browser of buckets, to be shown as the last value of a cell.

    Folders by prefix, with what they add up to; a field to find names; of the object that is chosen a look at text,
    JSON, pictures and what is in shards, its path to copy, and a download to the machine of this kernel.

    Args:
        place: a bucket, a folder of it or what names begin with (``ais://abc/train/shard-0``), a provider (``ht://``);
            "" for all buckets.

    Returns:
        A browser with ``.place`` (where it is), ``.chosen`` (the object, or the file in a shard, that is chosen; "" if
        none is) and ``.close()``. Where no page shows widgets, it is the text of that level.

    Raises:
        NameInvalid: it names no bucket.
        BucketNotFound: there is no such bucket.
        AisnbError: the endpoint does not answer.

    Example:
        browser = aisnb.browse("ais://abc")
        client.get(browser.chosen)  # in a later cell
    """
    return Browser(place)
