// Starts one command, confined, and hands over what is needed to watch it.
#pragma once
#include <stdbool.h>
#include <sys/types.h>

#include "request.h"
#include "verdict.h"

struct command {
  pid_t pid;
  int out, err;  // read ends of its outputs, not blocking
  int listener;  // seccomp notification; readable when a process of the command calls execve
};

// Forks and confines `bash -c`. NULL if it started, else why not (static text).
const char *command_start(struct command *command, const struct request *request, const struct programs *programs);
