"""Names of the HTTP headers and query parameters that AIStore gives a meaning (``api/apc/const.go``)."""

from __future__ import annotations

CHECKSUM_TYPE = "ais-checksum-type"
CHECKSUM_VALUE = "ais-checksum-value"
ACCESS_TIME = "ais-atime"
VERSION = "ais-version"
CUSTOM = "ais-custom-md"
PRESENT = "ais-present"
OBJECT_NAME = "ais-name"
BUCKET_NAME = "ais-bucket-name"
BUCKET_PROVIDER = "ais-bucket-provider"
BUCKET_PROPS = "Ais-Bucket-Props"
BUCKET_SUMMARY = "Ais-Bucket-Summ"
JOB_ID = "Ais-Xaction-Id"
ERROR = "Hdr-Error"
APPEND_HANDLE = "Ais-Append-Handle"
ARCHIVE_FLAGS = "Ais-Pine"
CHUNK_COUNT = "ais-chunks-count"
CHUNK_MAX_SIZE = "ais-chunks-max-chunk-size"
NODE_ID = "Ais-Node-Id"

#: Announces, on ``/v1/health``, that ``/v1/x/`` is there; the value is the version of its shape.
EXTENSION = "Aisnb-Extension"
EXTENSION_VERSION = "1"

#: Ours, with a PUT of an object: ``true`` asks for the object to be on the disk itself before the answer, and in the
#: answer says that it is. Announced as all of the extension is.
DURABLE = "Aisnb-Durable"

#: Ours, on a page of a listing: a percent-encoded sentence for the person who asked.
NOTE = "Aisnb-Note"

#: The one checksum type that the node keeps: XXH64 with seed 0, 16 hex digits.
XXHASH = "xxhash2"

MSGPACK = "application/msgpack"
#: A page of a listing that may tell names and sizes column by column, as only aisnb's node does, and only who asks.
COLUMNS = "application/vnd.aisnb.columns+msgpack"
JSON = "application/json"

PROVIDER = "provider"
NAMESPACE = "namespace"
ORIGINAL_URL = "original_url"
WHAT = "what"
MEMBER = "archpath"
KEEP_BUCKET = "keep_bck_md"
COPY_TO_BUCKET = "bck_to"
COPY_TO_OBJECT = "object_to"
#: Forget the custom properties that are not among the new ones.
NEW_CUSTOM = "set-new-custom"

#: What a custom property of an object is called that a download recorded (AIStore's names where it has one).
SOURCE = "source"
SOURCE_URL = "orig_url"
SOURCE_ETAG = "ETag"
SOURCE_MODIFIED = "Last-Modified"

#: A word that the node keeps among an object's custom ones, and shows as headers only: ``PARTS/SIZE``, of how many
#: parts it was made and how many bytes the largest had.
CHUNKS = "aisnb-chunks"
