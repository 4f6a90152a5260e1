#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"
#include "environment.h"

// What the child tells its parent before bash starts: a descriptor comes with it, or the reason why there is none.
struct word {
  char why[256];
};

static bool tell(int sock, const struct word *word, int fd) {
  union { struct cmsghdr head; char room[CMSG_SPACE(sizeof fd)]; } control = {0};
  struct iovec part = {.iov_base = (void *)(uintptr_t)word, .iov_len = sizeof *word};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (fd >= 0) {
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
  }
  return sendmsg(sock, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *word;
}

static int hear(int sock, struct word *word) {
  union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control = {0};
  struct iovec part = {.iov_base = word, .iov_len = sizeof *word};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  int fd = -1;
  if (recvmsg(sock, &message, MSG_CMSG_CLOEXEC | MSG_WAITALL) != (ssize_t)sizeof *word) {
    snprintf(word->why, sizeof word->why, "the confined process died");
    return -1;
  }
  word->why[sizeof word->why - 1] = 0;
  if (message.msg_controllen >= CMSG_LEN(sizeof fd) && control.head.cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(&control.head), sizeof fd);
  return fd;
}

static bool arrange_streams(int out, int err) {
  int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0) {
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC)) return false;
    null = pipes[0]; // no /dev/null in this image: an input at its end does as well
  }
  return dup2(null, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2 && !chdir("/");
}

// dash, the sh of Debian, reads backslashes in `echo`: a command that an auditor gives to such a target's sh expects it.
static bool echo_reads_backslashes(void) {
  char shell[PATH_MAX];
  return realpath("/bin/sh", shell) && !strcmp(strrchr(shell, '/'), "/dash");
}

static _Noreturn void become_command(int sock, const struct request *request, const struct programs *programs, int out, int err) {
  struct word word = {""};
  char shell[PATH_MAX + 8];
  const char *why = "no memory";
  sigset_t none;
  sigemptyset(&none);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigprocmask(SIG_SETMASK, &none, NULL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  char **environment = environment_build();
  snprintf(shell, sizeof shell, "%s/bash", programs->tools);
  int listener = environment ? confine_self(programs, &why) : -1;
  if (listener < 0) {
    snprintf(word.why, sizeof word.why, "%s: %s", why, strerror(errno));
    tell(sock, &word, -1);
    _exit(125);
  }
  if (!tell(sock, &word, listener) || !arrange_streams(out, err)) _exit(125);
  syscall(SYS_close_range, 3u, ~0u, 0u);
  char *arguments[] = {"bash", echo_reads_backslashes() ? "-O" : "+O", "xpg_echo", "-c", request->command, NULL};
  execve(shell, arguments, environment);
  _exit(126);
}

const char *command_start(struct command *command, const struct request *request, const struct programs *programs) {
  static struct word word;
  int out[2], err[2], pair[2];
  if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) return "no pipe";
  command->pid = fork();
  if (command->pid < 0) return "no process could be started";
  if (command->pid == 0) become_command(pair[1], request, programs, out[1], err[1]);
  close(out[1]), close(err[1]), close(pair[1]);
  command->out = out[0], command->err = err[0];
  command->listener = hear(pair[0], &word);
  close(pair[0]);
  fcntl(out[0], F_SETFL, O_NONBLOCK);
  fcntl(err[0], F_SETFL, O_NONBLOCK);
  return command->listener < 0 ? word.why : NULL;
}
