"""Object stores (S3, Google Cloud Storage, Azure): immutable folders and small pointers, through PyArrow."""
