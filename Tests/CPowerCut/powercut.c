#include "powercut.h"

#include <sqlite3.h>
#include <string.h>

// A file of this VFS; the real one follows it in memory.
typedef struct {
    sqlite3_file base;
    // Kept by SQLite until the file is closed; NULL for a temporary file.
    const char *path;
} File;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs recording_vfs;
static powercut_recorder recorder;

static sqlite3_file *real(sqlite3_file *file) { return (sqlite3_file *)((File *)file + 1); }

static bool record(powercut_operation operation, sqlite3_file *file, int64_t offset, const void *bytes, int count) {
    const char *path = ((File *)file)->path;
    return path ? recorder(operation, path, file, offset, bytes, count) : true;
}

static int file_close(sqlite3_file *f) { return real(f)->pMethods->xClose(real(f)); }

static int file_read(sqlite3_file *f, void *to, int count, sqlite3_int64 offset) {
    return real(f)->pMethods->xRead(real(f), to, count, offset);
}

static int file_write(sqlite3_file *f, const void *bytes, int count, sqlite3_int64 offset) {
    int code = real(f)->pMethods->xWrite(real(f), bytes, count, offset);
    if (code == SQLITE_OK) record(POWERCUT_WRITE, f, offset, bytes, count);
    return code;
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 length) {
    int code = real(f)->pMethods->xTruncate(real(f), length);
    if (code == SQLITE_OK) record(POWERCUT_TRUNCATE, f, length, NULL, 0);
    return code;
}

static int file_sync(sqlite3_file *f, int flags) {
    int code = real(f)->pMethods->xSync(real(f), flags);
    if (code == SQLITE_OK && !record(POWERCUT_SYNC, f, 0, NULL, 0)) return SQLITE_IOERR_FSYNC;
    return code;
}

static int file_size(sqlite3_file *f, sqlite3_int64 *size) { return real(f)->pMethods->xFileSize(real(f), size); }

static int file_lock(sqlite3_file *f, int lock) { return real(f)->pMethods->xLock(real(f), lock); }

static int file_unlock(sqlite3_file *f, int lock) { return real(f)->pMethods->xUnlock(real(f), lock); }

static int file_check_lock(sqlite3_file *f, int *out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }

static int file_control(sqlite3_file *f, int op, void *arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); }

static int file_sector_size(sqlite3_file *f) { return real(f)->pMethods->xSectorSize(real(f)); }

static int file_characteristics(sqlite3_file *f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }

static int file_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out) {
    return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}

static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
    return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}

static void file_shm_barrier(sqlite3_file *f) { real(f)->pMethods->xShmBarrier(real(f)); }

static int file_shm_unmap(sqlite3_file *f, int delete) { return real(f)->pMethods->xShmUnmap(real(f), delete); }

// Version 2: without the methods for memory-mapped reading, which SQLite then does without.
static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_lock,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out) {
    int code = real_vfs->xOpen(real_vfs, path, real(f), flags, out);
    ((File *)f)->path = path;
    f->pMethods = real(f)->pMethods ? &methods : NULL;
    if (code == SQLITE_OK) record(POWERCUT_OPEN, f, 0, NULL, 0);
    return code;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_directory) {
    int code = real_vfs->xDelete(real_vfs, path, sync_directory);
    if (code == SQLITE_OK) recorder(POWERCUT_DELETE, path, NULL, 0, NULL, 0);
    return code;
}

int powercut_install(powercut_recorder to) {
    recorder = to;
    real_vfs = sqlite3_vfs_find(NULL);
    recording_vfs = *real_vfs;
    recording_vfs.zName = "powercut";
    recording_vfs.pNext = NULL;
    recording_vfs.szOsFile += (int)sizeof(File);
    recording_vfs.xOpen = vfs_open;
    recording_vfs.xDelete = vfs_delete;
    return sqlite3_vfs_register(&recording_vfs, 1);
}
