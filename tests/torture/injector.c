/*
 * Preloaded into the real binary by the torture tests: its file system fails, or is slow, and its clock steps, at
 * the word of a test, which shares one mapped page with it.
 *
 * Speaks for the calls that go through libc: our own files, SQLite's and the ledger's. What rustix calls by itself
 * (renames and opens in the drop folders) passes by; strace injects faults there. Only files beneath the folder
 * that PENCERE_TEST_ROOT names are touched.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* As tests/torture/injector.rs has it. */
struct plan {
    _Atomic int64_t clock;  /* added to the time of day, nanoseconds */
    _Atomic int64_t steps;  /* counted so far */
    _Atomic int64_t first;  /* the first step that fails, from 1; 0 for none */
    _Atomic int64_t last;   /* the last one that does */
    _Atomic int64_t error;  /* with which number */
    _Atomic int64_t pause;  /* before each step, microseconds */
    _Atomic int64_t failed; /* how many failed */
};

static struct plan *plan;
static char root[4096];
static size_t root_length;

__attribute__((constructor)) static void begin(void)
{
    const char *page = getenv("PENCERE_TEST_PLAN"), *folder = getenv("PENCERE_TEST_ROOT");
    if (!page || !folder || strlen(folder) >= sizeof root)
        return;
    strcpy(root, folder);
    root_length = strlen(root);
    int file = (int)syscall(SYS_openat, AT_FDCWD, page, O_RDWR | O_CLOEXEC, 0);
    if (file < 0)
        abort();
    void *mapped = mmap(NULL, sizeof(struct plan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        abort();
    plan = mapped;
    syscall(SYS_close, file);
}

static int is_ours(const char *path)
{
    return plan && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || !path[root_length]);
}

static int is_open_ours(int descriptor)
{
    char link[64] = "/proc/self/fd/", path[4096];
    char digits[16];
    int count = 0, rest = descriptor;
    if (!plan || descriptor < 0)
        return 0;
    do
        digits[count++] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    size_t at = strlen(link);
    while (count > 0)
        link[at++] = digits[--count];
    link[at] = 0;
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return is_ours(path);
}

static int is_named_ours(int folder, const char *path)
{
    if (!plan)
        return 0;
    return path[0] == '/' || folder == AT_FDCWD ? is_ours(path) : is_open_ours(folder);
}

/* One step: 0 when it may be done, else the number of the error. */
static int step(void)
{
    int64_t pause = atomic_load(&plan->pause);
    if (pause > 0) {
        struct timespec span = {pause / 1000000, pause % 1000000 * 1000};
        syscall(SYS_nanosleep, &span, NULL);
    }
    int64_t number = atomic_fetch_add(&plan->steps, 1) + 1, first = atomic_load(&plan->first);
    if (first == 0 || number < first || number > atomic_load(&plan->last))
        return 0;
    atomic_fetch_add(&plan->failed, 1);
    return (int)atomic_load(&plan->error);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL_IF(ours) do { if (ours) { int error = step(); if (error) { errno = error; return -1; } } } while (0)

ssize_t write(int file, const void *octets, size_t count)
{
    REAL(write);
    FAIL_IF(is_open_ours(file));
    return real(file, octets, count);
}

/* A write that fails may have written a part. */
ssize_t pwrite64(int file, const void *octets, size_t count, off64_t offset)
{
    REAL(pwrite64);
    if (is_open_ours(file)) {
        int error = step();
        if (error) {
            (void)!real(file, octets, count / 2, offset);
            errno = error;
            return -1;
        }
    }
    return real(file, octets, count, offset);
}

ssize_t pwrite(int file, const void *octets, size_t count, off_t offset)
{
    return pwrite64(file, octets, count, offset);
}

int ftruncate64(int file, off64_t length)
{
    REAL(ftruncate64);
    FAIL_IF(is_open_ours(file));
    return real(file, length);
}

int ftruncate(int file, off_t length)
{
    return ftruncate64(file, length);
}

int fsync(int file)
{
    REAL(fsync);
    FAIL_IF(is_open_ours(file));
    return real(file);
}

int fdatasync(int file)
{
    REAL(fdatasync);
    FAIL_IF(is_open_ours(file));
    return real(file);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    FAIL_IF(is_named_ours(AT_FDCWD, path));
    return real(path, mode);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    FAIL_IF(is_named_ours(AT_FDCWD, from));
    return real(from, to);
}

int unlink(const char *path)
{
    REAL(unlink);
    FAIL_IF(is_named_ours(AT_FDCWD, path));
    return real(path);
}

#define OPENS(flags) ((flags) & (O_CREAT | O_WRONLY | O_RDWR | O_TRUNC))

int openat64(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, int) : 0;
    va_end(arguments);
    REAL(openat64);
    FAIL_IF(OPENS(flags) && is_named_ours(folder, path));
    return real(folder, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, int) : 0;
    va_end(arguments);
    REAL(open64);
    FAIL_IF(OPENS(flags) && is_named_ours(AT_FDCWD, path));
    return real(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return open64(path, flags, mode);
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    REAL(clock_gettime);
    int result = real(which, now);
    if (result == 0 && plan && which == CLOCK_REALTIME) {
        int64_t all = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + atomic_load(&plan->clock);
        now->tv_sec = all / 1000000000;
        now->tv_nsec = all % 1000000000;
    }
    return result;
}
