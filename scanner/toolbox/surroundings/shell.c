// system() and popen(): libc starts /bin/sh by itself, past our execve; the shell of these is ours.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "surroundings.h"

static _Noreturn void become_shell(const char *command) {
  char *arguments[] = {"sh", "-c", "--", (char *)(unsigned long)command, NULL};
  execve(TOOLS "sh", arguments, environ);
  _exit(127);
}

static int wait_for(pid_t pid) {
  int status;
  while (waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return status;
}

EXPORTED int system(const char *command) {
  struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
  sigset_t child, before;
  if (!command) return 1;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, &before);
  sigaction(SIGINT, &ignore, &interrupt);
  sigaction(SIGQUIT, &ignore, &quit);
  pid_t pid = fork();
  if (pid == 0) {
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    become_shell(command);
  }
  int status = pid < 0 ? -1 : wait_for(pid);
  sigaction(SIGINT, &interrupt, NULL);
  sigaction(SIGQUIT, &quit, NULL);
  sigprocmask(SIG_SETMASK, &before, NULL);
  return status;
}

static struct opened {
  FILE *stream;
  pid_t pid;
  struct opened *next;
} *all;

EXPORTED FILE *popen(const char *command, const char *mode) {
  int ends[2], reads = mode[0] == 'r';
  struct opened *entry = malloc(sizeof *entry);
  if (!entry || (mode[0] != 'r' && mode[0] != 'w') || pipe2(ends, O_CLOEXEC)) {
    free(entry);
    return NULL;
  }
  entry->pid = fork();
  if (entry->pid == 0) {
    dup2(ends[reads ? 1 : 0], reads ? 1 : 0);
    become_shell(command);
  }
  close(ends[reads ? 1 : 0]);
  entry->stream = entry->pid < 0 ? NULL : fdopen(ends[reads ? 0 : 1], reads ? "r" : "w");
  if (!entry->stream) {
    close(ends[reads ? 0 : 1]);
    free(entry);
    return NULL;
  }
  if (!strchr(mode, 'e')) fcntl(fileno(entry->stream), F_SETFD, 0);
  entry->next = all;
  all = entry;
  return entry->stream;
}

EXPORTED int pclose(FILE *stream) {
  for (struct opened **at = &all; *at; at = &(*at)->next) {
    struct opened *entry = *at;
    if (entry->stream != stream) continue;
    *at = entry->next;
    pid_t pid = entry->pid;
    free(entry);
    fclose(stream);
    return wait_for(pid);
  }
  errno = EINVAL;
  return -1;
}
