// What a command may do: execute our tools and the allowed programs of the image, change nothing in our volume but below run/tmp; every execve is shown to us first.
#pragma once
#include <stdbool.h>

#include "verdict.h"

// The kernel's Landlock ABI; 0 where there is none.
int landlock_abi(void);

// Confines the calling process for good: no new privileges, Landlock, notification of execve. Returns the notification's descriptor,
// or -1 with `why` (static text) and errno set.
int confine_self(const struct programs *programs, const char **why);

// Tries the confinement in a child. NULL if it works, else the reason.
const char *confine_fault(const struct programs *programs);
