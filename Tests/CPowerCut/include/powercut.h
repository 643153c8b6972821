#ifndef POWERCUT_H
#define POWERCUT_H

#include <stdint.h>

/// What SQLite did to a file.
typedef enum {
    POWERCUT_WRITE,
    POWERCUT_TRUNCATE,
    POWERCUT_SYNC,
    POWERCUT_DELETE,
} powercut_operation;

/// Told of each operation after it was done, on the thread that did it.
/// `offset` is where a write begins, or the length that a truncation leaves; `bytes` are those written.
typedef void (*powercut_recorder)(
    powercut_operation operation, const char *path, int64_t offset, const void *bytes, int count
);

/// Makes a VFS the default that does all as SQLite's own and tells the recorder. For the process's whole life.
/// Returns an SQLite result code.
int powercut_install(powercut_recorder recorder);

#endif
