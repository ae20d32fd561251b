"""Make the bucket of an address such as s3://bucket/folder, where there is none; other addresses are left alone.

Keys, region and server come from the environment, as for every program of AWS; an address may name its server itself
(?endpoint=), as CROSSFADE_REMOTE may.
"""

from __future__ import annotations

import os
import sys
from urllib.parse import parse_qsl, urlsplit


def make_bucket(address: str) -> bool:
    """Make the bucket and say whether it was new."""
    place = urlsplit(address)
    if place.scheme != "s3":
        return False
    import boto3
    from botocore.exceptions import ClientError

    endpoint = dict(parse_qsl(place.query)).get("endpoint") or os.environ.get("MLFLOW_S3_ENDPOINT_URL")
    store = boto3.client("s3", endpoint_url=endpoint or None)
    try:
        store.head_bucket(Bucket=place.netloc)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
        store.create_bucket(Bucket=place.netloc)
        return True
    return False


if __name__ == "__main__":
    made = make_bucket(sys.argv[1])
    print(f"{sys.argv[1]}: {'the bucket is made' if made else 'nothing to make'}")
