/* Keeps beside every file below $POWER_CUT_WATCH a copy in $POWER_CUT_DISK of what was last synced: what a power cut would leave.
   Loaded with LD_PRELOAD; see power_cut.py. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

static void keep(int fd) {
    const char *watch = getenv("POWER_CUT_WATCH"), *disk = getenv("POWER_CUT_DISK");
    char link[64], path[PATH_MAX], copy[2 * PATH_MAX], whole[2 * PATH_MAX], block[65536];
    if (!watch || !disk) return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return;
    path[length] = 0;
    if (strncmp(path, watch, strlen(watch))) return;
    struct stat about;
    if (fstat(fd, &about) || !S_ISREG(about.st_mode)) return;
    snprintf(copy, sizeof copy, "%s/%s", disk, path + strlen(watch) + 1);
    for (char *c = copy + strlen(disk) + 1; *c; c++)  /* one folder: slashes become signs that no name of ours has */
        if (*c == '/') *c = '|';
    snprintf(whole, sizeof whole, "%s.tmp", copy);
    pthread_mutex_lock(&turn);
    int in = open(path, O_RDONLY | O_CLOEXEC), out = open(whole, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    ssize_t got;
    while (in >= 0 && out >= 0 && (got = read(in, block, sizeof block)) > 0)
        if (write(out, block, got) != got) abort();
    if (in >= 0) close(in);
    if (out >= 0) close(out);
    rename(whole, copy);
    pthread_mutex_unlock(&turn);
}

int fsync(int fd) {
    int (*next)(int) = dlsym(RTLD_NEXT, "fsync");
    int done = next(fd);
    if (!done) keep(fd);
    return done;
}

int fdatasync(int fd) {
    int (*next)(int) = dlsym(RTLD_NEXT, "fdatasync");
    int done = next(fd);
    if (!done) keep(fd);
    return done;
}
