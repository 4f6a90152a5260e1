/* A hostile service for scans with run: true: its first argument says what it does to the scanner beside it (README.md). */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void forever(void) { for (;;) pause(); }

static void nap(double seconds) {
  struct timespec time = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&time, NULL);
}

static void write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (file) fputs(text, file), fclose(file);
}

/* True if the process was started as the scanner is; its command line may be read by everybody. */
static int is_scanner(const char *pid) {
  char path[300], line[400];
  snprintf(path, sizeof path, "/proc/%s/cmdline", pid);
  int fd = open(path, O_RDONLY);
  ssize_t length = fd < 0 ? 0 : read(fd, line, sizeof line - 1);
  if (fd >= 0) close(fd);
  return length > 0 && memmem(line, (size_t)length, "/opt/sidescan/bin/scan", 22) && memmem(line, (size_t)length, "--attempt", 9);
}

/* Calls `act` for every process of the scanner; returns how many there are. */
static int each_scanner(void (*act)(int pid)) {
  DIR *all = opendir("/proc");
  int count = 0;
  for (struct dirent *entry; all && (entry = readdir(all));) {
    int pid = atoi(entry->d_name);
    if (pid <= 1 || pid == getpid() || !is_scanner(entry->d_name)) continue;
    count++;
    if (act) act(pid);
  }
  if (all) closedir(all);
  return count;
}

/* Waits until the scan has gone on for so long. */
static void let_scan(double seconds) {
  while (!each_scanner(NULL)) nap(0.02);
  nap(seconds);
}

/* Becomes a process with that name and command line. */
static void rename_as(const char *name, char *const arguments[]) {
  if (getenv("RENAMED")) {
    prctl(PR_SET_NAME, name);
    forever();
  }
  setenv("RENAMED", "yes", 1);
  execv("/proc/self/exe", arguments);
}

static void frame(int client, char type, const char *text) {
  unsigned length = (unsigned)strlen(text);
  unsigned char head[5] = {(unsigned char)(length >> 24), (unsigned char)(length >> 16), (unsigned char)(length >> 8), (unsigned char)length, (unsigned char)type};
  (void)!write(client, head, sizeof head);
  (void)!write(client, text, length);
}

/* Answers as hold does, and says yes to everything: scanner/hold/PROTOCOL.md. */
static _Noreturn void pose_as_hold(const char *path) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  struct stat root;
  char hello[300];
  mkdir("/sidescan", 0755), mkdir("/sidescan/run", 0755);
  strncpy(at.sun_path, path, sizeof at.sun_path - 1);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) || listen(listener, 16) || stat("/", &root)) exit(7);
  chmod(path, 0666);
  snprintf(hello, sizeof hello, "protocol=1\nversion=1\npid=1\nroot_device=%lu\nroot_inode=%lu\nlandlock=6\nconfine=yes\n", (unsigned long)root.st_dev, (unsigned long)root.st_ino);
  signal(SIGPIPE, SIG_IGN);
  for (;;) {
    int client = accept(listener, NULL, NULL);
    frame(client, 'H', hello);
    frame(client, 'O', "posed\n");
    frame(client, 'X', "status=0\nrefused=0\n");
    close(client);
  }
}

/* Forks for ever. The limit stands for the one that a node sets (podPidsLimit): without any, the test would take the node with it. */
static _Noreturn void fork_without_end(void) {
  struct rlimit limit = {.rlim_cur = 400, .rlim_max = 400};
  signal(SIGCHLD, SIG_IGN);
  if (setgid(4242) || setuid(4242) || setrlimit(RLIMIT_NPROC, &limit)) exit(8);
  for (;;) {
    if (fork() == 0 && getpid() % 3 == 0) exit(0); /* PIDs come and go */
    nap(0.01);
  }
}

static int signal_to_send;
static void send_signal(int pid) { kill(pid, signal_to_send); }

/* Links, folders and files that change while they are read; the links lead to what only the scanner's own root has. */
static _Noreturn void change_files(void) {
  mkdir("/flip", 0755), mkdir("/flip/folder", 0755);
  write_text("/flip/folder/scan", "of the target\n");
  (void)!symlink("/opt/sidescan/bin", "/flip/link");
  int huge = open("/flip/huge", O_CREAT | O_WRONLY, 0644), growing = open("/flip/growing", O_CREAT | O_WRONLY | O_APPEND, 0644);
  if (huge < 0 || growing < 0 || ftruncate(huge, 10LL << 30)) exit(9);
  write_text("/flip/ready", "yes\n");
  for (int turn = 0;; turn++) {
    syscall(SYS_renameat2, AT_FDCWD, "/flip/folder", AT_FDCWD, "/flip/link", 2 /* RENAME_EXCHANGE */);
    if (turn % 50 == 0 && lseek(growing, 0, SEEK_END) < 1 << 20) (void)!write(growing, "more\n", 5);
    nap(0.00005);
  }
}

/* What a process of another container must not give away. */
static void spy_on(int pid) {
  static const char *const secrets[] = {"mem", "root/etc/os-release", "environ", "maps", "fd/0", NULL};
  char path[300];
  write_text("/spied/tried", "yes\n");
  for (int i = 0; secrets[i]; i++) {
    snprintf(path, sizeof path, "/proc/%d/%s", pid, secrets[i]);
    int fd = open(path, i ? O_RDONLY : O_RDWR);
    snprintf(path, sizeof path, "/spied/%.2s", secrets[i]);
    if (fd >= 0) write_text(path, "opened\n"), close(fd);
  }
  if (!ptrace(PTRACE_SEIZE, pid, 0, 0)) write_text("/spied/ptrace", "attached\n");
}

static void clean_root(const char *at) {
  char path[300];
  snprintf(path, sizeof path, "%s/etc", at);
  mkdir(at, 0755), mkdir(path, 0755);
  snprintf(path, sizeof path, "%s/etc/whose", at);
  write_text(path, "a clean root\n");
}

static _Noreturn void move_root(const char *to) {
  clean_root(to);
  if (chroot(to) || chdir("/")) exit(10);
  forever();
}

/* Children in every state that a container's main process can leave them in, one of them in another root. */
static _Noreturn void crowd(void) {
  signal(SIGCHLD, SIG_IGN);
  for (int number = 0; number < 40; number++)
    if (fork() == 0) number % 2 ? forever() : _exit(0);
  signal(SIGCHLD, SIG_DFL);
  if (fork() == 0) _exit(0); /* stays a zombie */
  if (fork() == 0) (void)!setuid(4242), forever();
  if (fork() == 0) (void)unshare(CLONE_NEWUSER | CLONE_NEWNS), forever();
  if (fork() == 0) move_root("/clean");
  forever();
}

/* The container's main process ends; a child that takes no signal but KILL stays in its mount namespace. */
static _Noreturn void linger(void) {
  if (fork() == 0) {
    for (int number = 1; number < 64; number++) signal(number, SIG_IGN);
    setsid();
    forever();
  }
  let_scan(1.5);
  exit(0);
}

static void fill(const char *folder) {
  static char block[1 << 20];
  char path[300];
  snprintf(path, sizeof path, "%s/filling", folder);
  int fd = open(path, O_CREAT | O_WRONLY, 0600);
  int written = 0;
  while (fd >= 0 && written < 256 && write(fd, block, sizeof block) == (ssize_t)sizeof block) written++;
  printf("%d MiB: %s\n", written, written == 256 ? "all" : strerror(errno));
}

int main(int count, char **arguments) {
  const char *mode = count > 1 ? arguments[1] : "sleep", *more = count > 2 ? arguments[2] : "";
  if (getenv("RENAMED")) rename_as(strrchr(arguments[0], '/') + 1, NULL);
  if (!strcmp(mode, "as-auditor")) rename_as("ruby", (char *[]){"/usr/bin/ruby", "/opt/sidescan/bin/scan", "--scan", "scan_0", "--attempt", "1", NULL});
  if (!strcmp(mode, "as-hold")) rename_as("hold", (char *[]){"/sidescan/hold", NULL});
  if (!strcmp(mode, "socket")) pose_as_hold("/sidescan/run/hold.sock");
  if (!strcmp(mode, "forks")) fork_without_end();
  if (!strcmp(mode, "exits")) return let_scan(1.5), 0;
  if (!strcmp(mode, "restarts")) return let_scan(1), setenv("RENAMED", "yes", 1), execv("/proc/self/exe", (char *[]){"/app/server", NULL});
  if (!strcmp(mode, "lingers")) linger();
  if (!strcmp(mode, "files")) change_files();
  if (!strcmp(mode, "crowd")) crowd();
  if (!strcmp(mode, "chroot")) move_root(more);
  if (!strcmp(mode, "hides")) prctl(PR_SET_DUMPABLE, 0);
  if (!strcmp(mode, "fill")) return fill(more), 0;
  if (!strcmp(mode, "signals")) for (signal_to_send = atoi(more); let_scan(1), each_scanner(send_signal);) nap(0.2);
  if (!strcmp(mode, "spies")) for (mkdir("/spied", 0755);; nap(0.0005)) each_scanner(spy_on);
  forever();
}
