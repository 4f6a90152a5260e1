// Watches the execve calls of one command through seccomp's user notification, and keeps what was refused.
#pragma once
#include <stdbool.h>

#include "verdict.h"

#define NAMES_MAX 64

struct watch {
  const struct programs *programs;
  const char *path; // the container's PATH, to tell "absent" from "image" for a bare name
  char *refused[NAMES_MAX]; // "REASON name", each once
  char *target[NAMES_MAX];  // programs of the image that ran
  int refused_names, target_names;
  unsigned refusals, started;
  unsigned denied; // what tools of ours were not allowed to read
};

// Answers one waiting notification. False when the descriptor is of no more use.
bool watch_answer(struct watch *watch, int listener);
