// Part of every tool: makes a tool of ours answer as the target's own would. See ../README.md.
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define TOOLS "/sidescan/bin/"
#define EXPORTED __attribute__((visibility("default")))

extern char **environ;

// The name of the running tool, as its file in TOOLS is called.
const char *tool_name(void);

// Fills `to`, which has room for environment_count(from) + 1 entries, with the environment for one of our programs or for one of the image.
// Strings that must be made are put into `room` of environment_room(from) bytes.
size_t environment_count(char *const from[]);
size_t environment_room(char *const from[]);
void environment_for(bool ours, char *const from[], char **to, char *room);

// Tells hold of something: it sees the execve of a path that cannot exist. Returns hold's answer, an errno.
int tell_hold(const char *path);
