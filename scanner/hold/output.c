#include "output.h"

#include <errno.h>
#include <unistd.h>

#include "frame.h"

bool output_pass(struct output *output, int client) {
  static char piece[1 << 16];
  ssize_t n = read(output->fd, piece, sizeof piece);
  if (n < 0) return errno == EAGAIN || errno == EINTR;
  if (n == 0) {
    close(output->fd);
    output->fd = -1;
    return true;
  }
  uint64_t room = output->seen < output->limit ? output->limit - output->seen : 0;
  output->seen += (uint64_t)n;
  if ((uint64_t)n > room) output->cut = true;
  size_t send = (uint64_t)n < room ? (size_t)n : (size_t)room;
  return !send || frame_send(client, output->type, piece, send);
}
