"""When parts are accepted, other than by their whole interval."""
