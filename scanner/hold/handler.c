#include "handler.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "confine.h"
#include "environment.h"
#include "frame.h"
#include "output.h"
#include "processes.h"
#include "version.h"
#include "watch.h"

// How long what is still in the pipes may take once the shell has ended: processes that it left in the background keep them open.
#define DRAIN_MS 200

struct run {
  int client;
  struct command command;
  struct output out, err;
  struct watch watch;
  int64_t started, deadline, drain_until; // ms of the monotonic clock; drain_until 0 while the shell runs
  int status;
  bool ended, late, gone; // shell reaped; killed at the deadline; client went away
};

static int64_t now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static unsigned long namespace_of(const char *link) {
  struct stat st;
  return stat(link, &st) ? 0 : (unsigned long)st.st_ino;
}

static bool greet(int client, const char *fault) {
  struct stat root;
  if (stat("/", &root)) return false;
  return frame_printf(client, 'H',
                      "protocol=1\nversion=" HOLD_VERSION "\npid=%d\nuid=%u\ngid=%u\nroot_device=%lu\nroot_inode=%lu\npid_namespace=%lu\nmount_namespace=%lu\nlandlock=%d\nconfine=%s%s\n",
                      getppid(), geteuid(), getegid(), (unsigned long)root.st_dev, (unsigned long)root.st_ino, namespace_of("/proc/self/ns/pid"),
                      namespace_of("/proc/self/ns/mnt"), landlock_abi(), fault ? "no " : "yes", fault ? fault : "");
}

// Only the shell is waited for here; its orphans, which come to us too, are ended later.
static void reap_shell(struct run *run) {
  while (!run->ended) {
    int status;
    pid_t pid = waitpid(run->command.pid, &status, WNOHANG);
    if (pid != run->command.pid) return;
    run->ended = true;
    run->status = status;
    run->drain_until = now_ms() + DRAIN_MS;
  }
}

static bool client_left(int client) {
  char byte;
  return recv(client, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void turn(struct run *run) {
  struct pollfd p[4] = {
      {.fd = run->command.listener, .events = POLLIN}, {.fd = run->out.fd, .events = POLLIN}, {.fd = run->err.fd, .events = POLLIN},
      {.fd = run->client, .events = POLLRDHUP}};
  int64_t until = run->drain_until ? run->drain_until : run->deadline;
  int64_t wait = until - now_ms();
  struct timespec time = {.tv_sec = wait > 0 ? wait / 1000 : 0, .tv_nsec = wait > 0 ? wait % 1000 * 1000000 : 0};
  sigset_t none;
  sigemptyset(&none);
  // SIGCHLD is let in only here, so that the end of the shell always wakes us; what poll says then is of no use.
  if (ppoll(p, 4, &time, &none) < 0) {
    reap_shell(run);
    return;
  }
  if (p[0].revents & POLLIN) {
    if (!watch_answer(&run->watch, run->command.listener)) run->gone = true;
  } else if (p[0].revents & (POLLHUP | POLLERR)) {
    close(run->command.listener); // no process of the command is left
    run->command.listener = -1;
  }
  if (p[1].revents && !output_pass(&run->out, run->client)) run->gone = true;
  if (p[2].revents && !output_pass(&run->err, run->client)) run->gone = true;
  if (p[3].revents & (POLLHUP | POLLERR) || (p[3].revents & POLLRDHUP && client_left(run->client))) run->gone = true;
  reap_shell(run);
}

static void follow(struct run *run) {
  for (;;) {
    turn(run);
    if (run->gone || run->out.cut || run->err.cut) return;
    bool drained = run->out.fd < 0 && run->err.fd < 0;
    if (run->ended && (drained || now_ms() >= run->drain_until)) return;
    if (!run->ended && now_ms() >= run->deadline) {
      run->late = true;
      return;
    }
  }
}

static void report(struct run *run, int left) {
  for (int i = 0; i < run->watch.refused_names; i++) frame_send(run->client, 'R', run->watch.refused[i], strlen(run->watch.refused[i]));
  for (int i = 0; i < run->watch.target_names; i++) frame_send(run->client, 'T', run->watch.target[i], strlen(run->watch.target[i]));
  bool ended = run->ended;
  frame_printf(run->client, 'X',
               "status=%d\nsignal=%d\ndeadline=%d\nstdout_bytes=%llu\nstderr_bytes=%llu\nstdout_cut=%d\nstderr_cut=%d\nrefused=%u\nprograms=%u\ndenied=%u\nms=%lld\nleft=%d\n",
               ended && WIFEXITED(run->status) ? WEXITSTATUS(run->status) : -1, !ended ? SIGKILL : WIFSIGNALED(run->status) ? WTERMSIG(run->status) : 0, run->late,
               (unsigned long long)run->out.seen, (unsigned long long)run->err.seen, run->out.cut, run->err.cut, run->watch.refusals, run->watch.started, run->watch.denied,
               (long long)(now_ms() - run->started), left);
}

// What the client still sends is read first: closing with unread bytes would reset the connection, and the message with it.
static _Noreturn void fail(int client, const char *code, const char *message) {
  frame_printf(client, 'F', "%s %s", code, message);
  shutdown(client, SHUT_WR);
  struct pollfd p = {.fd = client, .events = POLLIN};
  char rest[4096];
  for (int i = 0; i < 4096 && poll(&p, 1, 1000) > 0; i++)
    if (recv(client, rest, sizeof rest, MSG_DONTWAIT) <= 0) break;
  exit(0);
}

// Notification calls that nobody answers hold their caller, who cannot be reaped while we wait: the listener goes first.
static int end_processes(struct run *run) {
  if (run->command.listener >= 0) close(run->command.listener);
  if (!run->ended) kill(-run->command.pid, SIGKILL), kill(run->command.pid, SIGKILL);
  return processes_end() - !run->ended;
}

static void child_ended(int number) { (void)number; }

_Noreturn void handler_serve(int client, const char *dir, const char *fault, bool busy) {
  struct request request;
  struct programs programs;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  sigaction(SIGCHLD, &(struct sigaction){.sa_handler = child_ended}, NULL); // ignored signals would not wake ppoll
  if (!greet(client, fault)) exit(0);
  const char *wrong = request_read(client, &request);
  if (wrong && !*wrong) exit(0);
  if (wrong) fail(client, "bad-request", wrong);
  if (request.dismiss) kill(getppid(), SIGTERM), exit(0); // an engine removes a pod that has ended at once, one that runs seconds later
  if (busy) fail(client, "busy", "32 commands run already");
  if (fault) fail(client, "cannot-confine", fault);
  if (!programs_find(&programs, dir, &request, environment_path())) fail(client, "internal", "the toolbox is not there");
  struct run run = {.client = client, .started = now_ms(), .watch = {.programs = &programs, .path = environment_path()}};
  run.deadline = run.started + request.deadline_ms;
  const char *why = command_start(&run.command, &request, &programs);
  if (why) fail(client, "cannot-confine", why);
  run.out = (struct output){.fd = run.command.out, .type = 'O', .limit = request.stdout_limit};
  run.err = (struct output){.fd = run.command.err, .type = 'E', .limit = request.stderr_limit};
  follow(&run);
  int left = end_processes(&run);
  if (!run.gone) report(&run, left);
  exit(0);
}
