/* The least that a window's durability costs: what no window can be faster than on this disk.
 *
 *   floor ROOT SYNCS
 *
 * Waits for names in ROOT/drop/azerenerji/in, takes each file away by rename, writes 3 KB to SYNCS
 * files one after the other, each synced before the next is written, and lays a "receipt" by rename.
 * Reads no XML, checks no signature, has no database and seals nothing: it is a measure, no window.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYNCS_MAX = 8, PIECE = 3000 };

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int must(int result, const char *what) {
    if (result < 0) fail(what);
    return result;
}

int main(int count, char **words) {
    if (count != 3) {
        fputs("usage: floor ROOT SYNCS\n", stderr);
        return 2;
    }
    int syncs = atoi(words[2]);
    if (syncs < 0 || syncs > SYNCS_MAX) return 2;
    must(chdir(words[1]), words[1]);
    mkdir("taken", 0700);
    int files[SYNCS_MAX];
    for (int at = 0; at < syncs; at++) {
        char name[32];
        snprintf(name, sizeof name, "durable-%d", at);
        files[at] = must(open(name, O_RDWR | O_CREAT | O_APPEND, 0600), name);
    }
    int watch = must(inotify_init1(IN_CLOEXEC), "inotify");
    must(inotify_add_watch(watch, "drop/azerenerji/in", IN_MOVED_TO), "drop/azerenerji/in");
    puts("ready");
    fflush(stdout);
    static char events[65536] __attribute__((aligned(8)));
    for (;;) {
        ssize_t length = read(watch, events, sizeof events);
        if (length <= 0) fail("read");
        for (char *place = events; place < events + length;) {
            struct inotify_event *event = (struct inotify_event *)place;
            place += sizeof *event + event->len;
            char from[600], to[600], octets[PIECE] = {0};
            snprintf(from, sizeof from, "drop/azerenerji/in/%s", event->name);
            snprintf(to, sizeof to, "taken/%s", event->name);
            must(rename(from, to), from);
            int file = must(open(to, O_RDONLY), to);
            must((int)read(file, octets, sizeof octets), to);
            close(file);
            for (int at = 0; at < syncs; at++) {
                must((int)write(files[at], octets, sizeof octets), "write");
                must(fdatasync(files[at]), "fdatasync");
            }
            file = must(open("receipt", O_WRONLY | O_CREAT | O_EXCL, 0600), "receipt");
            must((int)write(file, octets, sizeof octets), "receipt");
            close(file);
            snprintf(to, sizeof to, "drop/azerenerji/receipts/%s.1.receipt.xml", event->name);
            must(rename("receipt", to), to);
        }
    }
}
