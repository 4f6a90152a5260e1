// Runs a program and writes to a file what it and its children opened (`open PROGRAM PATH`), and which files were mapped into them when they
// ended or became another program (`map PROGRAM PATH`). Usage: tracer FILE PROGRAM [ARGUMENT …]
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *out;

static const char *program_of(pid_t pid) {
  static char path[4096];
  char name[64];
  snprintf(name, sizeof name, "/proc/%d/exe", pid);
  ssize_t n = readlink(name, path, sizeof path - 1);
  path[n > 0 ? n : 0] = 0;
  return path;
}

static void tell_open(pid_t pid, uint64_t at) {
  char path[4096] = "";
  for (size_t n = 0; n < sizeof path - 1; n++) {
    struct iovec to = {path + n, 1}, from = {(void *)(uintptr_t)(at + n), 1};
    if (process_vm_readv(pid, &to, 1, &from, 1, 0) != 1 || !path[n]) break;
  }
  fprintf(out, "open %s %s\n", program_of(pid), path);
}

static void tell_maps(pid_t pid) {
  char name[64], line[8192];
  snprintf(name, sizeof name, "/proc/%d/maps", pid);
  FILE *maps = fopen(name, "r");
  while (maps && fgets(line, sizeof line, maps)) {
    char *path = strchr(line, '/');
    if (path) fprintf(out, "map %s %s", program_of(pid), path);
  }
  if (maps) fclose(maps);
}

static void tell_call(pid_t pid) {
  struct __ptrace_syscall_info info;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) <= 0 || info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
  if (info.entry.nr == SYS_execve) tell_maps(pid);
  if (info.entry.nr == SYS_openat || info.entry.nr == SYS_openat2) tell_open(pid, info.entry.args[1]);
#ifdef SYS_open
  if (info.entry.nr == SYS_open) tell_open(pid, info.entry.args[0]);
#endif
}

int main(int count, char **arguments) {
  int status, first = 1;
  if (count < 3 || !(out = fopen(arguments[1], "we"))) return 2;
  pid_t child = fork();
  if (child == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    raise(SIGSTOP);
    execv(arguments[2], arguments + 2);
    _exit(127);
  }
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  int result = 127;
  for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      if (pid == child) result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    int stop = WSTOPSIG(status), pass = 0;
    if (first) ptrace(PTRACE_SETOPTIONS, pid, 0, options), first = 0;
    else if (stop == (SIGTRAP | 0x80)) tell_call(pid);
    else if (status >> 8 == (SIGTRAP | (PTRACE_EVENT_EXIT << 8))) tell_maps(pid);
    else if (stop != SIGTRAP && stop != SIGSTOP) pass = stop;
    ptrace(PTRACE_SYSCALL, pid, 0, pass);
  }
  fflush(out);
  return result;
}
