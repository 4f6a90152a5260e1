// One of the two outputs of a command, passed on as frames up to a limit.
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct output {
  int fd; // our end of the pipe; -1 once it is at its end
  char type;
  uint64_t limit, seen;
  bool cut;
};

// Passes on what is there. False if the client is gone.
bool output_pass(struct output *output, int client);
