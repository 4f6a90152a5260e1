// Frames of the protocol: length (u32, big endian), type (one character), payload. See PROTOCOL.md.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX (1u << 20)

struct frame {
  char type;
  uint32_t length;
  char *payload; // allocated; a NUL stands behind it
};

// Reads one frame within `timeout_ms`. False: end of stream, time up, a frame that is too long, or no memory.
bool frame_read(int fd, struct frame *frame, int timeout_ms);

// Sends one frame; false if the peer is gone or takes nothing for ten seconds.
bool frame_send(int fd, char type, const void *payload, size_t length);

// Sends a frame of formatted text.
bool frame_printf(int fd, char type, const char *format, ...) __attribute__((format(printf, 3, 4)));
