// Which program an execve means, and whether the command may have it.
#pragma once
#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "request.h"

#define EXECUTABLES_MAX (ALLOW_MAX * 4)

struct programs {
  char tools[PATH_MAX], libraries[PATH_MAX]; // canonical: …/bin and …/lib of our volume
  char *allowed[ALLOW_MAX];                  // canonical paths of the allowed programs that exist
  int count;
  char *executable[EXECUTABLES_MAX]; // what Landlock must let execute for them: themselves, their loaders and script interpreters
  int executables;
};

enum verdict {
  VERDICT_TOOL,    // ours
  VERDICT_TARGET,  // the image's, allowed by name
  VERDICT_ABSENT,  // refused: nowhere
  VERDICT_IMAGE,   // refused: the image's, not allowed
  VERDICT_LOADER,  // refused: a loader asked to start a program
  VERDICT_UNKNOWN, // refused: its path could not be read
};

// The name of a refusal in an `R` frame.
const char *verdict_reason(enum verdict verdict);

// Finds our tools below `dir`, and the programs that a request allows. `path` is the container's PATH.
bool programs_find(struct programs *programs, const char *dir, const struct request *request, const char *path);

// Judges an execve of `path` by process `pid`. `canonical` gets the real path where there is one, else stays empty.
enum verdict programs_judge(const struct programs *programs, pid_t pid, const char *path, char canonical[PATH_MAX]);

// Where the image has a program of this name: searches `path`, then the usual folders. False: nowhere.
bool program_in_path(const char *name, const char *path, char found[PATH_MAX]);
