"""How we speak HTTP: problem documents, shapes' fields, versions, retried posts, paging, the specification."""
