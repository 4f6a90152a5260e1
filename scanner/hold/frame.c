#include "frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SEND_PATIENCE_MS 10000

static bool ready(int fd, short what, int timeout_ms) {
  struct pollfd p = {.fd = fd, .events = what};
  int n;
  do n = poll(&p, 1, timeout_ms);
  while (n < 0 && errno == EINTR);
  return n > 0;
}

static bool read_all(int fd, void *to, size_t length, int timeout_ms) {
  for (size_t have = 0; have < length;) {
    if (!ready(fd, POLLIN, timeout_ms)) return false;
    ssize_t n = recv(fd, (char *)to + have, length - have, MSG_DONTWAIT);
    if (n > 0) have += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR)) return false;
  }
  return true;
}

bool frame_read(int fd, struct frame *frame, int timeout_ms) {
  unsigned char head[5];
  if (!read_all(fd, head, sizeof head, timeout_ms)) return false;
  uint32_t length;
  memcpy(&length, head, 4);
  length = ntohl(length);
  if (length > FRAME_MAX) return false;
  char *payload = malloc((size_t)length + 1);
  if (!payload) return false;
  if (!read_all(fd, payload, length, timeout_ms)) {
    free(payload);
    return false;
  }
  payload[length] = 0;
  *frame = (struct frame){.type = (char)head[4], .length = length, .payload = payload};
  return true;
}

static bool write_all(int fd, const void *from, size_t length, int flags) {
  for (size_t done = 0; done < length;) {
    ssize_t n = send(fd, (const char *)from + done, length - done, MSG_NOSIGNAL | MSG_DONTWAIT | flags);
    if (n > 0) done += (size_t)n;
    else if (errno == EAGAIN) {
      if (!ready(fd, POLLOUT, SEND_PATIENCE_MS)) return false;
    } else if (errno != EINTR) return false;
  }
  return true;
}

bool frame_send(int fd, char type, const void *payload, size_t length) {
  unsigned char head[5];
  uint32_t size = htonl((uint32_t)length);
  memcpy(head, &size, 4);
  head[4] = (unsigned char)type;
  return write_all(fd, head, sizeof head, length ? MSG_MORE : 0) && write_all(fd, payload, length, 0);
}

bool frame_printf(int fd, char type, const char *format, ...) {
  char text[8192];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (n < 0) return false;
  return frame_send(fd, type, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}
