// The environment of commands: the container's own; what would load code of the image into our tools travels under another name (withheld.h).
#pragma once

// The container's PATH, or the usual one.
const char *environment_path(void);

// The environment for a command. NULL: no memory.
char **environment_build(void);
