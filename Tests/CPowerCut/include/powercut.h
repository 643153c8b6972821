#ifndef POWERCUT_H
#define POWERCUT_H

#include <stdbool.h>
#include <stdint.h>

/// What SQLite did to a file.
typedef enum {
    POWERCUT_OPEN,
    POWERCUT_WRITE,
    POWERCUT_TRUNCATE,
    POWERCUT_SYNC,
    POWERCUT_DELETE,
} powercut_operation;

/// Told of each operation after it was done, on the thread that did it.
/// `handle` is the file as one connection has it open, and means nothing for a deletion; `offset` is where a write begins, or
/// the length that a truncation leaves; `bytes` are those written. Returns whether SQLite is told that a sync has succeeded.
typedef bool (*powercut_recorder)(
    powercut_operation operation, const char *path, const void *handle, int64_t offset, const void *bytes, int count
);

/// Makes a VFS the default that does all as SQLite's own and tells the recorder. For the process's whole life.
/// Returns an SQLite result code.
int powercut_install(powercut_recorder recorder);

#endif
