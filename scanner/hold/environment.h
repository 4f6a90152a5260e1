// The environment of commands: the container's own, without what changes how programs load or start.
#pragma once

// The variable through which bash tells of a name that it did not find: the name, and a NUL, to this descriptor.
#define MISSING_FD 200

// The container's PATH, or the usual one.
const char *environment_path(void);

// The environment for a command whose tools are in `tools`; `more` are folders of allowed programs, joined by ":", or an empty string.
char **environment_build(const char *tools, const char *more);
