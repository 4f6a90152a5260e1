// The processes that a command left.
#pragma once

// Kills every descendant of the calling process, which must be their subreaper, and reaps them. Returns how many there were.
int processes_end(void);
