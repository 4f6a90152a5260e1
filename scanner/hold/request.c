#include "request.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

#define PATIENCE_MS 10000
#define OUTPUT_MAX (64u << 20)
#define DEADLINE_MAX_MS 3600000u
#define COMMAND_MAX 131071u // one argument of execve

static bool number(const char *text, uint64_t least, uint64_t most, uint64_t *to) {
  char *end;
  errno = 0;
  if (*text < '0' || *text > '9') return false;
  uint64_t n = strtoull(text, &end, 10);
  if (errno || *end || n < least || n > most) return false;
  *to = n;
  return true;
}

static const char *read_limits(struct request *request, char *text) {
  for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
    char *value = strchr(line, '=');
    if (!value) return "a limit is not key=value";
    *value++ = 0;
    uint64_t n;
    if (!strcmp(line, "deadline_ms")) {
      if (!number(value, 1, DEADLINE_MAX_MS, &n)) return "deadline_ms must be 1 to 3600000";
      request->deadline_ms = (uint32_t)n;
    } else if (!strcmp(line, "stdout_bytes")) {
      if (!number(value, 0, OUTPUT_MAX, &request->stdout_limit)) return "stdout_bytes must be 0 to 67108864";
    } else if (!strcmp(line, "stderr_bytes")) {
      if (!number(value, 0, OUTPUT_MAX, &request->stderr_limit)) return "stderr_bytes must be 0 to 67108864";
    } else return "unknown limit";
  }
  return NULL;
}

static const char *read_allow(struct request *request, char *name, size_t length) {
  if (request->allowed == ALLOW_MAX) return "too many allowed programs";
  if (!length || length >= PATH_MAX || memchr(name, 0, length)) return "an allowed program has no name or too long a name";
  if (name[0] != '/' && strchr(name, '/')) return "an allowed program must be an absolute path or a bare name";
  request->allow[request->allowed++] = name;
  return NULL;
}

// Takes over the payload where it keeps it.
static const char *take(struct request *request, struct frame *frame) {
  const char *fault = NULL;
  bool kept = false;
  switch (frame->type) {
    case 'C':
      if (request->command) fault = "two commands";
      else if (!frame->length) fault = "the command is empty";
      else if (memchr(frame->payload, 0, frame->length)) fault = "the command holds a NUL byte";
      else if (frame->length > COMMAND_MAX) fault = "the command is longer than 131071 bytes";
      else request->command = frame->payload, request->length = frame->length, kept = true;
      break;
    case 'L': fault = read_limits(request, frame->payload); break;
    case 'A':
      fault = read_allow(request, frame->payload, frame->length);
      kept = !fault;
      break;
    default: fault = "unknown frame type";
  }
  if (!kept) free(frame->payload);
  return fault;
}

const char *request_read(int fd, struct request *request) {
  *request = (struct request){.deadline_ms = 60000, .stdout_limit = 16u << 20, .stderr_limit = 1u << 20};
  for (;;) {
    struct frame frame;
    if (!frame_read(fd, &frame, PATIENCE_MS)) return "";
    if (frame.type == 'Q' && !request->command) {
      free(frame.payload);
      request->dismiss = true;
      return NULL;
    }
    if (frame.type == 'G') {
      free(frame.payload);
      return request->command ? NULL : "no command";
    }
    const char *fault = take(request, &frame);
    if (fault) return fault;
  }
}
