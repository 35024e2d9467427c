"""Files that go onto the device as they are: standard library and POSIX shell only."""
