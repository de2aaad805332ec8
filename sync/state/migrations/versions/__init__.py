"""One file a version. A step that only adds is a minor one (`sync.state.versions`)."""
