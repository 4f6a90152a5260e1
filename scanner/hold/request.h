// What a client asks for: one command with its limits and the programs of the image that it may run.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALLOW_MAX 64

struct request {
  char *command; // bytes for `bash -c`; no NUL inside
  size_t length;
  uint32_t deadline_ms;
  uint64_t stdout_limit, stderr_limit; // bytes
  char *allow[ALLOW_MAX];              // as asked: absolute path or bare name
  int allowed;
  bool dismiss; // no command: hold is to end
};

// Reads frames until `G` or `Q`. NULL if all is well; else what is wrong, for `F bad-request`; an empty string if the client went away.
const char *request_read(int fd, struct request *request);
