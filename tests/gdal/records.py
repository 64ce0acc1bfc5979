"""A record stream of rsenc-pack."""


def records(stream):
    """Key and blob of each record; stops at what is not a record."""
    at = 0
    while stream[at:at + 1] == b"+":
        colon = stream.index(b":", at)
        key, data = (int(n) for n in stream[at + 1:colon].split(b","))
        begin = colon + 1 + key + 2
        yield stream[colon + 1:colon + 1 + key].decode(), stream[begin:begin + data]
        at = begin + data + 1
