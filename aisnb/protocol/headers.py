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
NODE_ID = "Ais-Node-Id"

#: Announces, on ``/v1/health``, that ``/v1/x/`` is there; the value is the version of its shape.
EXTENSION = "Aisnb-Extension"
EXTENSION_VERSION = "1"

#: The one checksum type that the node keeps: XXH64 with seed 0, 16 hex digits.
XXHASH = "xxhash2"

MSGPACK = "application/msgpack"
JSON = "application/json"

PROVIDER = "provider"
NAMESPACE = "namespace"
ORIGINAL_URL = "original_url"
WHAT = "what"

#: What a custom property of an object is called that a download recorded (AIStore's names where it has one).
SOURCE = "source"
SOURCE_URL = "orig_url"
SOURCE_ETAG = "ETag"
SOURCE_MODIFIED = "Last-Modified"
