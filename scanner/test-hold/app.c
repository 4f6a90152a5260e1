// A program of the image: what it prints shows that it ran. `app --start NAME` starts another program, `app --ask SOCKET` hears what hold says to it.
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int ask(const char *path) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  char answer[300] = "";
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  strncpy(at.sun_path, path, sizeof at.sun_path - 1);
  if (connect(fd, (struct sockaddr *)&at, sizeof at)) return perror(path), 1;
  ssize_t length = recv(fd, answer, sizeof answer - 1, MSG_WAITALL); // hold closes the connection that it forbids
  printf("hold said: %s\n", length > 5 ? answer + 4 : "nothing");
  return 0;
}

int main(int count, char **arguments) {
  if (count == 3 && !strcmp(arguments[1], "--start")) {
    execl(arguments[2], arguments[2], (char *)0);
    perror(arguments[2]);
    return 126;
  }
  if (count == 3 && !strcmp(arguments[1], "--ask")) return ask(arguments[2]);
  printf("the image's own program ran as uid %u\n", (unsigned)getuid());
  return 0;
}
