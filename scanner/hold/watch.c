#include "watch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void keep(char *names[NAMES_MAX], int *count, const char *reason, const char *name) {
  char text[PATH_MAX + 16];
  snprintf(text, sizeof text, "%s%s%s", reason, *reason ? " " : "", name);
  for (int i = 0; i < *count; i++)
    if (!strcmp(names[i], text)) return;
  if (*count < NAMES_MAX && (names[*count] = strdup(text))) (*count)++;
}

static void refuse(struct watch *watch, enum verdict verdict, const char *name) {
  watch->refusals++;
  keep(watch->refused, &watch->refused_names, verdict_reason(verdict), name);
}

// A bare name that was looked up in PATH and not found; the image may have it in a folder that PATH does not name.
static void refuse_name(struct watch *watch, const char *name) {
  char found[PATH_MAX];
  bool there = program_in_path(name, watch->path, found);
  refuse(watch, there ? VERDICT_IMAGE : VERDICT_ABSENT, there ? found : name);
}

// Memory is read by /proc: process_vm_readv is not in the runtimes' default seccomp profiles. Page by page, since the string may end before a hole.
static bool read_path(int memory, uint64_t at, char path[PATH_MAX]) {
  for (size_t have = 0; have < PATH_MAX - 1;) {
    size_t piece = 4096 - (at + have) % 4096;
    if (piece > PATH_MAX - 1 - have) piece = PATH_MAX - 1 - have;
    ssize_t n = pread(memory, path + have, piece, (off_t)(at + have));
    if (n <= 0) return false;
    if (memchr(path + have, 0, (size_t)n)) return true;
    have += (size_t)n;
  }
  return false;
}

// The path of an execveat with a descriptor: what the descriptor is, or below it.
static bool below_descriptor(pid_t pid, int fd, char path[PATH_MAX]) {
  char link[64], base[PATH_MAX], whole[PATH_MAX * 2];
  if (path[0] == '/' || fd == AT_FDCWD) return true;
  snprintf(link, sizeof link, "/proc/%d/fd/%d", pid, fd);
  ssize_t n = readlink(link, base, sizeof base - 1);
  if (n <= 0) return false;
  base[n] = 0;
  int length = snprintf(whole, sizeof whole, *path ? "%s/%s" : "%s", base, path);
  if (length >= PATH_MAX) return false;
  memcpy(path, whole, (size_t)length + 1);
  return true;
}

static bool caller_path(const struct seccomp_notif *call, int listener, char path[PATH_MAX]) {
  char name[32];
  bool at = call->data.nr == SYS_execveat;
  snprintf(name, sizeof name, "/proc/%d/mem", (int)call->pid);
  int memory = open(name, O_RDONLY | O_CLOEXEC);
  if (memory < 0) return false;
  // Now that the memory is open: is it still that caller's, or has its number gone to another process?
  bool ok = !ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &call->id) && read_path(memory, call->data.args[at ? 1 : 0], path);
  close(memory);
  return ok && (!at || below_descriptor((pid_t)call->pid, (int)call->data.args[0], path));
}

// What the tools' library says by the execve of a name that cannot be. A script is judged like a program, but never started from here.
static int hear(struct watch *watch, pid_t pid, const char *word) {
  static const char script[] = ":script:";
  char canonical[PATH_MAX];
  if (!strcmp(word, ":denied")) watch->denied++;
  if (strncmp(word, script, sizeof script - 1)) return -ENOENT;
  const char *path = word + sizeof script - 1;
  enum verdict verdict = programs_judge(watch->programs, pid, path, canonical);
  if (verdict == VERDICT_TARGET) keep(watch->target, &watch->target_names, "", canonical);
  if (verdict == VERDICT_TARGET || verdict == VERDICT_TOOL) return -ENOENT;
  refuse(watch, verdict, path);
  return -EACCES;
}

// Our tools look for a bare name in our folder last: what is not there either is nowhere.
static int judge_absent(struct watch *watch, pid_t pid, const char *path) {
  size_t tools = strlen(watch->programs->tools);
  bool ours = !strncmp(path, watch->programs->tools, tools) && path[tools] == '/';
  const char *name = path + tools + 1;
  if (ours && *name == ':') return hear(watch, pid, name);
  if (ours && !strchr(name, '/')) refuse_name(watch, name);
  else refuse(watch, VERDICT_ABSENT, path);
  return -ENOENT;
}

// Landlock is what enforces: between our look and the kernel's the caller could change the string, and gains nothing by it.
static void judge(struct watch *watch, const struct seccomp_notif *call, int listener, struct seccomp_notif_resp *answer) {
  char path[PATH_MAX] = "", canonical[PATH_MAX] = "";
  enum verdict verdict = VERDICT_UNKNOWN;
  if (caller_path(call, listener, path)) verdict = programs_judge(watch->programs, (pid_t)call->pid, path, canonical);
  switch (verdict) {
    case VERDICT_TARGET:
      keep(watch->target, &watch->target_names, "", canonical);
      // fall through
    case VERDICT_TOOL:
      watch->started++;
      answer->flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
      return;
    case VERDICT_ABSENT:
      answer->error = judge_absent(watch, (pid_t)call->pid, path);
      return;
    case VERDICT_IMAGE:
    case VERDICT_LOADER:
    case VERDICT_UNKNOWN:
      answer->error = -EACCES;
      refuse(watch, verdict, *path == '/' ? path : *canonical ? canonical : *path ? path : "?");
  }
}

bool watch_answer(struct watch *watch, int listener) {
  // Kernels with longer structs than this header's are asked for their sizes, so that they never write past ours.
  static struct seccomp_notif_sizes sizes;
  if (!sizes.seccomp_notif && syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes)) return false;
  union { struct seccomp_notif call; char room[1024]; } in;
  union { struct seccomp_notif_resp answer; char room[1024]; } out;
  if (sizes.seccomp_notif > sizeof in || sizes.seccomp_notif_resp > sizeof out) return false;
  memset(&in, 0, sizeof in);
  memset(&out, 0, sizeof out);
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &in.call)) return errno == EINTR || errno == ENOENT;
  out.answer.id = in.call.id;
  judge(watch, &in.call, listener, &out.answer);
  ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &out.answer); // fails only if the caller died meanwhile
  return true;
}
